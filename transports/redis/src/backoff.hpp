#pragma once

#include <anywire/client_options.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>

namespace anywire::redis {

/// The delay before the attempt that follows `failures` failures in a row; `chance` is any number,
/// all of its range equally likely.
[[nodiscard]] inline std::chrono::milliseconds backoff_delay(reconnect_options const& o,
                                                             std::uint32_t failures,
                                                             std::uint32_t chance) noexcept {
    auto const doubled = static_cast<double>(o.delay.count()) * std::exp2(std::min(failures, 40u));
    auto const base = std::min(doubled, static_cast<double>(o.delay_max.count()));
    auto const part = static_cast<double>(chance) / std::numeric_limits<std::uint32_t>::max();
    auto const delay = base * (1 + o.jitter * (2 * part - 1));
    return std::chrono::milliseconds{static_cast<std::int64_t>(delay)};
}

}  // namespace anywire::redis
