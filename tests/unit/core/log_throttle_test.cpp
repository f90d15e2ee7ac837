#include "core/log_throttle.hpp"

#include <catch2/catch.hpp>

using namespace anywire;

TEST_CASE("one line a second passes, and says how many did not") {
    auto const start = GENERATE(tick{0}, tick{5}, tick{0x7ffffff0}, tick{0xfffffff0});
    log_throttle t;
    auto const second = to_ticks(log_throttle::period);
    CHECK(t.admit(start) == 0u);
    CHECK(t.admit(start) == std::nullopt);
    CHECK(t.admit(start + second - 1) == std::nullopt);
    CHECK(t.admit(start + second) == 2u);
    CHECK(t.admit(start + second) == std::nullopt);
    CHECK(t.admit(start + 10 * second) == 1u);
    CHECK(t.admit(start + 11 * second) == 0u);
}

TEST_CASE("after years without a line the next one passes") {
    log_throttle t;
    CHECK(t.admit(1) == 0u);
    CHECK(t.admit(0x80000000u) == 0u);
    CHECK(t.admit(0xc0000000u) == 0u);
}
