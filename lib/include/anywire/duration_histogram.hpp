#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace anywire {

/// How often how long a time was measured, in buckets of a fixed logarithmic scale: each reaches
/// twice as far as the one before, from 1.024 us to 8.6 s.
struct duration_histogram {
    static constexpr std::size_t bounds = 24;

    /// The longest time that bucket `i` counts. Requires: `i < bounds`.
    static constexpr std::chrono::nanoseconds bound(std::size_t i) noexcept {
        return std::chrono::nanoseconds(std::int64_t{1024} << i);
    }
    /// The bucket of a time; `bounds` is that of times beyond the last bound.
    static std::size_t bucket_of(std::chrono::nanoseconds time) noexcept;

    std::array<std::uint64_t, bounds + 1> buckets{};  ///< Each on its own, not added up.
    std::chrono::nanoseconds sum{};

    [[nodiscard]] std::uint64_t count() const noexcept;
    duration_histogram& operator+=(duration_histogram const& other) noexcept;
};

}  // namespace anywire
