#include "core/timer_wheel.hpp"

#include <bit>

namespace anywire {

timer_wheel::timer_wheel(tick now)
    : slots_(std::make_unique<std::array<slot, slot_count>>()), now_(now) {
    for (auto& s : *slots_) s.next_ = s.prev_ = &s;
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
    auto& s = at(when);
    node.when_ = when;
    node.next_ = &s;
    node.prev_ = s.prev_;
    s.prev_->next_ = &node;
    s.prev_ = &node;
    occupied_[when % slot_count / 64] |= std::uint64_t{1} << (when % 64);
    if (!earliest_ || not_after(when, *earliest_)) earliest_ = when;
}

void timer_wheel::fire(slot& due, tick now) {
    // What is armed while firing lands in later slots or in this one's next turn; the list is
    // taken off first, so that each node is woken once.
    slot taken;
    taken.next_ = taken.prev_ = &taken;
    if (due.next_ != &due) {
        taken.next_ = due.next_;
        taken.prev_ = due.prev_;
        taken.next_->prev_ = taken.prev_->next_ = &taken;
        due.next_ = due.prev_ = &due;
    }
    while (taken.next_ != &taken) {
        auto& node = *taken.next_;
        node.disarm();
        node.on_timer(now);
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
        fire(at(now_), now);
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
