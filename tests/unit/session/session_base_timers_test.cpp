// The timers of a session: `after`.
#include "session/session_base.hpp"
#include "support/printers.hpp"
#include "support/session_fixture.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;

TEST_CASE("after is never early, and at most two ticks late") {
    for (auto const delay : {0ms, 1ms, 25ms, 26ms, 100ms, 10'000ms, 200'000ms}) {
        world w;
        auto& transport = w.transport();
        auto& s = w.plain(transport);
        tick called = 0;
        auto const start = w.loop.now();
        s.after(delay, [&](session& same) {
            CHECK(&same == &s);
            called = w.loop.now();
        });
        CHECK(called == 0);
        w.advance(delay + 100ms);
        REQUIRE(called != 0);
        // The current tick may be nearly over when `after` is called.
        CHECK((called - start - 1) * tick_length >= delay);
        CHECK((called - start) * tick_length < delay + 2 * tick_length);
    }
}

TEST_CASE("the longest delay does not come at once") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    s.after(std::chrono::milliseconds::max(), [](session&) { FAIL("early"); });
    bool called = false;
    s.after(1min, [&](session&) { called = true; });
    w.advance(10min);
    CHECK(called);
}

TEST_CASE("timers come in the order of their times, equal ones as they were set") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    std::string order;
    auto const note = [&](char c) { return [&order, c](session&) { order.push_back(c); }; };
    s.after(300ms, note('d'));
    s.after(100ms, note('a'));
    s.after(200ms, note('b'));
    s.after(200ms, note('c'));
    s.after(0ms, note('0'));
    w.advance(1s);
    CHECK(order == "0abcd");
}

TEST_CASE("a timer may set another, which comes later and not in the same turn") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    std::vector<tick> called;
    std::function<void(session&)> const again = [&](session& same) {
        called.push_back(w.loop.now());
        if (called.size() < 3) same.after(0ms, again);
    };
    s.after(0ms, again);
    w.advance(1s);
    REQUIRE(called.size() == 3);
    CHECK(called[1] == called[0] + 1);
    CHECK(called[2] == called[1] + 1);
}

TEST_CASE("timers die with their session, from the moment it closes") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    transport.block(1);
    CHECK(w.send(s, "stuck"));
    s.after(50ms, [](session& same) { same.close(); });
    s.after(50ms, [](session&) { FAIL("called after the close"); });
    s.after(1s, [](session&) { FAIL("called after the close"); });
    w.advance(10s);
    CHECK(w.closes == 0);  // the goodbye still waits for the transport
    CHECK_FALSE(s.is_armed());
    w.lost(s, transport);
    w.advance(10s);
    CHECK(w.closes == 1);
}

TEST_CASE("timers run while the session is paused") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    s.pause();
    w.receive(s, transport, "1");
    s.after(1s, [](session& same) { same.resume(); });
    w.advance(2s);
    CHECK(w.heard == strings{"open", "message 1"});
}

TEST_CASE("very many timers can be set and dropped") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    for (int i = 200'000; i > 0; --i) s.after(std::chrono::milliseconds(i * 25), [](session&) {});
    w.close(s);
    CHECK(w.closes == 1);
}
