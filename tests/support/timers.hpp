#pragma once

#include "core/timer_wheel.hpp"

#include <functional>
#include <optional>
#include <random>
#include <vector>

// Users of a timer wheel that write down when they were woken.
namespace anywire::test {

inline constexpr tick turn = 4096;

/// Writes down when it was woken.
struct sleeper final : timer_node {
    std::vector<tick> woken{};
    std::function<void(tick)> then{};

    void on_timer(tick now) override {
        woken.push_back(now);
        if (then) then(now);
    }
};

/// Wants one deadline, however early it is woken: what every user of the wheel does.
struct deadline final : timer_node {
    timer_wheel& wheel;
    std::optional<tick> due{};
    tick met = 0;
    int meetings = 0;

    explicit deadline(timer_wheel& w) : wheel(w) {}
    void set(tick when) {
        due = when;
        wheel.arm(*this, when);
    }
    void on_timer(tick now) override {
        if (!due) return;
        if (!not_after(*due, now)) return wheel.arm(*this, *due);
        met = *due;
        ++meetings;
        due.reset();
    }
};

using ticks = std::vector<tick>;

/// A number below `n`.
inline tick below(std::mt19937& random, tick n) {
    return static_cast<tick>(random() % n);
}

}  // namespace anywire::test
