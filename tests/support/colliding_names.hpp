#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace anywire::test {

/// Names of 16 bytes that are different, and have the same hash in libstdc++'s `std::hash`: its
/// rounds can be turned back, and its seed is known.
inline std::vector<std::string> colliding_names(std::size_t count) {
    constexpr std::uint64_t mul = 0xc6a4a7935bd1e995u;
    constexpr std::uint64_t seed = 0xc70f6907u;
    constexpr std::uint64_t target = 0x0123456789abcdefu;  // the hash before its last mixing
    constexpr auto inverse = [] {
        std::uint64_t x = mul;  // Newton's method: each step doubles the bits that are right
        for (int i = 0; i < 6; ++i) x *= 2 - mul * x;
        return x;
    }();
    static_assert(mul * inverse == 1);
    constexpr auto mixed = [](std::uint64_t v) { return v ^ (v >> 47); };  // its own inverse
    std::vector<std::string> all;
    for (std::uint64_t first = 1; first <= count; ++first) {
        auto hash = seed ^ (16 * mul);
        hash = (hash ^ (mixed(first * mul) * mul)) * mul;
        auto const second = mixed((hash ^ (target * inverse)) * inverse) * inverse;
        std::string name(16, '\0');
        std::memcpy(name.data(), &first, 8);
        std::memcpy(name.data() + 8, &second, 8);
        all.push_back(std::move(name));
    }
    return all;
}

}  // namespace anywire::test
