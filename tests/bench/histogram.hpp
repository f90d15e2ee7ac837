#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace bench {

/// Counts durations in 1/16ths of a power of two: an error below 6.3 %, and no memory to grow.
class histogram {
public:
    void add(std::uint64_t ns) noexcept {
        ++counts_[bucket_of(ns)];
        ++total_;
    }
    void clear() noexcept { *this = {}; }
    std::uint64_t total() const noexcept { return total_; }

    /// The upper bound of what the fraction `q` of all stays below, in microseconds.
    double percentile_us(double q) const noexcept {
        auto const wanted = static_cast<std::uint64_t>(q * static_cast<double>(total_));
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            seen += counts_[i];
            if (seen > wanted || (seen == total_ && seen > 0))
                return static_cast<double>(upper_bound_of(i)) / 1'000.0;
        }
        return 0;
    }

private:
    static constexpr unsigned fine = 4;  // bits after the leading one

    static std::size_t bucket_of(std::uint64_t ns) noexcept {
        if (ns < (1u << fine)) return ns;
        auto const power = static_cast<unsigned>(std::bit_width(ns)) - 1;
        auto const rest = (ns >> (power - fine)) & ((1u << fine) - 1);
        return ((power - fine + 1) << fine) + rest;
    }
    static std::uint64_t upper_bound_of(std::size_t bucket) noexcept {
        if (bucket < (1u << fine)) return bucket;
        auto const power = (bucket >> fine) + fine - 1;
        auto const rest = bucket & ((1u << fine) - 1);
        return (std::uint64_t{(1u << fine) + rest + 1} << (power - fine)) - 1;
    }

    std::array<std::uint64_t, (64 - fine + 1) << fine> counts_{};
    std::uint64_t total_ = 0;
};

}  // namespace bench
