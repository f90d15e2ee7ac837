#pragma once

#include "session/shard_host.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

namespace anywire {

/// A shard without an event loop: its time is told, and what was posted waits to be run. For tests.
///
/// Thread: one, but for `post`.
class memory_host final : public shard_host {
public:
    memory_host(unsigned shard, log_sink const& log, session_loop::entropy random)
        : shard_host(shard, log, std::move(random)) {}

    /// Runs what was posted, and what that posts.
    void run_posted() {
        while (auto t = take()) run_task(*t);
    }
    /// Lets time pass, tick by tick where something is due.
    void advance(std::chrono::nanoseconds by) {
        auto const until = now_ + by;
        run_posted();
        while (now_ < until) {
            now_ = std::min(until, now_ + tick_length);
            if (auto const next = loop().wheel().earliest(); next && not_after(*next, tick_now()))
                turn();
            run_posted();
        }
    }

    bool is_here() const noexcept override { return true; }
    void end() noexcept override {
        set_ended();
        std::scoped_lock const lock(mutex_);
        posted_.clear();
    }

private:
    tick tick_now() const noexcept { return static_cast<tick>(now_ / tick_length); }
    void turn() {
        numbers().delay.add(std::chrono::nanoseconds{0});
        begin_event("timers");
        (void)guard("timers", [&] { loop().advance(tick_now()); });
        end_event();
    }
    std::unique_ptr<task> take() {
        std::scoped_lock const lock(mutex_);
        if (posted_.empty()) return {};
        auto t = std::move(posted_.front());
        posted_.pop_front();
        return t;
    }
    void do_post(std::unique_ptr<task> t) override {
        std::scoped_lock const lock(mutex_);
        posted_.push_back(std::move(t));
    }
    std::chrono::nanoseconds coarse_clock() const noexcept override { return now_; }
    void schedule() override {}

    std::chrono::nanoseconds now_{0};
    std::mutex mutex_{};
    std::deque<std::unique_ptr<task>> posted_{};
};

}  // namespace anywire
