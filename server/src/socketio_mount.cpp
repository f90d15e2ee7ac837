#include <anywire/socketio.hpp>

#include "client_files.hpp"
#include "mount_point.hpp"
#include "server_core.hpp"
#include "shard.hpp"
#include "socketio/server/io_core.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <utility>
#include <vector>

namespace anywire {
namespace {

/// The shards of a server, for as long as there are any: what the application keeps of a Socket.IO
/// server may live longer, and may be used while the server goes.
class mounted_shards final : public socketio::shard_group {
public:
    explicit mounted_shards(server_core& core) : core_(&core) {
        for (auto const& s : core.shards) ended_.push_back(s->ended());
    }

    std::size_t count() const noexcept override { return core_->shards.size(); }
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
    session_loop& loop(std::size_t shard) override { return core_->shards[shard]->loop(); }

    std::int64_t time_of_day() const noexcept override {
        return milliseconds_of(std::chrono::system_clock::now().time_since_epoch());
    }
    std::int64_t steady_time() const noexcept override {
        return milliseconds_of(std::chrono::steady_clock::now().time_since_epoch());
    }

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

    std::shared_mutex mutex_{};
    server_core* core_;
    std::vector<std::shared_ptr<std::atomic<bool> const>> ended_{};
    std::atomic<bool> is_over_{false};
};

}  // namespace

std::shared_ptr<mount_point> make_socketio_mount(server_core& core,
                                                 std::string prefix,
                                                 std::size_t index,
                                                 socketio::server const& io) {
    io.io()->check_unmounted();
    auto const& o = io.io()->opts();
    std::function<bool(incoming const&)> first;
    if (!o.client_files.empty()) {
        auto const files = std::make_shared<client_files const>(o.client_files);
        first = [files](incoming const& in) { return files->serve(in); };
    }
    return make_engineio_mount(core,
                               std::move(prefix),
                               index,
                               o.engine,
                               socketio::io_core::handlers_for_mount(io.io()),
                               std::move(first));
}

void attach_socketio(server_core& core, mount_point const& mount, socketio::server const& io) {
    auto const shards = std::make_shared<mounted_shards>(core);
    io.io()->attach(shards, mount.prefix());
    core.at_end.emplace_back([shards, kept = io.io()] {
        shards->end();
        kept->on_shards_gone();
    });
}

}  // namespace anywire
