#pragma once

#include "core/tally.hpp"
#include "session/session_loop.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>

namespace anywire {

/// What is counted about the loop of one shard.
///
/// Thread: the shard's changes them, any may read.
struct loop_numbers {
    duration_tally delay{};  ///< How late turns of its timers came.
    tally slow_events{};     ///< As `server_limits::slow_event` has it.
    tally bytes_in{};        ///< Read from its connections, and written to them, without TLS's own.
    tally bytes_out{};
};

class shard_host;

/// While one lives, other hosts than the one whose event is under way may be used, too: those whose
/// sessions wait for an event have it when this ends, at once. So what one read brings leaves
/// before the next is read, though it goes from one host to another.
///
/// Thread: that of all of them. Nothing of a host may be on the stack below it that an event of
/// another may destroy.
class host_turn {
public:
    host_turn() noexcept;
    ~host_turn();
    host_turn(host_turn const&) = delete;
    host_turn& operator=(host_turn const&) = delete;

    /// False where it has no room for one more, or has come to its end: what they do for each other
    /// then waits for an event that is posted.
    bool add(shard_host& h) noexcept;
    /// The host has gone.
    void forget(shard_host& h) noexcept;

private:
    host_turn* outer_;
    bool is_over_ = false;
    std::size_t count_ = 0;
    std::array<shard_host*, 4> others_{};
};

/// What one shard runs on: a thread's event loop, an executor that a program lends, or the time of
/// a test. Brackets every event of the shard and watches how long it takes.
///
/// Thread: the shard's, but for `post` and `is_here`.
class shard_host : private session_loop::owner {
public:
    shard_host(unsigned shard, log_sink const& log, session_loop::entropy random);
    virtual ~shard_host();
    shard_host(shard_host const&) = delete;
    shard_host& operator=(shard_host const&) = delete;

    session_loop& loop() noexcept { return loop_; }
    logger& log() noexcept { return loop_.log(); }
    loop_numbers& numbers() noexcept { return numbers_; }

    /// Whether the calling thread may touch the shard now. Thread: any.
    virtual bool is_here() const noexcept = 0;

    /// Brackets every event: the time is read before, what was queued is written after. `what` is
    /// a literal.
    void begin_event(char const* what) noexcept;
    void end_event() noexcept;
    /// One event in so many has its handlers timed: two readings of the clock each. Odd, lest what
    /// comes in turns be always or never among them.
    static constexpr unsigned timed_every = 17;
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

    /// Runs `fn` as an event of its own, soon, never at once; not at all when the host has ended
    /// by then. Thread: any.
    template <class Function>
    void post(Function fn) {
        do_post(std::make_unique<posted<Function>>(std::move(fn)));
    }

    /// The shard works from now on: it may be touched where `is_here` says so only.
    void start() noexcept { is_running_.store(true, std::memory_order_relaxed); }
    /// The shard has ended: nothing that was posted runs any more, and no event follows. Its
    /// connections are closed without a word.
    virtual void end() noexcept = 0;
    bool is_running() const noexcept { return is_running_.load(std::memory_order_relaxed); }

    // -- the connections of the shard, for a server that goes down
    virtual void shut_down_connections() {}
    virtual bool has_connections() const noexcept { return false; }

protected:
    /// A posted function.
    class task {
    public:
        virtual ~task() = default;
        virtual void run() = 0;
    };
    virtual void do_post(std::unique_ptr<task> t) = 0;
    /// Runs a posted function as an event.
    void run_task(task& t) noexcept;

    /// Since the host was made; some milliseconds late is early enough.
    virtual std::chrono::nanoseconds coarse_clock() const noexcept = 0;
    /// Has the loop's timers turned when the next of them is due.
    virtual void schedule() = 0;
    /// Scratch memory of its own that was needed in an event.
    virtual void release_scratch() noexcept {}
    void set_ended() noexcept { is_running_.store(false, std::memory_order_relaxed); }

private:
    template <class Function>
    class posted final : public task {
    public:
        explicit posted(Function&& fn) : fn_(std::move(fn)) {}
        void run() override { fn_(); }

    private:
        Function fn_;
    };

    friend class host_turn;
    void take_turn() noexcept;
    void post_turn() noexcept;

    // -- session_loop::owner
    bool may_touch() const noexcept final { return !is_running() || is_here(); }
    tick on_dirty() noexcept final;
    std::chrono::nanoseconds fine_clock() const noexcept override { return coarse_clock(); }

    void log_if_slow() noexcept;

    session_loop loop_;
    std::chrono::milliseconds slow_{0};
    std::chrono::nanoseconds began_{0};  // the outermost event
    char const* doing_ = "";
    unsigned depth_ = 0;
    unsigned until_timed_ = 1;  // events; the first is timed
    loop_numbers numbers_{};
    std::atomic<bool> is_running_{false};
    bool will_flush_ = false;  // an event was asked for
};

}  // namespace anywire
