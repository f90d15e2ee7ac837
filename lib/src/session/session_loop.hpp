#pragma once

#include "core/json_messages.hpp"
#include "core/logger.hpp"
#include "core/scratch.hpp"
#include "core/siphash.hpp"
#include "core/timer_wheel.hpp"

#include <boost/assert.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace anywire {

class endpoint_core;
class frame;
class packet_listener;
class session_base;
struct queue_budget;

/// What the sessions of one shard share: the time they are told, the wheel that wakes them, the
/// list of those with something to do, and scratch memory. No sockets: a test drives it.
///
/// Thread: one per shard, never shared.
class session_loop {
public:
    using entropy = std::function<void(std::span<unsigned char>)>;

    /// `random` fills a span from a CSPRNG; `shard` is this loop's index, part of every id.
    session_loop(unsigned shard, tick now, log_sink const& sink, entropy random);

    unsigned shard() const noexcept { return shard_; }
    tick now() const noexcept { return now_; }
    /// Tells the time without waking anybody: at the start of an IO event.
    void set_now(tick now) noexcept { now_ = now; }
    /// Tells the time and wakes what is due.
    void advance(tick now) {
        now_ = now;
        wheel_.advance(now);
    }

    timer_wheel& wheel() noexcept { return wheel_; }
    logger& log() noexcept { return log_; }
    /// Scratch text, empty. Valid until the next call, and within one event.
    std::string& scratch() noexcept {
        scratch_.clear();
        return scratch_;
    }
    /// Decoder of SockJS messages, with storage of its own.
    json_messages& decoder() noexcept { return decoder_; }
    /// Scratch list for one gathered write.
    std::vector<frame*>& batch() noexcept { return batch_; }
    /// At the end of an event: of all this scratch memory, gives back what is more than usual.
    void release_scratch() noexcept {
        give_back(scratch_);
        give_back(batch_);
        decoder_.release();
    }

    // -- what the host knows
    /// Who runs the loop.
    class owner {
    public:
        /// Whether the calling thread may use the loop and its sessions. Asked in builds without
        /// NDEBUG whenever a session is told to do something.
        virtual bool may_touch() const noexcept = 0;
        /// A session has something to do although no event is under way: flush soon. Returns what
        /// time it is.
        virtual tick on_dirty() noexcept = 0;
        /// A clock for short times; when it began to count is its own.
        virtual std::chrono::nanoseconds fine_clock() const noexcept {
            return std::chrono::nanoseconds{0};
        }

    protected:
        ~owner() = default;
    };
    void set_owner(owner& by) noexcept { owner_ = &by; }
    /// While an event is under way, a flush follows in any case.
    void set_in_event(bool is) noexcept { in_event_ = is; }
    /// What a program does to sessions outside of their events: tells the time, and sees to it that
    /// an event follows.
    void wake() noexcept {
        if (in_event_ || !owner_) return;
        auto const now = owner_->on_dirty();
        if (not_after(now_, now)) now_ = now;
    }
    /// Remembers whose handler was called last, for whoever wonders where the time went.
    void note_called(std::array<char, 22> const& id) noexcept { called_ = id; }
    void forget_called() noexcept { called_[0] = 0; }
    /// The session's id; empty since `forget_called`.
    std::string_view called() const noexcept {
        return called_[0] == 0 ? std::string_view{} : std::string_view{called_.data(), 22};
    }

    /// Whether handlers are timed now: in a few events only, since reading the clock costs.
    bool is_timing() const noexcept { return timing_; }
    void set_timing(bool is) noexcept { timing_ = is; }
    std::chrono::nanoseconds fine_clock() const noexcept {
        return owner_ ? owner_->fine_clock() : std::chrono::nanoseconds{0};
    }

    // -- who listens to packets of sessions
    std::span<std::shared_ptr<packet_listener> const> listeners() const noexcept {
        return listeners_;
    }
    /// Adds one, for as long as it is not over.
    void listen(std::shared_ptr<packet_listener> to);

    /// Asserts that the calling thread may use the loop and its sessions.
    void check_thread() const noexcept {
        BOOST_ASSERT_MSG(!owner_ || owner_->may_touch(),
                         "a session was used on a thread that is not its own: use post(id, fn)");
    }
    /// Puts a session on the list that `flush` works through. Requires: it is not there.
    void add_dirty(session_base& s) noexcept;
    /// Takes it off again. Cost: the length of the list; only where a session does not wait for
    /// its turn to be destroyed.
    void unmark(session_base& s) noexcept;
    /// Writes what was queued, tells applications what ended, reaps sessions: the only place that
    /// does. Called once at the end of each IO event, timer turn and posted function. False when
    /// sessions were still at it after a number of rounds: call again soon, after other events.
    bool flush();

    // -- the memory in queues
    /// Has what waits here count towards a bound that other loops share.
    void share(queue_budget& with) noexcept { budget_ = &with; }
    /// The bytes that a session has waiting change from `was` to `now`.
    void charge(std::size_t was, std::size_t now) noexcept {
        if (was == now) return;
        queued_ += now - was;
        if (budget_ && queued_ - published_ + publish_step > 2 * publish_step) publish();
    }
    std::size_t queued_bytes() const noexcept { return queued_; }
    /// Ends the sessions with the most bytes until this loop's part of a tenth of the budget is
    /// free again. The next flush tells their application.
    void relieve();
    void enlist(endpoint_core& e) { endpoints_.push_back(&e); }
    void delist(endpoint_core& e) noexcept { std::erase(endpoints_, &e); }

    void fill_random(std::span<unsigned char> bytes) { random_(bytes); }
    std::uint32_t random_u32();

    static constexpr std::size_t id_size = 22;
    using id_type = std::array<char, id_size>;
    /// A fresh public id: two characters name the shard, twenty are random.
    id_type make_id();
    /// The shard an id names; larger than any real one when it is no id.
    static unsigned shard_of(std::string_view id) noexcept;

private:
    /// What may be missing in the common count, on either side.
    static constexpr std::size_t publish_step = std::size_t{64} * 1024;

    bool flush_rounds();
    void publish() noexcept;
    void flush_one(session_base& s) noexcept;

    unsigned shard_;
    tick now_;
    timer_wheel wheel_;
    logger log_;
    entropy random_;
    std::string scratch_{};
    json_messages decoder_{};
    std::vector<frame*> batch_{};
    std::vector<endpoint_core*> endpoints_{};
    queue_budget* budget_ = nullptr;
    std::size_t queued_ = 0;
    std::size_t published_ = 0;
    owner* owner_ = nullptr;
    bool in_event_ = false;
    bool timing_ = false;
    std::array<char, 22> called_{};
    std::vector<std::shared_ptr<packet_listener>> listeners_{};
    session_base* dirty_first_ = nullptr;
    session_base* dirty_last_ = nullptr;
};

}  // namespace anywire
