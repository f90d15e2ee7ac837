// What a session may queue for a while: bursts, graces, and bounds over all sessions.
#include "session/queue_budget.hpp"
#include "session/session_base.hpp"
#include "support/printers.hpp"
#include "support/session_fixture.hpp"
#include "support/small_queue.hpp"

#include <catch2/catch.hpp>

#include <cstddef>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;

namespace {

session_limits bursty(overflow_policy policy) {
    // Three messages of one byte for long, ten for 100 ticks.
    return {.max_queued_bytes = 3 * 65,
            .overflow = policy,
            .max_burst_bytes = 10 * 65,
            .burst_grace = 2500ms};
}

}  // namespace

TEST_CASE("a client that reads gets a burst of any length, whatever the policy") {
    for (auto const policy : policies) {
        world w(small(policy));
        auto& transport = w.transport();
        auto& s = w.plain(transport);
        strings sent;
        for (int i = 0; i < 1000; ++i) {
            sent.push_back(std::to_string(i));
            REQUIRE(s.send(sent.back()));
        }
        w.loop.flush();
        CHECK(transport.written == sent);
        CHECK(s.dropped() == 0);
        CHECK(s.is_open());
    }
}

TEST_CASE("a burst that the transport does not take at once has a grace") {
    world w(bursty(overflow_policy::close));
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    transport.block();
    CHECK(w.send(s, "0"));
    for (int i = 0; i < 10; ++i) CHECK(s.send("x"));
    w.advance_ticks(99);
    CHECK(s.is_open());
    SECTION("who reads within it was never slow") {
        w.unblock(s, transport);
        w.advance_ticks(1000);
        CHECK(s.is_open());
        CHECK(transport.written.size() == 11);
    }
    SECTION("who does not is closed when it is over") {
        w.tick_once();
        CHECK(w.heard == strings{"open", "close slow_consumer 1013 slow consumer"});
    }
    SECTION("beyond the hard bound it is closed at once") {
        CHECK(s.send("x").error() == errc::session_closed);
        w.loop.flush();
        CHECK(w.heard == strings{"open", "close slow_consumer 1013 slow consumer"});
    }
}

TEST_CASE("a session whose grace is over is not woken for it again") {
    for (auto const policy :
         {overflow_policy::refuse, overflow_policy::drop_oldest, overflow_policy::drop_newest}) {
        world w(bursty(policy));
        auto& transport = w.transport();
        auto& s = w.plain(transport);
        transport.block();
        CHECK(w.send(s, "0"));
        for (int i = 0; i < 8; ++i) CHECK(s.send("x"));
        CHECK(s.is_armed());
        w.advance_ticks(101);
        CHECK_FALSE(s.is_armed());
        CHECK(s.is_open());
        w.unblock(s, transport);
        for (int i = 0; i < 8; ++i) CHECK(s.send("x"));
    }
}

TEST_CASE("between polls a burst waits for the next one within the grace") {
    world w(bursty(overflow_policy::close));
    auto& first = w.transport(carrier::one_shot);
    auto& s = w.sockjs(&first);
    for (int i = 0; i < 7; ++i) CHECK(w.send(s, "x"));
    w.advance_ticks(50);
    for (int i = 0; i < 7; ++i) {
        auto& next = w.transport(carrier::one_shot);
        w.attach(s, next);
    }
    w.advance_ticks(100);
    CHECK(s.is_open());
}

TEST_CASE("what an answer holds that is not read yet counts") {
    world w(bursty(overflow_policy::close));
    auto& first = w.transport(carrier::one_shot);
    auto& s = w.sockjs(&first);
    auto& second = w.transport(carrier::one_shot);
    second.answer = then::finished;
    second.pending = 10 * 65;
    w.attach(s, second);
    CHECK(w.send(s, "read by nobody"));
    CHECK(s.queued_bytes() == 10 * 65);
    CHECK(s.send("x").error() == errc::session_closed);
    w.loop.flush();
    CHECK(w.heard == strings{"open", "close slow_consumer 1013 slow consumer"});
    w.out(s, second);
}

TEST_CASE("a refused broadcast counts as dropped, and the session is told when there is room") {
    world w(small(overflow_policy::refuse));
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    transport.block();
    CHECK(w.send(s, "0"));
    for (int i = 0; i < 5; ++i) {
        shared_message shared(message_view{"x"});
        w.endpoint.broadcast(shared);
    }
    CHECK(s.dropped() == 2);
    w.unblock(s, transport);
    CHECK(w.heard == strings{"open", "drain"});
}

TEST_CASE("volatile messages are dropped, never a reason to close") {
    world w(small(overflow_policy::close));
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    auto const send_volatile = [&](std::size_t size) {
        frame_ptr f(frame::make(text_of(size), frame_kind::text));
        return s.send_frames({&f, 1}, sending::volatile_);
    };
    SECTION("while the transport takes them they go, however many") {
        for (int i = 0; i < 50; ++i) CHECK(send_volatile(100));
        w.loop.flush();
        CHECK(transport.written.size() == 50);
    }
    SECTION("when it does not they are dropped and counted") {
        transport.block(1);
        int sent = 0;
        for (int i = 0; i < 50; ++i) sent += send_volatile(100).has_value() ? 1 : 0;
        CHECK(sent >= 1);
        CHECK(s.dropped() == static_cast<std::uint64_t>(50 - sent));
        w.unblock(s, transport);
        CHECK(transport.written.size() == static_cast<std::size_t>(sent));
    }
    CHECK(s.is_open());
}

TEST_CASE("the protocol's own frames are bounded, too, and end who does not read them") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    auto const answer = [&] {
        frame_ptr f(frame::make(text_of(1000), frame_kind::text));
        f->mark_protocol();
        s.send_own(std::move(f));
    };
    SECTION("a client that reads gets all of them") {
        for (int i = 0; i < 10'000; ++i) answer();
        w.loop.flush();
        CHECK(transport.written.size() == 10'000);
        CHECK(s.is_open());
    }
    SECTION("one that does not is ended, and no more is kept") {
        transport.block();
        answer();
        w.loop.flush();
        for (int i = 0; i < 10'000 && s.is_open(); ++i) {
            answer();
            REQUIRE(s.queued_bytes() <= outbox::max_own_bytes);
        }
        w.loop.flush();
        CHECK(w.heard == strings{"open", "close slow_consumer 1013 slow consumer"});
    }
}

TEST_CASE("beyond the bound over all sessions those with the most bytes are ended") {
    world w({.max_queued_bytes = 1u << 20, .max_burst_bytes = 0});
    queue_budget budget;
    budget.most = 1'000'000;
    int asked = 0;
    budget.relieve = [&] { ++asked; };
    w.loop.share(budget);
    std::vector<std::string> names;
    for (int i = 0; i < 20; ++i) {
        auto& transport = w.transport();
        auto& s = w.plain(transport, std::to_string(i));
        transport.block();
        CHECK(w.send(s, "on the wire"));
        CHECK(w.send(s, text_of(static_cast<std::size_t>(i) * 6000)));
    }
    CHECK(asked == 1);
    w.heard.clear();
    w.loop.relieve();
    w.loop.flush();
    // The worst ones and no more: a tenth of the budget is free again.
    CHECK(w.heard == strings{"19: close slow_consumer 1006",
                             "18: close slow_consumer 1006",
                             "17: close slow_consumer 1006"});
    CHECK(w.loop.queued_bytes() <= budget.most - budget.most / 10);
    CHECK(w.errors.size() == 1);
    budget.asked = false;
    w.loop.flush();
    CHECK(asked == 1);
}

TEST_CASE("what is queued, written and lost is charged exactly") {
    world w;
    queue_budget budget;
    w.loop.share(budget);
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    transport.block();
    CHECK(w.send(s, "0"));
    CHECK(w.send(s, text_of(100'000)));
    CHECK(w.loop.queued_bytes() == 100'064);
    CHECK(budget.queued == 100'064);
    auto const long_text = text_of(100'000);
    shared_message shared(std::string_view{long_text});
    w.endpoint.broadcast(shared);
    w.loop.flush();
    CHECK(w.loop.queued_bytes() == 100'064 + 64);
    w.lost(s, transport);
    CHECK(w.loop.queued_bytes() == 0);
}
