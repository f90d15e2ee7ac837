#include "core/timer_wheel.hpp"

#include <bit>

namespace anywire {

timer_wheel::timer_wheel(tick now)
    : slots_(std::make_unique<std::array<slot, slot_count>>()), now_(now) {
    for (auto& s : *slots_)
        for (auto& ring : s.rings) ring.next = ring.prev = &ring;
}

void timer_wheel::arm(timer_node& node, tick when) noexcept {
    auto const earliest = now_ + 1;
    auto const latest = now_ + slot_count - 1;
    if (not_after(when, earliest)) when = earliest;
    if (not_after(latest, when)) when = latest;
    if (node.is_armed()) {
        if (not_after(node.when_, when)) return;
        node.disarm();
    }
    auto& turn = turns_[when % slot_count];
    auto& ring = at(when).rings[turn];
    turn = (turn + 1) % ring_count;
    node.when_ = when;
    node.next = &ring;
    node.prev = ring.prev;
    ring.prev->next = &node;
    ring.prev = &node;
    occupied_[when % slot_count / 64] |= std::uint64_t{1} << (when % 64);
    if (!earliest_ || not_after(when, *earliest_)) earliest_ = when;
}

void timer_wheel::take(timer_link& from, timer_link& to) noexcept {
    to.next = to.prev = &to;
    if (from.next == &from) return;
    to.next = from.next;
    to.prev = from.prev;
    to.next->prev = to.prev->next = &to;
    from.next = from.prev = &from;
}

void timer_wheel::fire(tick when, tick now) {
    // What is armed while firing lands in later slots or in this one's next turn; the rings are
    // taken off first, so that each node is woken once.
    slot taken;
    for (std::uint32_t i = 0; i < ring_count; ++i) {
        take(at(when).rings[i], taken.rings[i]);
        timer_node::fetch(taken.rings[i].next);
    }
    turns_[when % slot_count] = 0;

    // The head of the ring whose turn is the next but one was fetched four turns ago: who follows
    // it is known without waiting. That one is fetched now, four turns before it is looked at.
    constexpr auto ahead = ring_count / 2;
    for (std::uint32_t i = 0; i < ahead; ++i) timer_node::fetch(taken.rings[i].next->next);
    for (std::uint32_t i = 0, empty = 0; empty < ring_count; i = (i + 1) % ring_count) {
        timer_node::fetch(taken.rings[(i + ahead) % ring_count].next->next);
        auto& ring = taken.rings[i];
        ++empty;
        if (ring.next == &ring) continue;
        empty = 0;
        auto& node = static_cast<timer_node&>(*ring.next);
        node.disarm();
        wake(node, now);
    }
}

/// The rings that were taken off hold the others: they must be emptied whatever one of them does.
void timer_wheel::wake(timer_node& node, tick now) {
    try {
        node.on_timer(now);
    } catch (...) {
        if (on_failure_) on_failure_();
    }
}

void timer_wheel::advance(tick now) {
    // After a long pause every slot is due once; more turns would find them empty.
    if (now - now_ >= slot_count) now_ = now - slot_count;
    while (now_ != now) {
        ++now_;
        auto& word = occupied_[now_ % slot_count / 64];
        auto const bit = std::uint64_t{1} << (now_ % 64);
        if ((word & bit) == 0) continue;
        word &= ~bit;
        fire(now_, now);
    }
    earliest_ = next();
}

std::optional<tick> timer_wheel::next() const noexcept {
    for (std::uint32_t step = 1; step < slot_count;) {
        auto const when = now_ + step;
        auto const word = occupied_[when % slot_count / 64] >> (when % 64);
        if (word == 0) {
            step += 64 - when % 64;
            continue;
        }
        step += static_cast<std::uint32_t>(std::countr_zero(word));
        if (step >= slot_count) break;
        return now_ + step;
    }
    return std::nullopt;
}

}  // namespace anywire
