#pragma once

#include "service_core.hpp"
#include "session/shard_group.hpp"
#include "shard.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <utility>
#include <vector>

namespace anywire {

/// The shards of a service, for as long as there are any: what the application keeps of an endpoint
/// or of a Socket.IO server may live longer, and may be used while the service goes.
class service_shards final : public shard_group {
public:
    explicit service_shards(service_core& core) : core_(&core), count_(core.shards.size()) {
        for (auto const& s : core.shards) ended_.push_back(s->ended());
    }

    std::size_t count() const noexcept override { return count_; }
    bool is_here(std::size_t shard) const noexcept override {
        std::shared_lock const lock(mutex_);
        return core_ && core_->shards[shard]->is_here();
    }
    bool post(std::size_t shard, std::function<void()> fn) override {
        std::shared_lock const lock(mutex_);
        if (!core_ || !runs(shard)) return false;
        core_->shards[shard]->post(std::move(fn));
        return true;
    }
    bool runs(std::size_t shard) const noexcept override {
        return !is_over_.load(std::memory_order_relaxed) &&
               !ended_[shard]->load(std::memory_order_relaxed);
    }
    bool has_begun() const noexcept override {
        std::shared_lock const lock(mutex_);
        return !core_ || core_->has_begun;
    }
    session_loop& loop(std::size_t shard) override { return core_->shards[shard]->loop(); }
    shard_host& host(std::size_t shard) override { return core_->shards[shard]->host(); }

    std::int64_t time_of_day() const noexcept override {
        return milliseconds_of(std::chrono::system_clock::now().time_since_epoch());
    }
    std::int64_t steady_time() const noexcept override {
        return milliseconds_of(std::chrono::steady_clock::now().time_since_epoch());
    }

    /// No shard runs any more.
    void end() {
        std::scoped_lock const lock(mutex_);
        core_ = nullptr;
        is_over_ = true;
    }

private:
    template <class Duration>
    static std::int64_t milliseconds_of(Duration d) noexcept {
        return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
    }

    mutable std::shared_mutex mutex_{};
    service_core* core_;
    std::size_t count_;
    std::vector<std::shared_ptr<std::atomic<bool> const>> ended_{};
    std::atomic<bool> is_over_{false};
};

}  // namespace anywire
