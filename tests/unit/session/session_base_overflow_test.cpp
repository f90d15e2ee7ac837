// What a session does with messages that its peer does not read: the four policies.
#include "session/queue_budget.hpp"
#include "session/session_base.hpp"
#include "support/printers.hpp"
#include "support/session_fixture.hpp"

#include <catch2/catch.hpp>

#include <cstddef>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;

namespace {

session_limits small(overflow_policy policy) {
    // Room for three messages of one byte, at once.
    return {.max_queued_bytes = 3 * 65, .overflow = policy, .max_burst_bytes = 0};
}

constexpr overflow_policy policies[] = {overflow_policy::close,
                                        overflow_policy::refuse,
                                        overflow_policy::drop_oldest,
                                        overflow_policy::drop_newest};

std::string text_of(std::size_t size) {
    return std::string(size, 'x');
}

}  // namespace

TEST_CASE("an empty queue takes any one message, whatever the policy") {
    for (auto const policy : policies) {
        world w(small(policy));
        auto& wire = w.wire();
        auto& s = w.plain(wire);
        CHECK(w.send(s, text_of(100'000)));
        CHECK(wire.take() == strings{text_of(100'000)});
        CHECK(s.is_open());
        CHECK(s.dropped() == 0);
    }
}

TEST_CASE("what the protocol itself has queued does not stand in the way of one message") {
    for (auto const policy : policies) {
        world w(small(policy));
        auto& wire = w.wire();
        w.on_open = [](session& s) { CHECK(s.send(text_of(1000))); };
        w.sockjs_websocket(wire);
        CHECK(wire.written.size() == 2);
        CHECK(w.closes == 0);
    }
}

TEST_CASE("messages fit up to the limit exactly, each charged 64 bytes") {
    world w(small(overflow_policy::drop_newest));
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    wire.block();
    CHECK(w.send(s, "on the wire"));
    for (int i = 0; i < 3; ++i) CHECK(s.send("x"));
    CHECK(s.queued_bytes() == 195);
    CHECK(s.send("").error() == errc::message_dropped);
}

TEST_CASE("a slow consumer is closed, and what it did not read is dropped") {
    world w(small(overflow_policy::close));
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    wire.block(100);
    CHECK(w.send(s, "1"));
    CHECK(s.send("2"));
    CHECK(s.send("3").error() == errc::session_closed);
    CHECK(s.send("4").error() == errc::session_closed);
    CHECK_FALSE(s.is_open());
    w.loop.flush();
    CHECK(w.heard == strings{"open", "close slow_consumer 1013 slow consumer"});
    CHECK(wire.written == strings{"1"});
    CHECK(wire.goodbye == "1013 slow consumer");
}

TEST_CASE("a slow consumer closed by a broadcast in another's handler closes once") {
    world w(small(overflow_policy::close));
    auto& fast_wire = w.wire();
    auto& slow_wire = w.wire();
    auto& fast = w.plain(fast_wire, "fast");
    w.plain(slow_wire, "slow");
    slow_wire.block(190);
    w.on_message = [&](session&, message_view m) {
        shared_message shared(m);
        w.endpoint.broadcast(shared);
    };
    for (auto const* m : {"1", "2", "3"}) w.receive(fast, fast_wire, m);
    CHECK(w.heard == strings{"fast: open",
                             "slow: open",
                             "fast: message 1",
                             "fast: message 2",
                             "slow: close slow_consumer 1013 slow consumer",
                             "fast: message 3"});
    CHECK(fast_wire.written == strings{"1", "2", "3"});
}

TEST_CASE("a refused message is not sent, and the drain is told once when all is out") {
    world w(small(overflow_policy::refuse));
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    wire.block(100);
    CHECK(w.send(s, "1"));
    CHECK(s.send("2"));
    CHECK(s.send("3").error() == errc::send_queue_full);
    CHECK(s.send("4").error() == errc::send_queue_full);
    w.loop.flush();
    CHECK(w.take() == strings{"open"});
    wire.pending = 50;
    s.on_writable(wire);  // takes "2" and blocks again: still not empty
    w.loop.flush();
    CHECK(w.take().empty());
    w.unblock(s, wire);
    CHECK(w.take() == strings{"drain"});
    CHECK(w.send(s, "5"));
    w.writable(s, wire);
    CHECK(w.take().empty());
    CHECK(wire.written == strings{"1", "2", "5"});
    CHECK(s.dropped() == 0);
}

TEST_CASE("a drain handler that fills the queue again is told again") {
    world w(small(overflow_policy::refuse));
    auto& wire = w.wire();
    int left = 10;
    auto const produce = [&](session& s) {
        while (left > 0 && s.send(std::to_string(left))) --left;
    };
    w.on_open = produce;
    w.on_drain = produce;
    wire.block(1);
    auto& s = w.plain(wire);
    for (int rounds = 0; left > 0 && rounds < 20; ++rounds) w.writable(s, wire);
    w.unblock(s, wire);
    CHECK(left == 0);
    CHECK(wire.written == strings{"10", "9", "8", "7", "6", "5", "4", "3", "2", "1"});
}

TEST_CASE("no drain is told to a session that has closed meanwhile") {
    world w(small(overflow_policy::refuse));
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    wire.block(1);
    while (w.send(s, "x")) continue;
    w.close(s);
    w.unblock(s, wire);
    CHECK(w.heard == strings{"open", "close server_closed 1000"});
}

TEST_CASE("drop_oldest makes room by dropping the oldest, and counts") {
    world w(small(overflow_policy::drop_oldest));
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    wire.block();
    CHECK(w.send(s, "0"));
    for (auto const* m : {"1", "2", "3", "4", "5"}) CHECK(s.send(m));
    CHECK(s.dropped() == 2);
    CHECK(s.queued_bytes() <= w.limits.max_queued_bytes);
    w.unblock(s, wire);
    CHECK(wire.written == strings{"0", "3", "4", "5"});
}

TEST_CASE("drop_oldest takes a message beyond the limit when it was all that is left") {
    world w(small(overflow_policy::drop_oldest));
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    wire.block();
    CHECK(w.send(s, "0"));
    for (auto const* m : {"1", "2", "3"}) CHECK(s.send(m));
    CHECK(s.send(text_of(1000)));
    CHECK(s.dropped() == 3);
    w.unblock(s, wire);
    CHECK(wire.written == strings{"0", text_of(1000)});
}

TEST_CASE("drop_oldest cannot drop what the transport holds, and drops the newest then") {
    world w(small(overflow_policy::drop_oldest));
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    wire.block(180);
    CHECK(w.send(s, "1"));
    CHECK(s.send("2").error() == errc::message_dropped);
    CHECK(s.dropped() == 1);
    CHECK(s.queued_bytes() == 180);
}

TEST_CASE("drop_newest drops the newest, and counts") {
    world w(small(overflow_policy::drop_newest));
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    wire.block();
    CHECK(w.send(s, "0"));
    for (auto const* m : {"1", "2", "3"}) CHECK(s.send(m));
    for (auto const* m : {"4", "5"}) CHECK(s.send(m).error() == errc::message_dropped);
    CHECK(s.dropped() == 2);
    w.unblock(s, wire);
    CHECK(wire.written == strings{"0", "1", "2", "3"});
    CHECK(w.heard == strings{"open"});
}

TEST_CASE("no policy drops the protocol's own frames") {
    for (auto const policy : {overflow_policy::drop_oldest, overflow_policy::drop_newest}) {
        world w(small(policy));
        auto& wire = w.wire(carrier::stream);
        auto& s = w.sockjs(nullptr);  // "o" waits for the first receiver
        for (int i = 0; i < 20; ++i) (void)s.send(std::to_string(i));
        w.close(s, app_code(3000), "bye");
        w.attach(s, wire);
        CHECK(wire.written.front() == "o");
        CHECK(wire.written.back() == "c[3000,\"bye\"]");
        CHECK(w.heard.back() == "close server_closed 3000 bye");
    }
}

// -- a burst is no slowness -----------------------------------------------------------------------

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
        auto& wire = w.wire();
        auto& s = w.plain(wire);
        strings sent;
        for (int i = 0; i < 1000; ++i) {
            sent.push_back(std::to_string(i));
            REQUIRE(s.send(sent.back()));
        }
        w.loop.flush();
        CHECK(wire.written == sent);
        CHECK(s.dropped() == 0);
        CHECK(s.is_open());
    }
}

TEST_CASE("a burst that the wire does not take at once has a grace") {
    world w(bursty(overflow_policy::close));
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    wire.block();
    CHECK(w.send(s, "0"));
    for (int i = 0; i < 10; ++i) CHECK(s.send("x"));
    w.advance_ticks(99);
    CHECK(s.is_open());
    SECTION("who reads within it was never slow") {
        w.unblock(s, wire);
        w.advance_ticks(1000);
        CHECK(s.is_open());
        CHECK(wire.written.size() == 11);
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
        auto& wire = w.wire();
        auto& s = w.plain(wire);
        wire.block();
        CHECK(w.send(s, "0"));
        for (int i = 0; i < 8; ++i) CHECK(s.send("x"));
        CHECK(s.is_armed());
        w.advance_ticks(101);
        CHECK_FALSE(s.is_armed());
        CHECK(s.is_open());
        w.unblock(s, wire);
        for (int i = 0; i < 8; ++i) CHECK(s.send("x"));
    }
}

TEST_CASE("between polls a burst waits for the next one within the grace") {
    world w(bursty(overflow_policy::close));
    auto& first = w.wire(carrier::one_shot);
    auto& s = w.sockjs(&first);
    for (int i = 0; i < 7; ++i) CHECK(w.send(s, "x"));
    w.advance_ticks(50);
    for (int i = 0; i < 7; ++i) {
        auto& next = w.wire(carrier::one_shot);
        w.attach(s, next);
    }
    w.advance_ticks(100);
    CHECK(s.is_open());
}

TEST_CASE("what an answer holds that is not read yet counts") {
    world w(bursty(overflow_policy::close));
    auto& first = w.wire(carrier::one_shot);
    auto& s = w.sockjs(&first);
    auto& second = w.wire(carrier::one_shot);
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
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    wire.block();
    CHECK(w.send(s, "0"));
    for (int i = 0; i < 5; ++i) {
        shared_message shared(message_view{"x"});
        w.endpoint.broadcast(shared);
    }
    CHECK(s.dropped() == 2);
    w.unblock(s, wire);
    CHECK(w.heard == strings{"open", "drain"});
}

TEST_CASE("volatile messages are dropped, never a reason to close") {
    world w(small(overflow_policy::close));
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    auto const send_volatile = [&](std::size_t size) {
        frame_ptr f(frame::make(text_of(size), frame_kind::text));
        return s.send_frames({&f, 1}, sending::volatile_);
    };
    SECTION("while the wire takes them they go, however many") {
        for (int i = 0; i < 50; ++i) CHECK(send_volatile(100));
        w.loop.flush();
        CHECK(wire.written.size() == 50);
    }
    SECTION("when it does not they are dropped and counted") {
        wire.block(1);
        int sent = 0;
        for (int i = 0; i < 50; ++i) sent += send_volatile(100).has_value() ? 1 : 0;
        CHECK(sent >= 1);
        CHECK(s.dropped() == static_cast<std::uint64_t>(50 - sent));
        w.unblock(s, wire);
        CHECK(wire.written.size() == static_cast<std::size_t>(sent));
    }
    CHECK(s.is_open());
}

TEST_CASE("the protocol's own frames are bounded, too, and end who does not read them") {
    world w;
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    auto const answer = [&] {
        frame_ptr f(frame::make(text_of(1000), frame_kind::text));
        f->mark_protocol();
        s.send_own(std::move(f));
    };
    SECTION("a client that reads gets all of them") {
        for (int i = 0; i < 10'000; ++i) answer();
        w.loop.flush();
        CHECK(wire.written.size() == 10'000);
        CHECK(s.is_open());
    }
    SECTION("one that does not is ended, and no more is kept") {
        wire.block();
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
        auto& wire = w.wire();
        auto& s = w.plain(wire, std::to_string(i));
        wire.block();
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
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    wire.block();
    CHECK(w.send(s, "0"));
    CHECK(w.send(s, text_of(100'000)));
    CHECK(w.loop.queued_bytes() == 100'064);
    CHECK(budget.queued == 100'064);
    auto const long_text = text_of(100'000);
    shared_message shared(std::string_view{long_text});
    w.endpoint.broadcast(shared);
    w.loop.flush();
    CHECK(w.loop.queued_bytes() == 100'064 + 64);
    w.lost(s, wire);
    CHECK(w.loop.queued_bytes() == 0);
}
