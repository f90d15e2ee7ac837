#include <anywire/duration_histogram.hpp>
#include <anywire/refusal_cause.hpp>

#include "core/tally.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>

using namespace anywire;
using namespace std::chrono_literals;

TEST_CASE("a time falls into the first bucket that reaches it") {
    constexpr auto bounds = duration_histogram::bounds;
    CHECK(duration_histogram::bucket_of(0ns) == 0);
    CHECK(duration_histogram::bucket_of(-5ns) == 0);
    for (std::size_t i = 0; i < bounds; ++i) {
        auto const bound = duration_histogram::bound(i);
        INFO(bound.count());
        CHECK(duration_histogram::bucket_of(bound) == i);
        CHECK(duration_histogram::bucket_of(bound + 1ns) == i + 1);
    }
    CHECK(duration_histogram::bucket_of(1h) == bounds);
    CHECK(duration_histogram::bucket_of(std::chrono::nanoseconds::max()) == bounds);
}

TEST_CASE("histograms add up") {
    duration_tally a;
    a.add(1us);
    a.add(1h);
    a.add(-1s);
    auto all = a.value();
    CHECK(all.count() == 3);
    CHECK(all.sum == 1h + 1us);
    all += a.value();
    CHECK(all.count() == 6);
    CHECK(all.buckets.front() == 4);
    CHECK(all.buckets.back() == 2);
}

TEST_CASE("every cause of a refusal has a name of its own") {
    std::set<std::string> names;
    for (std::size_t i = 0; i < refusal_causes; ++i)
        names.emplace(to_string(static_cast<refusal_cause>(i)));
    CHECK(names.size() == refusal_causes);
    CHECK(names.count("unknown") == 0);
    CHECK(to_string(static_cast<refusal_cause>(refusal_causes)) == "unknown");
}
