#pragma once

#include "poller.hpp"
#include "session/session_loop.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace anywire {

class connection;

/// What the connections of one shard share: its `io_context`, its sessions, its clock, one read
/// buffer and one write buffer. An idle connection owns neither.
///
/// Thread: the shard's, but for `post`.
class io_host {
public:
    // A long message that lies whole in here is not copied.
    static constexpr std::size_t read_size = std::size_t{128} * 1024;
    static constexpr std::size_t flat_size = std::size_t{32} * 1024;

    /// `connections` counts those of all shards.
    io_host(unsigned shard,
            log_sink const& log,
            session_loop::entropy random,
            std::atomic<std::size_t>& connections);
    ~io_host();
    io_host(io_host const&) = delete;
    io_host& operator=(io_host const&) = delete;

    net::io_context& context() noexcept { return context_; }
    poller& sockets() noexcept { return sockets_; }
    session_loop& loop() noexcept { return loop_; }
    logger& log() noexcept { return loop_.log(); }

    char* in() noexcept { return in_.get(); }
    /// The shared write buffer, empty; valid until the next call, and within one event.
    std::string& out() noexcept {
        out_.clear();
        return out_;
    }

    /// Room of `flat_size` bytes in which small frames become one write.
    char* flat() noexcept { return flat_.get(); }

    /// Brackets every event: the time is read before, what was queued is written behind. `what`
    /// is a literal.
    void begin_event(char const* what) noexcept;
    void end_event() noexcept;
    /// Events that take longer are logged; 0 is none.
    void log_slower_than(std::chrono::milliseconds longest) noexcept { slow_ = longest; }

    /// The edge of an event: what throws in here ends here, and is logged. False if something did.
    template <class Function>
    bool guard(char const* what, Function&& fn) noexcept {
        try {
            fn();
            return true;
        } catch (...) {
            log().failed(what);
            return false;
        }
    }

    /// Runs `fn` on the shard's thread, as an event of its own. Never at once.
    /// Thread: any.
    template <class Function>
    void post(Function fn) {
        net::post(context_, [this, fn = std::move(fn)]() mutable {
            begin_event("a posted function");
            (void)guard("a posted function", fn);
            end_event();
        });
    }

    void enlist(connection& c) noexcept;
    void delist(connection& c) noexcept;
    /// Calls `visit` for every connection; `visit` may end it.
    template <class Visit>
    void for_each_connection(Visit visit);
    bool has_connections() const noexcept { return first_ != nullptr; }

    /// Runs the loop until it is stopped, whatever an event throws beyond its edge.
    void run_events() noexcept;

private:
    std::chrono::nanoseconds coarse_clock() const noexcept;
    void log_if_slow() noexcept;
    std::chrono::steady_clock::time_point time_of(tick t) const noexcept;
    void schedule();
    void on_timer();

    net::io_context context_{1};
    poller sockets_{context_};
    std::chrono::steady_clock::time_point const started_;
    session_loop loop_;
    std::unique_ptr<char[]> in_{std::make_unique_for_overwrite<char[]>(read_size)};
    std::unique_ptr<char[]> flat_{std::make_unique_for_overwrite<char[]>(flat_size)};
    std::string out_{};
    std::atomic<std::size_t>& connections_;
    connection* first_ = nullptr;
    net::basic_waitable_timer<std::chrono::steady_clock,
                              net::wait_traits<std::chrono::steady_clock>,
                              net::io_context::executor_type>
        timer_{context_};
    std::chrono::milliseconds slow_{0};
    std::chrono::nanoseconds began_{0};  // the outermost event
    char const* doing_ = "";
    unsigned depth_ = 0;
    tick armed_for_ = 0;
    bool armed_ = false;
    bool graced_ = false;
};

}  // namespace anywire
