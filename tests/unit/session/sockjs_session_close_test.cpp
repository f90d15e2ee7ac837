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
    auto& first = w.transport(poll);
    auto& s = w.sockjs(&first);
    CHECK(s.send("1"));
    s.close(app_code(3000), "Go away!");
    CHECK(s.send("2").error() == errc::session_closed);
    w.loop.flush();
    CHECK(w.closes == 0);
    auto& second = w.transport(poll);
    w.attach(s, second);
    CHECK(second.written == strings{R"(a["1"])"});
    CHECK(w.closes == 0);
    for (int i = 0; i < 4; ++i) {
        auto& next = w.transport(poll);
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
        auto& first = w.transport(poll);
        auto& s = w.sockjs(&first);
        auto& transport = w.transport(shape);
        w.attach(s, transport);
        w.close(s, app_code(3000), "x");
        CHECK(transport.written == strings{R"(c[3000,"x"])"});
        CHECK(w.closes == 1);
        w.advance_ticks(delay - 1);
        CHECK(is_found(w));
        w.tick_once();
        CHECK_FALSE(is_found(w));
    }
}

TEST_CASE("a closed session that nobody asks for ends after the delay, with its own reason") {
    world w;
    auto& transport = w.transport(poll);
    auto& s = w.sockjs(&transport);
    CHECK(s.send("never asked for"));
    w.close(s, app_code(3000), "x");
    w.advance_ticks(delay);
    CHECK(w.heard == strings{"open", "close server_closed 3000 x"});
}

TEST_CASE("a goodbye that breaks off is the last one") {
    world w;
    auto& first = w.transport(poll);
    auto& s = w.sockjs(&first);
    w.close(s);
    auto& transport = slow_poll(w);
    w.attach(s, transport);
    CHECK(w.closes == 1);
    w.lost(s, transport);
    w.advance_ticks(1);
    CHECK_FALSE(is_found(w));
}

TEST_CASE("POSTs to a closing or closed session are taken and dropped") {
    world w;
    auto& first = w.transport(poll);
    auto& s = w.sockjs(&first);
    s.close(no_code, {});
    CHECK(w.post(s, {"late"}));
    auto& second = w.transport(poll);
    w.attach(s, second);
    CHECK(w.closes == 1);
    CHECK(w.post(s, {"later"}));
    CHECK(w.heard == strings{"open", "close server_closed 1000"});
}

TEST_CASE("a stream that stays blocked while it closes gets no heartbeat after its goodbye") {
    world w;
    auto& transport = w.transport(stream);
    auto& s = w.sockjs(&transport);
    transport.block();
    CHECK(w.send(s, "x"));
    w.close(s, app_code(3000), "bye");
    w.advance_ticks(3 * heartbeat);
    w.unblock(s, transport);
    CHECK(transport.written == strings{"o", R"(a["x"])", R"(c[3000,"bye"])"});
    CHECK(w.heard == strings{"open", "close server_closed 3000 bye"});
}

TEST_CASE("a slow consumer without a receiver hears why when it comes back") {
    world w({.max_queued_bytes = 200, .max_burst_bytes = 0});
    auto& first = w.transport(poll);
    auto& s = w.sockjs(&first);
    CHECK(s.send("1"));
    CHECK(s.send("2"));
    CHECK(s.send("3").error() == errc::session_closed);
    w.loop.flush();
    CHECK(w.heard == strings{"open", "close slow_consumer 1013 slow consumer"});
    auto& second = w.transport(poll);
    w.attach(s, second);
    CHECK(second.written == strings{R"(c[1013,"slow consumer"])"});
}

TEST_CASE("a slow consumer whose stream is stuck is cut off, and hears why when it comes back") {
    world w({.max_queued_bytes = 200, .max_burst_bytes = 0});
    auto& transport = w.transport(stream);
    auto& s = w.sockjs(&transport);
    transport.block(150);
    CHECK(w.send(s, "1"));
    CHECK(s.send("2").error() == errc::session_closed);
    w.loop.flush();
    CHECK(transport.aborted);
    auto& second = w.transport(poll);
    w.attach(s, second);
    CHECK(second.written == strings{R"(c[1013,"slow consumer"])"});
}

TEST_CASE("a failed handler is told to the receiver, even after a close") {
    for (auto const closes_first : {false, true}) {
        world w;
        auto& transport = w.transport(stream);
        auto& s = w.sockjs(&transport);
        w.on_message = [&](session& same, message_view) {
            if (closes_first) same.close(app_code(3000), "bye");
            throw std::runtime_error("boom");
        };
        transport.take();
        CHECK(w.post(s, {"x", "y"}));
        CHECK(transport.written == strings{R"(c[1011,"handler failed"])"});
        CHECK(w.heard == strings{"open", "message x", "close handler_failed 1011 handler failed"});
    }
}

TEST_CASE("an abandoned session drops its receiver and is not served on") {
    world w;
    auto& first = w.transport(poll);
    auto& s = w.sockjs(&first);
    auto& transport = w.transport(poll);
    w.attach(s, transport);
    s.end(close_reason::shutting_down, ending::silently);
    w.loop.flush();
    CHECK(transport.aborted);
    CHECK(w.heard.back() == "close shutting_down 1006");
    CHECK_FALSE(is_found(w));
}
