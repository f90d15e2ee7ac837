#pragma once

#include <algorithm>
#include <cstddef>

namespace anywire {

/// A turn of a drain, which takes leave of everybody in so many of them.
struct drain_turn {
    static constexpr auto everybody = static_cast<std::size_t>(-1);

    std::size_t number;  ///< From 1; more than one may have passed since the last.
    std::size_t last;
    std::size_t turns;  ///< All of them.

    /// How many are to go now, of so many that there were when it began: one at least, and whoever
    /// is left when the turns are over.
    std::size_t share(std::size_t of) const noexcept {
        if (number >= turns) return everybody;
        return std::max<std::size_t>(of * number / turns - of * last / turns, 1);
    }
};

}  // namespace anywire
