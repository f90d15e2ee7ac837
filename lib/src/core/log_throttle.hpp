#pragma once

#include "core/timer_wheel.hpp"

#include <atomic>
#include <cstdint>
#include <optional>

namespace anywire {

/// Lets one line a second through of those that peers can cause as often as they like, and counts
/// the others.
///
/// Thread: any; each tells its own time.
class log_throttle {
public:
    static constexpr std::chrono::milliseconds period{1000};

    /// How many lines were left out since the last one, if there may be another now.
    std::optional<std::uint32_t> admit(tick now) noexcept {
        auto next = next_.load(std::memory_order_relaxed);
        auto const is_soon = next - now - 1 < to_ticks(period);
        if ((is_soon && has_begun_.load(std::memory_order_relaxed)) ||
            !next_.compare_exchange_strong(next, now + to_ticks(period))) {
            left_out_.fetch_add(1, std::memory_order_relaxed);
            return std::nullopt;
        }
        has_begun_.store(true, std::memory_order_relaxed);
        return left_out_.exchange(0, std::memory_order_relaxed);
    }

private:
    std::atomic<tick> next_{0};
    std::atomic<bool> has_begun_{false};  // before, `next_` is no time
    std::atomic<std::uint32_t> left_out_{0};
};

}  // namespace anywire
