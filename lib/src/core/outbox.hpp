#pragma once

#include <anywire/limits.hpp>

#include "core/frame.hpp"
#include "core/siphash.hpp"
#include "core/timer_wheel.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace anywire {

/// All that waits for one session: frames in their order, counted in bytes, bounded, with the
/// policy for what does not fit. Every count is kept, none is ever made anew.
///
/// Two cursors divide it: what lies before `sent` has been taken by a transport, and is kept only
/// where the owner asks for it (`retain`), until `acknowledge`. Without that, what is taken leaves.
///
/// Slowness is a matter of time. Above `session_limits::max_queued_bytes` a grace begins; the
/// policy acts when that is over, or at once above `session_limits::max_burst_bytes`. What waits
/// beyond this class, on a transport or on an answer that the client has not read, is told by the
/// owner as `elsewhere` and counts in full.
///
/// A frame with a key takes the place of one of the same key that waits to be taken: only the
/// latest is of use, and it keeps its turn.
///
/// Two slots are inline, heap from the third, given back when it runs empty. From `few` keyed
/// frames on an index finds them.
/// Cost: every operation is constant but for what it releases or drops; growing is amortized.
class outbox {
public:
    /// The protocol's own frames (opens, pongs, refusals, heartbeats) may not be dropped. A client
    /// that asks for them and does not read them is ended beyond this many bytes of them. Enough
    /// for a thousand answers to connects; the first is always taken.
    static constexpr std::size_t max_own_bytes = std::size_t{256} * 1024;

    /// Up to this number of frames a key is looked for among them, one by one.
    static constexpr std::size_t few = 16;

    /// What becomes of a packet that does not fit.
    enum class verdict : std::uint8_t {
        take,
        refuse,  ///< `overflow_policy::refuse`.
        drop,    ///< The packet is dropped, by either dropping policy.
        close,   ///< `overflow_policy::close`.
    };

    outbox() noexcept = default;
    outbox(outbox const&) = delete;
    outbox& operator=(outbox const&) = delete;
    ~outbox();

    // -- what waits to be taken by a transport
    bool empty() const noexcept { return count_ == sent_; }
    std::size_t size() const noexcept { return count_ - sent_; }
    frame* at(std::size_t i) const noexcept { return slot(sent_ + i); }
    /// Puts the `n` oldest into `to`, in place of what is there.
    void copy_to(std::vector<frame*>& to, std::size_t n) const;
    /// The sum of `frame::cost()`.
    std::size_t bytes() const noexcept { return bytes_; }
    /// The part of `bytes` that is the protocol's own.
    std::size_t own_bytes() const noexcept { return own_bytes_; }
    /// The memory that this session alone is to blame for: a frame that many sessions share is
    /// charged to each as its place in the queue only.
    std::size_t exclusive_bytes() const noexcept { return bytes_ - shared_bytes_ + kept_bytes_; }
    /// Messages that were dropped since the session began.
    std::uint32_t dropped() const noexcept { return dropped_; }
    void count_dropped() noexcept { ++dropped_; }

    /// Adds a frame at the end, whatever waits already.
    void push(frame_ptr f) {
        if (count_ == capacity()) grow();
        if (f->is_plain())
            bytes_ += static_cast<std::uint32_t>(f->size() + frame::overhead);
        else
            note_special(*f);
        slot(count_++) = f.release();
    }
    /// The frame of that key which waits to be taken; null when there is none, and where what is
    /// taken is kept: there each message counts.
    frame const* find(std::uint64_t key) const noexcept;
    /// Puts a frame in the place of the one of its key that waits, or at the end when none does.
    /// True when it has replaced one. Requires: it has a key.
    bool push_latest(frame_ptr f);
    /// What stands for a key; never 0.
    static std::uint64_t key_of(siphash_key const& hashed_by, std::string_view key) noexcept {
        auto const h = siphash(hashed_by, key);
        return h == 0 ? 1 : h;
    }
    /// True while there may be headed frames.
    bool has_headed() const noexcept { return has_headed_; }
    /// Joins what is headed among the `n` oldest, for a transport that takes no frame in pieces.
    /// What was shared is this session's own then.
    void join(std::size_t n);
    /// Messages among frames that were taken, without the protocol's own, and their bytes.
    struct taken {
        std::size_t messages = 0;
        std::size_t bytes = 0;
    };
    /// A transport has taken the `n` oldest.
    taken take(std::size_t n) noexcept;
    /// Drops the oldest message, its attachments with it: frames that are not the protocol's own.
    /// Attachments whose message has left stay. False when there is nothing to drop.
    bool drop_oldest() noexcept;
    /// Drops everything, what is kept included.
    void clear() noexcept;

    // -- what was taken and is kept
    /// Keeps what transports take from now on.
    void retain() noexcept { retains_ = true; }
    std::size_t kept() const noexcept { return sent_; }
    std::size_t kept_bytes() const noexcept { return kept_bytes_; }
    /// Releases the `n` oldest of what is kept.
    void acknowledge(std::size_t n) noexcept;
    /// What is kept waits again, in front: the transport that took it is no more.
    void rewind() noexcept;

    // -- the bound
    /// True when `cost` more bytes need no judgement. One message always fits when none waits.
    bool fits(std::size_t cost, std::size_t elsewhere, std::size_t most) const noexcept {
        return bytes_ + elsewhere + cost <= most || (bytes_ == own_bytes_ && elsewhere == 0);
    }
    /// Judges a packet that does not fit, making room for it where the policy says so. The first
    /// one begins the grace.
    /// Requires: what the transport takes at once has been written.
    verdict judge(std::size_t cost, std::size_t elsewhere, session_limits const& limits, tick now);
    /// The grace may be over: what to do with the session. `take`: nothing.
    verdict on_grace_over(std::size_t elsewhere, session_limits const& limits, tick now);
    /// True from the first packet that was judged until `on_progress` finds the outbox below its
    /// bound.
    bool is_over() const noexcept { return over_; }
    /// True while the grace runs.
    bool is_in_grace() const noexcept { return over_ && !overdue_; }
    /// When the grace ends. Requires: `is_in_grace()`.
    tick grace_end() const noexcept { return grace_end_; }
    /// A packet was refused, and the application has not been told that there is room again.
    bool owes_drain() const noexcept { return owes_drain_; }
    void pay_drain() noexcept { owes_drain_ = false; }
    /// A transport has taken something.
    void on_progress(std::size_t elsewhere, std::size_t most) noexcept {
        if (over_ && bytes_ + elsewhere <= most) over_ = overdue_ = false;
    }

private:
    struct key_index;
    static constexpr std::uint32_t inline_capacity = 2;

    std::uint32_t capacity() const noexcept { return std::uint32_t{1} << log2_capacity_; }
    std::uint32_t mask() const noexcept { return capacity() - 1; }
    bool is_inline() const noexcept { return log2_capacity_ == 1; }
    frame** slots() const noexcept { return is_inline() ? const_cast<frame**>(inline_) : heap_; }
    frame*& slot(std::size_t i) const noexcept { return slots()[(head_ + i) & mask()]; }
    void count(frame const& f, bool comes) noexcept;
    template <class Visit>
    void for_each(std::uint32_t from, std::size_t n, Visit visit) const noexcept;
    void note_special(frame const& f) noexcept;
    void grow();
    void free_heap() noexcept;
    /// Stands in front of the slots on the heap; null: there is none.
    key_index*& index() const noexcept { return reinterpret_cast<key_index**>(heap_)[-1]; }
    key_index* find_index() const noexcept { return is_inline() ? nullptr : index(); }
    std::uint32_t place_of(std::uint64_t key) const noexcept;
    void make_index();
    void take_special(frame const& f, taken& all) noexcept;
    void unlist(frame const& f) noexcept;
    void release_front(std::uint32_t n) noexcept;
    void forget_front(std::uint32_t n) noexcept;
    bool make_room(std::size_t most, std::size_t cost, std::size_t elsewhere) noexcept;

    union {
        frame* inline_[inline_capacity];
        frame** heap_;
    };
    std::uint32_t head_ = 0;
    std::uint32_t count_ = 0;  // all there are, kept ones first
    std::uint32_t sent_ = 0;   // of these, kept
    std::uint32_t bytes_ = 0;
    std::uint32_t own_bytes_ = 0;
    std::uint32_t shared_bytes_ = 0;
    std::uint32_t kept_bytes_ = 0;
    std::uint32_t dropped_ = 0;
    tick grace_end_ = 0;
    std::uint8_t log2_capacity_ = 1;
    bool retains_ : 1 = false;
    bool over_ : 1 = false;
    bool overdue_ : 1 = false;
    bool owes_drain_ : 1 = false;
    bool has_headed_ : 1 = false;
};
static_assert(sizeof(outbox) == 56);

}  // namespace anywire
