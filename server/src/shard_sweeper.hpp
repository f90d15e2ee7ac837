#pragma once

#include "core/timer_wheel.hpp"
#include "shard.hpp"

#include <chrono>

namespace anywire {

/// Looks at retired mounts from time to time: what ends the last session of one is no event of its
/// mount, and may be under way elsewhere.
class shard::sweeper final : public timer_node {
public:
    explicit sweeper(shard& s) noexcept : shard_(s) {}

    void begin() noexcept {
        if (!is_armed()) shard_.loop().wheel().arm(*this, shard_.loop().now() + period);
    }
    void on_timer(tick) override {
        if (shard_.close_retired()) begin();
    }

private:
    static constexpr tick period = to_ticks(std::chrono::milliseconds(100));

    shard& shard_;
};

}  // namespace anywire
