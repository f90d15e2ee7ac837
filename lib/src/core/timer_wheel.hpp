#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace anywire {

/// Time in the library: ticks of 25 ms since some start. Wraps after 3.4 years.
using tick = std::uint32_t;

constexpr std::chrono::milliseconds tick_length{25};

/// Rounds up, so that nothing is due early. At most half the wheel of time: 1.7 years.
constexpr tick to_ticks(std::chrono::milliseconds d) noexcept {
    if (d.count() <= 0) return 0;
    auto const n = (d.count() - 1) / tick_length.count() + 1;
    // One less than half, so that a tick of grace on top is still no time of the past.
    constexpr tick longest = 0x7ffffffe;
    return n > longest ? longest : static_cast<tick>(n);
}

/// True when `a` is not after `b`, across the wrap.
constexpr bool not_after(tick a, tick b) noexcept {
    return static_cast<std::int32_t>(a - b) <= 0;
}

/// A place in a ring: of a node that waits, or of the ring's own head.
struct timer_link {
    timer_link* prev = nullptr;
    timer_link* next = nullptr;
};

/// Something that a wheel wakes. Unlinks itself when it dies.
///
/// What waits in great numbers is beyond the caches when its time comes: the wheel calls `fetch`
/// ahead of time.
class timer_node : private timer_link {
public:
    timer_node() noexcept = default;
    timer_node(timer_node const&) = delete;
    timer_node& operator=(timer_node const&) = delete;

    bool is_armed() const noexcept { return next != nullptr; }
    void disarm() noexcept {
        if (!next) return;
        next->prev = prev;
        prev->next = next;
        next = prev = nullptr;
    }

    /// Begins to bring the node nearer, with as much of its owner as a session is: 16 bytes in
    /// front of it, 200 from it on. Nothing is read, so a smaller owner takes no harm.
    void fetch() const noexcept { fetch(this); }

    /// Called by `timer_wheel::advance`, disarmed. May arm itself again, and may destroy itself.
    virtual void on_timer(tick now) = 0;

protected:
    ~timer_node() { disarm(); }

private:
    friend class timer_wheel;

    /// `place` is a node's, or a ring's head, for which it is of no use.
    static void fetch(timer_link const* place) noexcept {
        auto const* const at = reinterpret_cast<char const*>(place) - sizeof(void*);
        for (auto const offset : {-16, 48, 112, 176, 199}) __builtin_prefetch(at + offset);
    }

    tick when_ = 0;
};

/// One shard's deadlines: a hashed wheel of 4096 slots. It is told the time.
///
/// Deadlines are lazy: arming a node that is armed for an earlier tick does nothing, and the node,
/// woken early, looks at its own deadline and arms again. So activity only stores a number.
///
/// A slot is four rings, filled and emptied in turn: nodes are woken in the order they were armed
/// in, as far as none was disarmed. One ring would be a chain of cache misses, each of which has to
/// end before the next can begin; with four, the next nodes come while the present one is woken.
/// Cost: arm and disarm constant; advance proportional to what is due. 260 KB.
class timer_wheel {
public:
    explicit timer_wheel(tick now);

    /// Wakes `node` at `when` or up to one turn of the wheel earlier, never later.
    void arm(timer_node& node, tick when) noexcept;

    /// Wakes everything due at `now` or before. One that throws keeps no other from being woken.
    void advance(tick now);
    /// Called with the exception of a node being handled; the node may be gone.
    void on_failure(std::function<void()> fn) { on_failure_ = std::move(fn); }

    /// The tick of the next slot that may not be empty: exact, but for nodes that were disarmed and
    /// leave their slots marked until their time has passed. Nothing when no slot is marked.
    std::optional<tick> next() const noexcept;

    tick now() const noexcept { return now_; }

    /// The earliest tick armed for since the last `advance`, or that one's `next`; a hint that
    /// tells an event loop whether its timer is still early enough.
    std::optional<tick> earliest() const noexcept { return earliest_; }

private:
    static constexpr std::uint32_t slot_count = 4096;
    static constexpr std::uint32_t ring_count = 4;
    struct alignas(64) slot {
        std::array<timer_link, ring_count> rings{};
    };

    slot& at(tick when) noexcept { return (*slots_)[when % slot_count]; }
    static void take(timer_link& from, timer_link& to) noexcept;
    void fire(tick when, tick now);
    void wake(timer_node& node, tick now);

    std::unique_ptr<std::array<slot, slot_count>> slots_;
    std::array<std::uint64_t, slot_count / 64> occupied_{};
    std::array<std::uint8_t, slot_count> turns_{};  ///< Of each slot: the ring whose turn it is.
    tick now_;
    std::optional<tick> earliest_{};
    std::function<void()> on_failure_{};
};

}  // namespace anywire
