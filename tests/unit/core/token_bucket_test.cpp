#include "core/token_bucket.hpp"

#include <catch2/catch.hpp>

#include <chrono>

using namespace anywire;
using namespace std::chrono_literals;

TEST_CASE("a bucket is full at first, holds its burst, and fills up evenly") {
    token_bucket b;
    tick now = 5'000;
    for (int i = 0; i < 3; ++i) CHECK(b.take(1, 10, 3, now));
    CHECK_FALSE(b.take(1, 10, 3, now));
    now += to_ticks(75ms);
    CHECK_FALSE(b.take(1, 10, 3, now));
    now += to_ticks(25ms);
    CHECK(b.take(1, 10, 3, now));
    CHECK_FALSE(b.take(1, 10, 3, now));
    now += to_ticks(1h);
    CHECK_FALSE(b.take(4, 10, 3, now));
    CHECK(b.take(3, 10, 3, now));
}

TEST_CASE("a rate is kept over a long time, whatever the steps, and when the clock wraps") {
    token_bucket b;
    tick now = 0xffffff00;
    std::uint64_t taken = 0;
    auto const end = now + to_ticks(100s);
    for (; now != end; ++now)
        while (b.take(1, 7, 7, now)) ++taken;
    CHECK(taken >= 700);
    CHECK(taken <= 707);
}

TEST_CASE("the largest rates do not overflow") {
    token_bucket b;
    auto const most = std::uint64_t{1} << 30;
    CHECK(b.take(most, most, most, 0xffffffff));
    CHECK_FALSE(b.take(1, most, most, 0xffffffff));
    CHECK(b.take(most, most, most, 0xfffffffe));
}
