#include "address_limits.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire;
using namespace std::chrono_literals;
using verdict = handshake_rate::verdict;

TEST_CASE("clients are counted by IPv4 address, or by IPv6 network") {
    CHECK(address_key("192.0.2.1") == address_key("::ffff:192.0.2.1"));
    CHECK(address_key("192.0.2.1") != address_key("192.0.2.2"));
    CHECK(address_key("2001:db8:0:1::1") == address_key("2001:db8:0:1:ffff:ffff:ffff:ffff"));
    CHECK(address_key("2001:db8:0:1::1") != address_key("2001:db8:0:2::1"));
    CHECK(address_key("fe80::1%eth0") == address_key("fe80::2"));
    CHECK(address_key("::1") != address_key("0.0.0.1"));
    CHECK(address_key("unknown") == address_key(std::string(1000, '1')));
    CHECK(address_key("") == address_key("unknown"));
}

TEST_CASE("clients of Unix domain sockets have no address to be limited by") {
    CHECK(is_limited_address("192.0.2.1"));
    CHECK(is_limited_address(""));
    CHECK_FALSE(is_limited_address("unix:"));
}

TEST_CASE("an address has no more than its share, and gives everything back") {
    address_counts counts;
    CHECK(counts.try_add("192.0.2.1", 2));
    CHECK(counts.try_add("192.0.2.1", 2));
    CHECK_FALSE(counts.try_add("192.0.2.1", 2));
    CHECK(counts.try_add("192.0.2.2", 2));
    CHECK(counts.of("192.0.2.1") == 2);
    counts.remove("192.0.2.1");
    CHECK(counts.try_add("192.0.2.1", 2));
    counts.remove("192.0.2.1");
    counts.remove("192.0.2.1");
    counts.remove("192.0.2.1");  // one too many does no harm
    counts.remove("192.0.2.2");
    CHECK(counts.size() == 0);
    {
        auto const ticket = address_ticket::take(counts, "192.0.2.1", 1);
        REQUIRE(ticket);
        CHECK_FALSE(address_ticket::take(counts, "192.0.2.1", 1));
    }
    CHECK(counts.size() == 0);
}

TEST_CASE("a bucket takes its burst at once, then its rate") {
    handshake_rate rate;
    rate.set(0, 10, 500ms);
    auto now = handshake_rate::time_point{} + 1000h;
    auto const taken = [&](std::string const& address) {
        int n = 0;
        while (rate.take(address, true, now) == verdict::good) ++n;
        return n;
    };
    CHECK(taken("192.0.2.1") == 5);
    CHECK(taken("192.0.2.2") == 5);
    now += 250ms;
    CHECK(taken("192.0.2.1") == 2);
    now += 1h;
    CHECK(taken("192.0.2.1") == 5);
    CHECK(rate.take("192.0.2.1", true, now) == verdict::too_many_of_address);
    CHECK(rate.take("192.0.2.1", false, now) == verdict::good);  // shares its address with all
}

TEST_CASE("the bucket of all is taken from only by those who may") {
    handshake_rate rate;
    rate.set(4, 1, 1s);
    auto const now = handshake_rate::time_point{} + 1000h;
    CHECK(rate.take("192.0.2.1", true, now) == verdict::good);
    for (int i = 0; i < 100; ++i)
        CHECK(rate.take("192.0.2.1", true, now) == verdict::too_many_of_address);
    CHECK(rate.take("192.0.2.2", true, now) == verdict::good);
    CHECK(rate.take("192.0.2.3", true, now) == verdict::good);
    CHECK(rate.take("192.0.2.4", true, now) == verdict::good);
    CHECK(rate.take("192.0.2.5", true, now) == verdict::too_many);
    CHECK(rate.take("192.0.2.5", true, now + 250ms) == verdict::good);
}

TEST_CASE("one handshake fits into every bucket, however short the burst") {
    handshake_rate rate;
    rate.set(1, 1, 0ms);
    auto const now = handshake_rate::time_point{} + 1000h;
    CHECK(rate.take("192.0.2.1", true, now) == verdict::good);
    CHECK(rate.take("192.0.2.2", true, now) == verdict::too_many);
    CHECK(rate.take("192.0.2.2", true, now + 1s) == verdict::good);
}

TEST_CASE("addresses are forgotten when their buckets are full again") {
    handshake_rate rate;
    rate.set(0, 10, 1s);
    auto now = handshake_rate::time_point{} + 1000h;
    for (int round = 0; round < 20; ++round) {
        for (int i = 0; i < 250; ++i)
            CHECK(rate.take("10.0." + std::to_string(round) + "." + std::to_string(i), true, now) ==
                  verdict::good);
        CHECK(rate.size() <= 1000);  // two generations of two rounds
        now += 600ms;
    }
    now += 10s;
    CHECK(rate.take("192.0.2.1", true, now) == verdict::good);
    CHECK(rate.size() == 1);
}
