#include "upstreams.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace anywire::gateway;
using namespace std::chrono_literals;

namespace {

using time_of = upstreams::time;

std::vector<backend_address> servers(std::vector<unsigned> const& weights) {
    std::vector<backend_address> all;
    for (auto const w : weights)
        all.push_back({.url = "ws://server" + std::to_string(all.size()), .weight = w});
    return all;
}

/// Opens `n` sessions; how many each server has got.
std::vector<unsigned> open(upstreams& all, unsigned n, time_of now) {
    std::vector<unsigned> got(all.size());
    for (unsigned i = 0; i < n; ++i) {
        auto const s = all.choose(now, {});
        REQUIRE(s);
        all.on_opened(*s, now);
        ++got[*s];
    }
    return got;
}

/// Has attempts fail until the server is unhealthy. Requires: no other one is healthy, or asked.
void fail(upstreams& all, std::size_t server, unsigned times, time_of now) {
    for (unsigned i = 0; i < times; ++i) {
        std::vector<std::size_t> others;
        for (std::size_t o = 0; o < all.size(); ++o)
            if (o != server) others.push_back(o);
        REQUIRE(all.choose(now, others) == server);
        all.on_failed(server, now, "refused");
    }
}

time_of const start{1h};

}  // namespace

TEST_CASE("the server with the fewest sessions for its weight gets the next one") {
    upstreams all(servers({1, 3}), {});
    CHECK(open(all, 40, start) == std::vector<unsigned>{10, 30});
    for (int i = 0; i < 5; ++i) all.on_closed(1, false);
    CHECK(open(all, 5, start) == std::vector<unsigned>{0, 5});
}

TEST_CASE("of equally busy servers the one gets the next session that was chosen longest ago") {
    upstreams all(servers({1, 1, 1}), {});
    std::vector<std::size_t> order;
    for (int i = 0; i < 6; ++i) {
        auto const s = all.choose(start, {});
        REQUIRE(s);
        order.push_back(*s);
        all.on_given_up(*s);
    }
    CHECK(order == std::vector<std::size_t>{0, 1, 2, 0, 1, 2});
}

TEST_CASE("servers that were tried for a session are not chosen for it again") {
    upstreams all(servers({1, 1}), {});
    std::vector<std::size_t> tried{0};
    CHECK(all.choose(start, tried) == 1);
    tried.push_back(1);
    CHECK_FALSE(all.choose(start, tried));
    CHECK_FALSE(upstreams({}, {}).choose(start, {}));
}

TEST_CASE("a server that fails as often as allowed gets nothing until its time has come") {
    upstreams all(servers({1, 1}), {.max_failures = 2, .retry_after = 10s});
    fail(all, 0, 1, start);
    CHECK(all.numbers(start)[0].is_healthy);
    fail(all, 0, 1, start);
    CHECK_FALSE(all.numbers(start)[0].is_healthy);
    CHECK(all.numbers(start)[0].failed == 2);
    CHECK(all.numbers(start)[0].last_failure == "refused");
    CHECK(open(all, 10, start + 9s) == std::vector<unsigned>{0, 10});

    // One attempt at a time, though it has far fewer sessions.
    CHECK(all.choose(start + 10s, {}) == 0);
    CHECK(open(all, 3, start + 10s) == std::vector<unsigned>{0, 3});
    all.on_failed(0, start + 12s, "refused");
    CHECK(open(all, 1, start + 21s) == std::vector<unsigned>{0, 1});
    CHECK(all.choose(start + 22s, {}) == 0);
    all.on_opened(0, start + 22s);
    CHECK(all.numbers(start)[0].is_healthy);
    CHECK(open(all, 3, start + 22s) == std::vector<unsigned>{3, 0});
}

TEST_CASE("an attempt that the client gives up says nothing, and the next one may follow") {
    upstreams all(servers({1, 1}), {.max_failures = 1, .retry_after = 10s});
    fail(all, 0, 1, start);
    CHECK(all.choose(start + 10s, {}) == 0);
    all.on_given_up(0);
    CHECK_FALSE(all.numbers(start)[0].is_healthy);
    CHECK(all.choose(start + 10s, {}) == 0);
}

TEST_CASE("a server that refuses a client works") {
    upstreams all(servers({1}), {.max_failures = 2});
    fail(all, 0, 1, start);
    REQUIRE(all.choose(start, {}) == 0);
    all.on_refused(0, start);
    fail(all, 0, 1, start);
    CHECK(all.numbers(start)[0].is_healthy);
    fail(all, 0, 1, start);
    CHECK_FALSE(all.numbers(start)[0].is_healthy);
    REQUIRE(all.choose(start, {}) == 0);
    all.on_refused(0, start);
    CHECK(all.numbers(start)[0].is_healthy);
    CHECK(all.numbers(start)[0].sessions == 0);
    CHECK(all.numbers(start)[0].opened == 0);
}

TEST_CASE("while no server is healthy each is tried, one attempt at a time") {
    upstreams all(servers({1, 1}), {.max_failures = 1, .retry_after = 10s});
    fail(all, 1, 1, start);
    fail(all, 0, 1, start + 1s);
    CHECK(all.choose(start + 1s, {}) == 1);  // its time comes first
    CHECK(all.choose(start + 1s, {}) == 0);
    CHECK_FALSE(all.choose(start + 1s, {}));
    all.on_opened(0, start + 1s);
    CHECK(open(all, 4, start + 2s) == std::vector<unsigned>{4, 0});
}

TEST_CASE("attempts that began while a server was healthy end before the next one on it begins") {
    upstreams all(servers({1}), {.max_failures = 1});
    REQUIRE(all.choose(start, {}) == 0);
    REQUIRE(all.choose(start, {}) == 0);
    all.on_failed(0, start, "refused");
    CHECK_FALSE(all.choose(start + 1h, {}));
    all.on_failed(0, start, "refused");
    CHECK(all.choose(start + 1h, {}) == 0);
}

TEST_CASE("without a number of failures none makes a server unhealthy") {
    upstreams all(servers({1}), {.max_failures = 0});
    fail(all, 0, 100, start);
    CHECK(all.numbers(start)[0].is_healthy);
}

TEST_CASE("checks take a server away and bring it back") {
    upstreams all(servers({1, 1}), {.check_interval = 1s, .fall = 2, .rise = 3});
    all.on_checked(0, false, start, "timed out");
    all.on_checked(0, true, start, {});
    all.on_checked(0, false, start, "timed out");
    CHECK(all.numbers(start)[0].is_healthy);
    all.on_checked(0, false, start, "404");
    CHECK_FALSE(all.numbers(start)[0].is_healthy);
    CHECK(all.numbers(start)[0].last_failure == "404");
    CHECK(open(all, 5, start + 1h) == std::vector<unsigned>{0, 5});
    all.on_checked(1, false, start, "404");
    all.on_checked(1, false, start, "404");
    CHECK_FALSE(all.choose(start + 1h, {}));  // none is tried that checks find down

    all.on_checked(0, true, start, {});
    all.on_checked(0, true, start, {});
    all.on_checked(0, false, start, "404");
    all.on_checked(0, true, start, {});
    all.on_checked(0, true, start, {});
    CHECK_FALSE(all.choose(start + 1h, {}));
    all.on_checked(0, true, start, {});
    CHECK(all.choose(start + 1h, {}) == 0);
}

TEST_CASE("good checks end the wait of a server whose sessions failed, not its proof") {
    upstreams all(servers({1, 1}),
                  {.max_failures = 1, .retry_after = 1h, .check_interval = 1s, .rise = 2});
    fail(all, 0, 1, start);
    all.on_checked(0, true, start, {});
    CHECK(all.choose(start, {}) == 1);
    all.on_checked(0, true, start, {});
    CHECK_FALSE(all.numbers(start)[0].is_healthy);
    CHECK(all.choose(start, {}) == 0);
    CHECK(all.choose(start, {}) == 1);
    all.on_opened(0, start);
    CHECK(all.numbers(start)[0].is_healthy);
}

TEST_CASE("a session that opens does not undo what checks have found") {
    upstreams all(servers({1}), {.check_interval = 1s, .fall = 1, .rise = 1});
    REQUIRE(all.choose(start, {}) == 0);
    all.on_checked(0, false, start, "404");
    all.on_opened(0, start);
    CHECK_FALSE(all.numbers(start)[0].is_healthy);
}

TEST_CASE("a server that has come back gets a share that grows evenly") {
    upstreams all(servers({1, 1}), {.max_failures = 1, .retry_after = 1s, .slow_start = 100s});
    CHECK(all.numbers(start)[0].share == 1);  // one that was never away
    fail(all, 0, 1, start);
    CHECK(open(all, 100, start) == std::vector<unsigned>{0, 100});
    auto const back = start + 1s;
    REQUIRE(all.choose(back, {}) == 0);
    all.on_opened(0, back);
    CHECK(all.numbers(back)[0].share == Approx(0.1));
    CHECK(all.numbers(back - 1s)[0].share == Approx(0.1));
    CHECK(open(all, 20, back) == std::vector<unsigned>{10, 10});  // 11 of 121
    CHECK(all.numbers(back + 50s)[0].share == Approx(0.55));
    auto const later = open(all, 79, back + 50s);
    CHECK(later[0] + 11 == Approx(200 * 0.55 / 1.55).margin(2));
    CHECK(all.numbers(back + 100s)[0].share == 1);
    CHECK(open(all, 100, back + 100s)[0] + later[0] + 11 == 150);
}

TEST_CASE("after a reload the servers that stay are known, and their sessions still count") {
    auto const health = health_settings{.max_failures = 1, .retry_after = 1h};
    upstreams old(servers({1, 1, 1}), health);
    REQUIRE(open(old, 6, start) == std::vector<unsigned>{2, 2, 2});
    fail(old, 1, 1, start);
    old.on_closed(2, true);

    upstreams fresh({{.url = "ws://server2", .weight = 1},
                     {.url = "ws://new", .weight = 1},
                     {.url = "ws://server1", .weight = 1}},
                    health);
    fresh.take_over(old);
    auto n = fresh.numbers(start);
    CHECK(n[0].sessions == 1);
    CHECK(n[0].lost == 1);
    CHECK(n[1].sessions == 0);
    CHECK_FALSE(n[2].is_healthy);
    CHECK(n[2].failed == 1);
    CHECK(open(fresh, 3, start) == std::vector<unsigned>{1, 2, 0});
    old.on_closed(2, false);  // a session from before the reload
    CHECK(fresh.numbers(start)[0].sessions == 1);
    fresh.on_closed(0, false);
    CHECK(fresh.numbers(start)[0].sessions == 0);
    CHECK(old.numbers(start)[2].sessions == 0);
}

TEST_CASE("a URL that is there twice is two servers, also after a reload") {
    std::vector<backend_address> const twice{{.url = "ws://same"}, {.url = "ws://same"}};
    upstreams old(twice, {});
    REQUIRE(open(old, 4, start) == std::vector<unsigned>{2, 2});
    upstreams fresh(twice, {});
    fresh.take_over(old);
    CHECK(fresh.numbers(start)[0].sessions == 2);
    CHECK(fresh.numbers(start)[1].sessions == 2);
    fresh.on_closed(0, false);
    CHECK(fresh.numbers(start)[1].sessions == 2);
}

TEST_CASE("what checks have found is forgotten where a reload has ended the checks") {
    upstreams old(servers({1}), {.check_interval = 1s, .fall = 1});
    old.on_checked(0, false, start, "404");
    upstreams same(servers({1}), {.check_interval = 1s});
    same.take_over(old);
    CHECK_FALSE(same.numbers(start)[0].is_healthy);
    upstreams without(servers({1}), {});
    without.take_over(old);
    CHECK(without.numbers(start)[0].is_healthy);
}

TEST_CASE("of a failure's text only the beginning is kept") {
    upstreams all(servers({1}), {});
    REQUIRE(all.choose(start, {}) == 0);
    all.on_failed(0, start, std::string(100'000, 'x'));
    CHECK(all.numbers(start)[0].last_failure.size() == upstreams::max_failure_text);
}
