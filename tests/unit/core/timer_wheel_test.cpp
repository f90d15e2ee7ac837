#include "core/timer_wheel.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <vector>

using namespace anywire;
using namespace std::literals;

namespace {

constexpr tick turn = 4096;

/// Writes down when it was woken.
struct sleeper final : timer_node {
    std::vector<tick> woken{};
    std::function<void(tick)> then{};

    void on_timer(tick now) override {
        woken.push_back(now);
        if (then) then(now);
    }
};

/// Wants one deadline, however early it is woken: what every user of the wheel does.
struct deadline final : timer_node {
    timer_wheel& wheel;
    std::optional<tick> due{};
    tick met = 0;
    int meetings = 0;

    explicit deadline(timer_wheel& w) : wheel(w) {}
    void set(tick when) {
        due = when;
        wheel.arm(*this, when);
    }
    void on_timer(tick now) override {
        if (!due) return;
        if (!not_after(*due, now)) return wheel.arm(*this, *due);
        met = *due;
        ++meetings;
        due.reset();
    }
};

using ticks = std::vector<tick>;

/// A number below `n`.
tick below(std::mt19937& random, tick n) {
    return static_cast<tick>(random() % n);
}

}  // namespace

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
