#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

namespace anywire::websocket {

/// Makes room for `need` bytes in all: geometric growth, by `factor`, that stops at `most`, where
/// std::string by itself (its `reserve`, too) would double beyond a limit.
///
/// Requires: need <= most.
inline void grow(std::string& s, std::size_t need, std::size_t most, std::size_t factor = 2) {
    if (need <= s.capacity()) return;
    std::string larger;
    larger.reserve(std::max(need, std::min(factor * s.capacity(), most)));
    larger.append(s);
    s = std::move(larger);
}

}  // namespace anywire::websocket
