#pragma once

#include "core/timer_wheel.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace anywire {

/// How fast something may come: a bucket from which everything takes, and which fills up evenly. It
/// is full at first.
class token_bucket {
public:
    /// Takes `n`, or nothing if there are not as many in it. It holds `burst`, and gets
    /// `per_second` back in each second.
    ///
    /// Limits: all three 2^30 at most.
    bool take(std::uint64_t n, std::uint64_t per_second, std::uint64_t burst, tick now) noexcept {
        // What is missing is counted in parts that a tick gives back evenly.
        auto const back = std::uint64_t{now - at_} * per_second;
        missing_ -= std::min(missing_, back);
        at_ = now;
        if (missing_ + n * parts > burst * parts) return false;
        missing_ += n * parts;
        return true;
    }

private:
    static constexpr std::uint64_t parts = std::chrono::seconds(1) / tick_length;

    std::uint64_t missing_ = 0;
    tick at_ = 0;
};

}  // namespace anywire
