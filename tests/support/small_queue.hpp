#pragma once

#include <anywire/limits.hpp>

#include <array>
#include <string>

namespace anywire::test {

/// Room for three messages of one byte, at once.
inline session_limits small(overflow_policy policy) {
    return {.max_queued_bytes = 3 * 65, .overflow = policy, .max_burst_bytes = 0};
}

inline constexpr std::array policies{overflow_policy::close,
                                     overflow_policy::refuse,
                                     overflow_policy::drop_oldest,
                                     overflow_policy::drop_newest};

inline std::string text_of(std::size_t size) {
    return std::string(size, 'x');
}

}  // namespace anywire::test
