// The timer wheel beside a plain list of deadlines.
#include "core/timer_wheel.hpp"
#include "support/timers.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <vector>

using namespace anywire;
using namespace anywire::test;

namespace {

/// A wheel with many deadlines beside a list of them.
struct wheel_and_list {
    std::mt19937 random{7};
    tick now = 0u - 30'000;  // time wraps on the way
    timer_wheel wheel{now};
    std::vector<std::unique_ptr<deadline>> nodes{};
    std::vector<std::optional<tick>> list{};

    wheel_and_list() : list(40) {
        for (std::size_t i = 0; i < list.size(); ++i)
            nodes.push_back(std::make_unique<deadline>(wheel));
    }

    tick some_delay() {
        switch (random() % 3) {
            case 0: return below(random, 4);
            case 1: return below(random, 300);
            default: return below(random, 9000);
        }
    }

    void set_some() {
        auto const i = random() % list.size();
        auto const when = now + some_delay();
        nodes[i]->set(when);
        list[i] = when;
    }

    void clear_some() {
        auto const i = random() % list.size();
        nodes[i]->due.reset();
        if (random() % 2 == 0) nodes[i]->disarm();
        if (random() % 4 == 0) nodes[i] = std::make_unique<deadline>(wheel);
        list[i].reset();
    }

    void go_on() {
        auto const before = now;
        now += random() % 50 == 0 ? some_delay() + turn : some_delay() % 40;
        wheel.advance(now);
        for (std::size_t i = 0; i < list.size(); ++i) {
            // One set for the very tick it was set in is due with the next.
            auto const is_due = list[i] && before != now && not_after(*list[i], now);
            if (is_due) list[i].reset();
            REQUIRE(nodes[i]->due == list[i]);
        }
    }

    /// The hints may be early, never late, and an early one is gone once it has passed.
    void check_hints() const {
        std::optional<tick> first;
        for (auto const& due : list)
            if (due && (!first || not_after(*due, *first))) first = due;
        auto const next = wheel.next();
        auto const earliest = wheel.earliest();
        if (next) REQUIRE_FALSE(not_after(*next, now));
        if (!first) return;
        REQUIRE(next);
        REQUIRE(earliest);
        auto const soonest = not_after(*first, now) ? now + 1 : *first;
        REQUIRE(not_after(*next, soonest));
        REQUIRE(not_after(*earliest, soonest));
    }
};

}  // namespace

TEST_CASE("the wheel keeps the deadlines that a plain list keeps, whatever is done to it") {
    wheel_and_list both;
    for (int step = 0; step < 40'000; ++step) {
        switch (both.random() % 4) {
            case 0:
            case 1: both.set_some(); break;
            case 2: both.clear_some(); break;
            default: both.go_on();
        }
        both.check_hints();
    }
}

TEST_CASE("the next tick is told exactly while nobody disarms") {
    std::mt19937 random(3);
    timer_wheel wheel(0);
    std::vector<std::unique_ptr<sleeper>> all;
    std::vector<tick> due;
    for (int i = 0; i < 2000; ++i) {
        auto const when = wheel.now() + 1 + below(random, turn - 1);
        all.push_back(std::make_unique<sleeper>());
        wheel.arm(*all.back(), when);
        due.push_back(when);
        REQUIRE(wheel.next() == *std::min_element(due.begin(), due.end()));
        REQUIRE(wheel.earliest() == wheel.next());
        if (random() % 2 == 0) continue;
        auto const now = wheel.now() + below(random, 100);
        wheel.advance(now);
        std::erase_if(due, [&](tick t) { return t <= now; });
        REQUIRE(wheel.next().has_value() == !due.empty());
        REQUIRE(wheel.earliest() == wheel.next());
    }
}
