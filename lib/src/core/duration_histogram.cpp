#include <anywire/duration_histogram.hpp>

#include <algorithm>
#include <bit>
#include <numeric>

namespace anywire {

std::size_t duration_histogram::bucket_of(std::chrono::nanoseconds time) noexcept {
    auto const ns = time.count();
    if (ns <= bound(0).count()) return 0;
    auto const i = std::bit_width(static_cast<std::uint64_t>(ns - 1) / 1024);
    return std::min(static_cast<std::size_t>(i), bounds);
}

std::uint64_t duration_histogram::count() const noexcept {
    return std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0});
}

duration_histogram& duration_histogram::operator+=(duration_histogram const& other) noexcept {
    for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += other.buckets[i];
    sum += other.sum;
    return *this;
}

}  // namespace anywire
