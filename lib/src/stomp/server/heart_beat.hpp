#pragma once

#include "core/timer_wheel.hpp"

#include <chrono>
#include <optional>
#include <string_view>

namespace anywire::stomp {

/// What a `heart-beat` header says; 0 in a direction is none.
struct heart_beat {
    std::chrono::milliseconds can_send{0};
    std::chrono::milliseconds wants{0};
};

/// Nothing where it is not two numbers. Longer times than a day count as a day.
///
/// Spec: STOMP 1.2, "Heart-beating".
[[nodiscard]] std::optional<heart_beat> parse_heart_beat(std::string_view text) noexcept;

/// When a connection's heart-beats are due, and when it is dead.
class heart_beats {
public:
    /// Times of 0 are none.
    void begin(tick now, tick send_every, tick silence) noexcept {
        sent_ = heard_ = now;
        every_ = send_every;
        silence_ = silence;
    }
    void note_sent(tick now) noexcept { sent_ = now; }
    void note_heard(tick now) noexcept { heard_ = now; }

    bool is_due(tick now) const noexcept { return every_ != 0 && not_after(sent_ + every_, now); }
    bool is_dead(tick now) const noexcept {
        return silence_ != 0 && not_after(heard_ + silence_, now);
    }
    /// When to look again.
    std::optional<tick> next() const noexcept {
        if (every_ == 0 && silence_ == 0) return std::nullopt;
        if (every_ == 0) return heard_ + silence_;
        if (silence_ == 0) return sent_ + every_;
        auto const a = sent_ + every_;
        auto const b = heard_ + silence_;
        return not_after(a, b) ? a : b;
    }

private:
    tick sent_ = 0;
    tick heard_ = 0;
    tick every_ = 0;
    tick silence_ = 0;
};

}  // namespace anywire::stomp
