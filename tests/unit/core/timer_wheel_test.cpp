#include "core/timer_wheel.hpp"

#include "support/timers.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::literals;

TEST_CASE("a node is woken at its tick and not before") {
    timer_wheel wheel(100);
    sleeper a;
    wheel.arm(a, 103);
    CHECK(a.is_armed());
    wheel.advance(102);
    CHECK(a.woken.empty());
    wheel.advance(103);
    CHECK(a.woken == ticks{103});
    CHECK_FALSE(a.is_armed());
    wheel.advance(100'000);
    CHECK(a.woken.size() == 1);
}

TEST_CASE("a node armed for now or the past is woken with the next tick") {
    timer_wheel wheel(100);
    sleeper now;
    sleeper past;
    wheel.arm(now, 100);
    wheel.arm(past, 7);
    wheel.advance(100);
    CHECK(now.woken.empty());
    wheel.advance(101);
    CHECK(now.woken == ticks{101});
    CHECK(past.woken == ticks{101});
}

TEST_CASE("arming later than before changes nothing, arming earlier does") {
    timer_wheel wheel(0);
    sleeper a;
    wheel.arm(a, 50);
    wheel.arm(a, 80);
    wheel.advance(50);
    CHECK(a.woken == ticks{50});
    wheel.arm(a, 90);
    wheel.arm(a, 60);
    wheel.advance(100);
    CHECK(a.woken == ticks{50, 100});
    CHECK_FALSE(a.is_armed());
}

TEST_CASE("a deadline beyond the wheel is kept by waking early and arming again") {
    timer_wheel wheel(0);
    deadline far(wheel);
    far.set(1'000'000);
    for (tick now = 0; now < 1'000'000; ++now) {
        wheel.advance(now);
        REQUIRE(far.meetings == 0);
    }
    wheel.advance(1'000'000);
    CHECK(far.meetings == 1);
}

TEST_CASE("time may wrap under the wheel") {
    tick const start = 0u - 10;
    timer_wheel wheel(start);
    deadline before(wheel);
    deadline after(wheel);
    deadline far(wheel);
    before.set(start + 5);
    after.set(start + 20);
    far.set(start + 3 * turn);
    for (tick i = 1; i <= 4 * turn; ++i) {
        wheel.advance(start + i);
        REQUIRE(before.meetings == (i >= 5 ? 1 : 0));
        REQUIRE(after.meetings == (i >= 20 ? 1 : 0));
        REQUIRE(far.meetings == (i >= 3 * turn ? 1 : 0));
    }
}

TEST_CASE("after a huge jump every node is woken once") {
    timer_wheel wheel(5);
    std::vector<std::unique_ptr<sleeper>> all;
    for (tick when = 6; when < 5 + turn; when += 3) {
        all.push_back(std::make_unique<sleeper>());
        wheel.arm(*all.back(), when);
    }
    tick const now = 5 + 0x40000000;
    wheel.advance(now);
    for (auto const& a : all) CHECK(a->woken == ticks{now});
    CHECK(wheel.next() == std::nullopt);
    CHECK(wheel.now() == now);
}

TEST_CASE("a node that arms itself while woken late waits for a tick to come") {
    timer_wheel wheel(0);
    sleeper a;
    a.then = [&](tick now) { wheel.arm(a, now + 10); };
    wheel.arm(a, 1);
    wheel.advance(1000);
    CHECK(a.woken == ticks{1000});
    wheel.advance(1009);
    CHECK(a.woken == ticks{1000});
    wheel.advance(1010);
    CHECK(a.woken == ticks{1000, 1010});
}

TEST_CASE("a node may destroy itself or others while it is woken") {
    timer_wheel wheel(0);
    std::vector<std::unique_ptr<sleeper>> all;
    int woken = 0;
    for (int i = 0; i < 6; ++i) {
        all.push_back(std::make_unique<sleeper>());
        wheel.arm(*all.back(), 10);
    }
    all[0]->then = [&](tick) {
        ++woken;
        all[1].reset();  // next in line
        all[5].reset();  // last in line
        auto const self = std::move(all[0]);
    };
    for (auto const i : {2u, 3u, 4u})
        all[i]->then = [&](tick) {
            ++woken;
            all[2].reset();
        };
    all[3]->then = [&](tick) { ++woken; };
    wheel.advance(20);
    CHECK(woken == 4);
    CHECK_FALSE(all[0]);
    CHECK_FALSE(all[2]);
}

TEST_CASE("a node may disarm and arm others while it is woken") {
    timer_wheel wheel(0);
    sleeper first;
    sleeper second;
    sleeper third;
    wheel.arm(first, 10);
    wheel.arm(second, 10);
    first.then = [&](tick) {
        second.disarm();
        wheel.arm(third, 12);
    };
    wheel.advance(11);
    CHECK(second.woken.empty());
    wheel.advance(12);
    CHECK(third.woken == ticks{12});
    CHECK(second.woken.empty());
}

TEST_CASE("nodes of one tick are woken in the order they were armed in") {
    timer_wheel wheel(0);
    std::vector<int> order;
    std::vector<std::unique_ptr<sleeper>> all;
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 10 + round; ++i) {
            all.push_back(std::make_unique<sleeper>());
            all.back()->then = [&order, i](tick) { order.push_back(i); };
            wheel.arm(*all.back(), wheel.now() + 5);
        }
        wheel.advance(wheel.now() + turn);
        CHECK(order.size() == 10u + static_cast<unsigned>(round));
        CHECK(std::is_sorted(order.begin(), order.end()));
        order.clear();
    }
}

TEST_CASE("whatever a woken node does to those beside it, each that waits is woken once") {
    std::mt19937 random(11);
    for (int round = 0; round < 500; ++round) {
        timer_wheel wheel(0);
        std::vector<std::unique_ptr<sleeper>> all(1 + below(random, 40));
        std::vector<int> left(all.size(), 1);  // how often each is still to be woken
        auto const act = [&](std::size_t self, tick now) {
            REQUIRE(--left[self] == 0);
            auto const other = random() % all.size();
            auto const is_armed = all[other] && all[other]->is_armed();
            switch (random() % 4) {
                case 0:  // may be its own end
                    all[other].reset();
                    left[other] = 0;
                    break;
                case 1:
                    if (is_armed) all[other]->disarm();
                    left[other] = 0;
                    break;
                case 2:
                    if (!all[other] || is_armed) break;
                    wheel.arm(*all[other], now + 1 + below(random, 3) * (turn - 2));
                    left[other] = 1;
                    break;
                default: break;
            }
        };
        for (std::size_t i = 0; i < all.size(); ++i) {
            all[i] = std::make_unique<sleeper>();
            all[i]->then = [&act, i](tick now) { act(i, now); };
            wheel.arm(*all[i], 10);
        }
        wheel.advance(10);
        for (std::size_t i = 0; i < all.size(); ++i)
            REQUIRE((all[i] && all[i]->is_armed()) == (left[i] == 1));
    }
}

TEST_CASE("a node that dies is off the wheel") {
    timer_wheel wheel(0);
    {
        sleeper a;
        wheel.arm(a, 3);
    }
    wheel.advance(10);
    CHECK(wheel.next() == std::nullopt);
}

TEST_CASE("durations round up to ticks and stop at half the wheel of time") {
    CHECK(to_ticks(0ms) == 0);
    CHECK(to_ticks(-5ms) == 0);
    CHECK(to_ticks(1ms) == 1);
    CHECK(to_ticks(25ms) == 1);
    CHECK(to_ticks(26ms) == 2);
    CHECK(to_ticks(25s) == 1000);
    // Even with a tick of grace, the longest delay is not in the past.
    CHECK_FALSE(not_after(to_ticks(std::chrono::milliseconds::max()) + 1, 0));
    CHECK_FALSE(not_after(to_ticks(24h * 365 * 5) + 1, 0));
}

TEST_CASE("order of ticks holds across the wrap") {
    CHECK(not_after(5, 5));
    CHECK(not_after(4, 5));
    CHECK_FALSE(not_after(6, 5));
    CHECK(not_after(0xfffffff0u, 3));
    CHECK_FALSE(not_after(3, 0xfffffff0u));
}

TEST_CASE("a node that throws keeps no other one from being woken") {
    timer_wheel wheel(100);
    int failures = 0;
    wheel.on_failure([&] {
        CHECK(std::current_exception());
        ++failures;
    });
    std::vector<std::unique_ptr<sleeper>> all;
    for (int i = 0; i < 10; ++i) {
        all.push_back(std::make_unique<sleeper>());
        if (i % 3 == 0) all.back()->then = [](tick) { throw 1; };
        wheel.arm(*all.back(), 110);
    }
    wheel.advance(110);
    for (auto const& s : all) CHECK(s->woken.size() == 1);
    CHECK(failures == 4);
}
