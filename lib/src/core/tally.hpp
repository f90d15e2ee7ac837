#pragma once

#include <anywire/duration_histogram.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace anywire {

/// A number that one thread changes and any may read: it costs that thread what a plain integer
/// costs, a load and a store without a lock.
class tally {
public:
    void add(std::uint64_t by = 1) noexcept { n_.store(value() + by, std::memory_order_relaxed); }
    void sub(std::uint64_t by = 1) noexcept { n_.store(value() - by, std::memory_order_relaxed); }
    /// Thread: any.
    std::uint64_t value() const noexcept { return n_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> n_{0};
};

/// A `duration_histogram` that one thread fills and any may read.
class duration_tally {
public:
    void add(std::chrono::nanoseconds time) noexcept {
        buckets_[duration_histogram::bucket_of(time)].add();
        sum_.add(time.count() > 0 ? static_cast<std::uint64_t>(time.count()) : 0);
    }
    /// Thread: any.
    duration_histogram value() const noexcept {
        duration_histogram h;
        for (std::size_t i = 0; i < buckets_.size(); ++i) h.buckets[i] = buckets_[i].value();
        h.sum = std::chrono::nanoseconds(static_cast<std::int64_t>(sum_.value()));
        return h;
    }

private:
    std::array<tally, duration_histogram::bounds + 1> buckets_{};
    tally sum_{};
};

}  // namespace anywire
