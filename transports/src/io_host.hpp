#pragma once

#include "poller.hpp"
#include "session/shard_host.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace anywire {

class connection;

/// A shard on an executor of Asio, which is not its own: its connections, one read buffer and one
/// write buffer for all of them, its clock. An idle connection owns neither buffer.
///
/// The executor runs one function at a time: an `io_context` with one thread, or a strand.
/// Thread: the shard's, but for `post`, `defer` and `is_here`.
class io_host final : public shard_host {
public:
    // A long message that lies whole in here is not copied.
    static constexpr std::size_t read_size = std::size_t{128} * 1024;
    static constexpr std::size_t flat_size = std::size_t{32} * 1024;

    /// `connections` counts those of all shards; `is_here` says whether the calling thread is in
    /// a function that `executor` runs.
    io_host(unsigned shard,
            log_sink const& log,
            session_loop::entropy random,
            std::atomic<std::size_t>& connections,
            net::any_io_executor executor,
            std::function<bool()> is_here);
    ~io_host() override;

    net::any_io_executor const& executor() const noexcept { return executor_; }
    poller& sockets() noexcept { return sockets_; }

    char* in() noexcept { return in_.get(); }
    /// The shared write buffer, empty; valid until the next call, and within one event.
    std::string& out() noexcept {
        out_.clear();
        return out_;
    }

    /// Room of `flat_size` bytes in which small frames become one write.
    char* flat() noexcept { return flat_.get(); }

    /// Calls `fn` soon, outside of every event; not when the host has gone by then. Thread: any.
    template <class Function>
    void defer(Function fn) {
        net::post(executor_, [alive = alive_, fn = std::move(fn)]() mutable {
            if (*alive) fn();
        });
    }

    void enlist(connection& c) noexcept;
    void delist(connection& c) noexcept;
    /// Calls `visit` for every connection; `visit` may end it.
    template <class Visit>
    void for_each_connection(Visit visit);

    // -- shard_host
    bool is_here() const noexcept override { return is_here_(); }
    void end() noexcept override;
    void shut_down_connections() override;
    bool has_connections() const noexcept override { return first_ != nullptr; }

private:
    void do_post(std::unique_ptr<task> t) override {
        defer([this, t = std::move(t)] { run_task(*t); });
    }
    std::chrono::nanoseconds coarse_clock() const noexcept override;
    std::chrono::nanoseconds fine_clock() const noexcept override {
        return std::chrono::steady_clock::now() - started_;
    }
    void schedule() override;
    void release_scratch() noexcept override;

    std::chrono::steady_clock::time_point time_of(tick t) const noexcept;
    void wait_until(std::chrono::steady_clock::time_point when);
    void on_timer();

    net::any_io_executor executor_;
    std::function<bool()> is_here_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    poller sockets_;
    std::chrono::steady_clock::time_point const started_;
    std::unique_ptr<char[]> in_{std::make_unique_for_overwrite<char[]>(read_size)};
    std::unique_ptr<char[]> flat_{std::make_unique_for_overwrite<char[]>(flat_size)};
    std::string out_{};
    std::atomic<std::size_t>& connections_;
    connection* first_ = nullptr;
    net::steady_timer timer_;
    tick armed_for_ = 0;
    bool armed_ = false;
    bool graced_ = false;
};

}  // namespace anywire
