// SockJS sessions on HTTP: their receivers, and how long they live without one.
#include "support/sockjs_session.hpp"

#include "support/printers.hpp"
#include "support/sockjs_fixture.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;

// -- receivers ------------------------------------------------------------------------------------

TEST_CASE("the first poll gets o, the next ones what was sent, in order") {
    world w;
    auto& first = w.transport(poll);
    auto& s = w.sockjs(&first);
    CHECK(first.written == strings{"o"});
    CHECK_FALSE(s.is_attached());
    CHECK(s.send("1"));
    CHECK(s.send("2"));
    w.loop.flush();
    auto& second = w.transport(poll);
    w.attach(s, second);
    auto& third = w.transport(poll);
    w.attach(s, third);
    CHECK(second.written == strings{R"(a["1"])"});
    CHECK(third.written == strings{R"(a["2"])"});
    CHECK(s.sid() == "abc");
    CHECK(s.id() != "abc");
}

TEST_CASE("a stream takes all there is, and more as it comes") {
    world w;
    auto& transport = w.transport(stream);
    auto& s = w.sockjs(&transport);
    CHECK(s.is_attached());
    CHECK(w.send(s, "1"));
    CHECK(w.send(s, "2"));
    CHECK(transport.written == strings{"o", R"(a["1"])", R"(a["2"])"});
    CHECK(s.transport() == "xhr-streaming");
}

TEST_CASE("a session knows its last transport between two polls") {
    world w;
    auto& transport = w.transport(poll);
    auto& s = w.sockjs(&transport);
    CHECK(s.transport() == "xhr-polling");
    w.on_close = [](session& same, close_event const&) {
        CHECK(same.transport() == "xhr-polling");
    };
    w.advance(6s);
    CHECK(w.closes == 1);
}

TEST_CASE("an h comes 25 s after the attach, traffic or not, and every 25 s on a stream") {
    world w;
    w.advance_ticks(77);
    auto& transport = w.transport(stream);
    auto& s = w.sockjs(&transport);
    transport.take();
    for (int round = 0; round < 3; ++round) {
        w.advance_ticks(heartbeat / 2);
        CHECK(s.send("x"));
        CHECK(w.post(s, {"y"}));
        transport.take();
        w.advance_ticks(heartbeat / 2 - 1);
        CHECK(transport.take().empty());
        w.tick_once();
        CHECK(transport.take() == strings{"h"});
    }
}

TEST_CASE("polls live on for a day of heartbeats") {
    world w;
    auto* transport = &w.transport(poll);
    auto& s = w.sockjs(transport);
    int beats = 0;
    transport = &w.transport(poll);
    w.attach(s, *transport);
    for (auto left = to_ticks(24h); left != 0; --left) {
        w.tick_once();
        if (transport->written.empty()) continue;
        REQUIRE(transport->written == strings{"h"});
        ++beats;
        transport = &w.transport(poll);
        w.attach(s, *transport);
    }
    CHECK(beats == 24 * 60 * 60 / 25);
    CHECK(w.heard == strings{"open"});
}

// -- the disconnect delay -------------------------------------------------------------------------

TEST_CASE("a session outlives its last poll by the disconnect delay exactly") {
    world w;
    auto& transport = w.transport(poll);
    w.sockjs(&transport);
    w.advance_ticks(delay - 1);
    CHECK(w.closes == 0);
    w.tick_once();
    CHECK(w.heard == strings{"open", "close transport_lost 1006 no request came in time"});
    CHECK_FALSE(is_found(w));
}

TEST_CASE("a session that no receiver ever reached ends after the delay") {
    world w;
    w.sockjs(nullptr);
    w.advance_ticks(delay);
    CHECK(w.closes == 1);
    CHECK(w.sessions() == 0);
}

TEST_CASE("the delay starts when the answer is out, not when it is given") {
    world w;
    auto& transport = slow_poll(w);
    auto& s = w.sockjs(&transport);
    w.advance_ticks(10 * delay);
    CHECK(w.closes == 0);
    w.out(s, transport);
    w.advance_ticks(delay - 1);
    CHECK(w.closes == 0);
    w.tick_once();
    CHECK(w.closes == 1);
}

TEST_CASE("POSTs do not keep a session alive, receivers do") {
    world w;
    auto& transport = w.transport(poll);
    auto& s = w.sockjs(&transport);
    w.advance_ticks(delay - 1);
    auto& second = w.transport(poll);
    w.attach(s, second);  // parked: nothing is there to answer with
    w.advance_ticks(delay * 4);
    CHECK(w.closes == 0);
    CHECK(w.send(s, "x"));
    w.advance_ticks(delay - 1);
    CHECK(w.post(s, {"m"}));
    w.tick_once();
    CHECK(w.heard.back() == "close transport_lost 1006 no request came in time");
}

TEST_CASE("a receiver that breaks ends the session at once") {
    for (auto const shape : {poll, stream}) {
        world w;
        auto& first = w.transport(poll);
        auto& s = w.sockjs(&first);
        auto& transport = w.transport(shape);
        w.attach(s, transport);
        w.lost(s, transport);
        CHECK(w.heard == strings{"open", "close transport_lost 1006 broke"});
        CHECK_FALSE(is_found(w));
    }
}

TEST_CASE("a receiver that breaks before its answer is out ends the session at once") {
    world w;
    auto& transport = slow_poll(w);
    auto& s = w.sockjs(&transport);
    w.lost(s, transport);
    CHECK(w.heard == strings{"open", "close transport_lost 1006 broke"});
}

// -- several receivers on their way ---------------------------------------------------------------

TEST_CASE("a client may come back before its last answer is known to be out") {
    world w;
    auto& first = slow_poll(w);
    auto& s = w.sockjs(&first);
    auto& second = w.transport(poll);
    w.attach(s, second);
    w.out(s, first);
    w.advance_ticks(3 * delay);
    CHECK(s.is_attached());
    CHECK(w.send(s, "x"));
    w.advance_ticks(delay - 1);
    CHECK(w.closes == 0);
    w.tick_once();
    CHECK(w.closes == 1);
}

TEST_CASE("an answer that breaks after the client came back ends the session: it held messages") {
    world w;
    auto& first = slow_poll(w);
    auto& s = w.sockjs(&first);
    auto& second = w.transport(poll);
    w.attach(s, second);
    w.lost(s, first);
    CHECK(w.heard == strings{"open", "close transport_lost 1006 broke"});
    CHECK(second.aborted);
    CHECK_FALSE(is_found(w));
}

TEST_CASE("receivers that are never read to the end are all let go with their session") {
    world w;
    std::vector<fake_transport*> transports;
    auto& s = w.sockjs(nullptr);
    for (int i = 0; i < 5; ++i) {
        transports.push_back(&slow_poll(w));
        w.attach(s, *transports.back());
        CHECK(w.send(s, "x"));
    }
    auto& last = w.transport(poll);
    w.attach(s, last);
    w.advance_ticks(10 * delay);
    CHECK(w.closes == 0);
    w.lost(s, *transports[2]);
    CHECK(w.closes == 1);
    for (auto const i : {0u, 1u, 3u, 4u}) CHECK(transports[i]->aborted);
    CHECK_FALSE(transports[2]->aborted);
}

TEST_CASE("goodbyes that are never read to the end are let go with their session, too") {
    world w;
    auto& s = w.sockjs(nullptr);
    w.close(s);
    w.advance_ticks(delay);
    REQUIRE(w.closes == 1);
    auto& first = slow_poll(w);
    auto& second = slow_poll(w);
    w.attach(s, first);
    w.attach(s, second);
    w.out(s, second);
    w.advance_ticks(3 * delay);
    CHECK(is_found(w));  // the first is still on its way
    w.out(s, first);
    w.advance_ticks(delay - 1);
    CHECK(is_found(w));
    w.tick_once();
    CHECK_FALSE(is_found(w));
}

TEST_CASE("a receiver after which another request waits gets a heartbeat, if nothing else") {
    world w;
    auto& first = w.transport(poll);
    auto& s = w.sockjs(&first);
    auto& held = w.transport(poll);
    w.attach(s, held);
    auto const told = [&](fake_transport& by) {
        s.on_next_waiting(by);
        w.loop.flush();
    };
    told(first);  // has ended already
    CHECK(held.take().empty());
    SECTION("nothing waits") {
        told(held);
        CHECK(held.take() == strings{"h"});
    }
    SECTION("a message waits") {
        CHECK(s.send("x"));
        told(held);
        CHECK(held.take() == strings{R"(a["x"])"});
    }
    CHECK(w.closes == 0);
}
