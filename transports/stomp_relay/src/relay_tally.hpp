#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace anywire::stomp {

/// What the threads that send know of the application's connection.
///
/// Thread: any.
class relay_tally {
public:
    explicit relay_tally(std::size_t most) noexcept : most_(most) {}

    /// A message that is alone may be longer than the bound.
    bool take_room(std::size_t cost) noexcept {
        auto const held = held_.fetch_add(cost, std::memory_order_relaxed);
        if (held == 0 || held + cost <= most_) return true;
        give_room(cost);
        return false;
    }
    void give_room(std::size_t cost) noexcept { held_.fetch_sub(cost, std::memory_order_relaxed); }

    std::size_t held() const noexcept { return held_.load(std::memory_order_relaxed); }

    /// Whether the last attempt to reach the broker has failed.
    bool is_away() const noexcept { return is_away_.load(std::memory_order_relaxed); }
    void set_away(bool is) noexcept { is_away_.store(is, std::memory_order_relaxed); }
    /// Nothing is sent any more.
    bool is_over() const noexcept { return is_over_.load(std::memory_order_relaxed); }
    void set_over() noexcept { is_over_.store(true, std::memory_order_relaxed); }

    std::atomic<bool> is_up{false};
    std::atomic<std::uint64_t> losses{0};
    std::atomic<std::uint64_t> left_out{0};

private:
    std::size_t most_;
    std::atomic<std::size_t> held_{0};
    std::atomic<bool> is_away_{false};
    std::atomic<bool> is_over_{false};
};

}  // namespace anywire::stomp
