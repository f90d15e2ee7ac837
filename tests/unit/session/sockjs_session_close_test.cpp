// SockJS sessions on HTTP that end: what their clients are told, and for how long.
#include "support/printers.hpp"
#include "support/sockjs_fixture.hpp"
#include "support/sockjs_session.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>

using namespace anywire;
using namespace anywire::test;

TEST_CASE(
    "what was sent before the close is delivered first, then c, to every request for a while") {
    world w;
    auto& first = w.wire(poll);
    auto& s = w.sockjs(&first);
    CHECK(s.send("1"));
    s.close(app_code(3000), "Go away!");
    CHECK(s.send("2").error() == errc::session_closed);
    w.loop.flush();
    CHECK(w.closes == 0);
    auto& second = w.wire(poll);
    w.attach(s, second);
    CHECK(second.written == strings{R"(a["1"])"});
    CHECK(w.closes == 0);
    for (int i = 0; i < 4; ++i) {
        auto& next = w.wire(poll);
        w.attach(s, next);
        CHECK(next.written == strings{R"(c[3000,"Go away!"])"});
        CHECK(w.heard == strings{"open", "close server_closed 3000 Go away!"});
        CHECK(w.sessions() == 0);
        w.advance_ticks(delay - 1);
        CHECK(is_found(w));
    }
    w.tick_once();
    CHECK_FALSE(is_found(w));
    CHECK(w.closes == 1);
}

TEST_CASE("a close reaches an attached receiver at once") {
    for (auto const shape : {poll, stream}) {
        world w;
        auto& first = w.wire(poll);
        auto& s = w.sockjs(&first);
        auto& wire = w.wire(shape);
        w.attach(s, wire);
        w.close(s, app_code(3000), "x");
        CHECK(wire.written == strings{R"(c[3000,"x"])"});
        CHECK(w.closes == 1);
        w.advance_ticks(delay - 1);
        CHECK(is_found(w));
        w.tick_once();
        CHECK_FALSE(is_found(w));
    }
}

TEST_CASE("a closed session that nobody asks for ends after the delay, with its own reason") {
    world w;
    auto& wire = w.wire(poll);
    auto& s = w.sockjs(&wire);
    CHECK(s.send("never asked for"));
    w.close(s, app_code(3000), "x");
    w.advance_ticks(delay);
    CHECK(w.heard == strings{"open", "close server_closed 3000 x"});
}

TEST_CASE("a goodbye that breaks off is the last one") {
    world w;
    auto& first = w.wire(poll);
    auto& s = w.sockjs(&first);
    w.close(s);
    auto& wire = slow_poll(w);
    w.attach(s, wire);
    CHECK(w.closes == 1);
    w.lost(s, wire);
    w.advance_ticks(1);
    CHECK_FALSE(is_found(w));
}

TEST_CASE("POSTs to a closing or closed session are taken and dropped") {
    world w;
    auto& first = w.wire(poll);
    auto& s = w.sockjs(&first);
    s.close(no_code, {});
    CHECK(w.post(s, {"late"}));
    auto& second = w.wire(poll);
    w.attach(s, second);
    CHECK(w.closes == 1);
    CHECK(w.post(s, {"later"}));
    CHECK(w.heard == strings{"open", "close server_closed 1000"});
}

TEST_CASE("a stream that stays blocked while it closes gets no heartbeat behind its goodbye") {
    world w;
    auto& wire = w.wire(stream);
    auto& s = w.sockjs(&wire);
    wire.block();
    CHECK(w.send(s, "x"));
    w.close(s, app_code(3000), "bye");
    w.advance_ticks(3 * heartbeat);
    w.unblock(s, wire);
    CHECK(wire.written == strings{"o", R"(a["x"])", R"(c[3000,"bye"])"});
    CHECK(w.heard == strings{"open", "close server_closed 3000 bye"});
}

TEST_CASE("a slow consumer without a receiver hears why when it comes back") {
    world w({.max_queued_bytes = 200, .max_burst_bytes = 0});
    auto& first = w.wire(poll);
    auto& s = w.sockjs(&first);
    CHECK(s.send("1"));
    CHECK(s.send("2"));
    CHECK(s.send("3").error() == errc::session_closed);
    w.loop.flush();
    CHECK(w.heard == strings{"open", "close slow_consumer 1013 slow consumer"});
    auto& second = w.wire(poll);
    w.attach(s, second);
    CHECK(second.written == strings{R"(c[1013,"slow consumer"])"});
}

TEST_CASE("a slow consumer whose stream is stuck is cut off, and hears why when it comes back") {
    world w({.max_queued_bytes = 200, .max_burst_bytes = 0});
    auto& wire = w.wire(stream);
    auto& s = w.sockjs(&wire);
    wire.block(150);
    CHECK(w.send(s, "1"));
    CHECK(s.send("2").error() == errc::session_closed);
    w.loop.flush();
    CHECK(wire.aborted);
    auto& second = w.wire(poll);
    w.attach(s, second);
    CHECK(second.written == strings{R"(c[1013,"slow consumer"])"});
}

TEST_CASE("a failed handler is told to the receiver, even behind a close") {
    for (auto const closes_first : {false, true}) {
        world w;
        auto& wire = w.wire(stream);
        auto& s = w.sockjs(&wire);
        w.on_message = [&](session& same, message_view) {
            if (closes_first) same.close(app_code(3000), "bye");
            throw std::runtime_error("boom");
        };
        wire.take();
        CHECK(w.post(s, {"x", "y"}));
        CHECK(wire.written == strings{R"(c[1011,"handler failed"])"});
        CHECK(w.heard == strings{"open", "message x", "close handler_failed 1011 handler failed"});
    }
}

TEST_CASE("an abandoned session drops its receiver and is not served on") {
    world w;
    auto& first = w.wire(poll);
    auto& s = w.sockjs(&first);
    auto& wire = w.wire(poll);
    w.attach(s, wire);
    s.end(close_reason::shutting_down, ending::silently);
    w.loop.flush();
    CHECK(wire.aborted);
    CHECK(w.heard.back() == "close shutting_down 1006");
    CHECK_FALSE(is_found(w));
}
