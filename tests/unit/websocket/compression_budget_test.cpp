#include "websocket/compression_budget.hpp"

#include <catch2/catch.hpp>

using anywire::websocket::compression_budget;

TEST_CASE("a peer whose messages are up to four times what it sends is always worth compressing") {
    compression_budget b;
    for (int i = 0; i < 1000; ++i) {
        b.received(100'000);
        b.heard(400'000);
        REQUIRE_FALSE(b.is_used_up());
    }
    CHECK(b.excess() == 0);
    // Of many messages in one read, and of one in many, too.
    for (int i = 0; i < 100; ++i) {
        b.received(10'000);
        for (int n = 0; n < 10; ++n) b.heard(4'000);
    }
    for (int i = 0; i < 1000; ++i) b.received(10'000);
    b.heard(40'000'000);
    CHECK(b.excess() == 0);
}

TEST_CASE("beyond that a burst is, and then what it pays for or time forgives") {
    compression_budget b;
    b.heard(compression_budget::burst);
    CHECK_FALSE(b.is_used_up());
    b.heard(1);
    CHECK(b.is_used_up());
    b.forgive(1);
    CHECK_FALSE(b.is_used_up());
    b.heard(8);
    b.received(1);
    b.heard(0);
    CHECK(b.is_used_up());
    b.received(1);
    b.heard(0);
    CHECK_FALSE(b.is_used_up());
}

TEST_CASE("what a peer has not used is not saved up, but for a burst") {
    compression_budget b;
    b.received(1'000'000);
    b.forgive(std::uint64_t{1} << 40);
    b.heard(1);
    b.heard(2 * compression_budget::burst);
    CHECK_FALSE(b.is_used_up());
    b.heard(1);
    CHECK(b.is_used_up());
}

TEST_CASE("the account of a budget does not wrap") {
    compression_budget b;
    for (int i = 0; i < 8; ++i) b.heard(0xffffffff);
    CHECK(b.excess() == 0xffffffff);
    b.forgive(0xffffffff);
    CHECK(b.excess() == 0);
}
