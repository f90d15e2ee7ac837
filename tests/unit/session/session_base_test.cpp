// What a session is, and the order in which it writes and calls its handlers.
#include "session/session_base.hpp"

#include "support/printers.hpp"
#include "support/session_fixture.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>

using namespace anywire;
using namespace anywire::test;

// -- order ----------------------------------------------------------------------------------------

TEST_CASE("messages are written in the order they were sent, in one batch an event") {
    world w;
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    for (auto const* m : {"1", "2", "3"}) CHECK(s.send(m));
    CHECK(wire.written.empty());
    w.loop.flush();
    CHECK(wire.written == strings{"1", "2", "3"});
    CHECK(wire.writes == 1);
}

TEST_CASE("a wire that takes a part gets the rest, in order") {
    world w;
    auto& wire = w.wire();
    wire.most = 2;
    auto& s = w.plain(wire);
    for (auto const* m : {"1", "2", "3", "4", "5"}) CHECK(s.send(m));
    w.loop.flush();
    CHECK(wire.written == strings{"1", "2", "3", "4", "5"});
    CHECK(wire.writes == 3);
}

TEST_CASE("a wire that takes nothing is not asked again until something happens") {
    world w;
    auto& wire = w.wire();
    wire.most = 0;
    auto& s = w.plain(wire);
    CHECK(w.send(s, "1"));
    CHECK(wire.writes == 1);
    wire.most = 1;
    w.writable(s, wire);
    CHECK(wire.written == strings{"1"});
}

TEST_CASE("nothing is written to a blocked wire until it is writable") {
    world w;
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    wire.block(10);
    CHECK(w.send(s, "1"));
    CHECK(s.send("2"));
    CHECK(s.send("3"));
    w.loop.flush();
    CHECK(wire.written == strings{"1"});
    w.unblock(s, wire);
    CHECK(wire.written == strings{"1", "2", "3"});
}

TEST_CASE("queued bytes are what waits here and what waits in the transport") {
    world w;
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    CHECK(s.queued_bytes() == 0);
    CHECK(s.send("12345"));
    CHECK(s.queued_bytes() == 69);
    wire.block(7);
    w.loop.flush();
    CHECK(s.queued_bytes() == 7);
    CHECK(s.send("1"));
    CHECK(s.queued_bytes() == 7 + 65);
    w.unblock(s, wire);
    CHECK(s.queued_bytes() == 0);
}

TEST_CASE("text that is not UTF-8 is refused, binary is not, and the session lives on") {
    world w;
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    CHECK(s.send("\xff").error() == errc::bad_utf8);
    CHECK(s.send("a\xed\xa0\x80").error() == errc::bad_utf8);
    CHECK(s.send({"\xff"sv, true}));
    CHECK(s.send("good"));
    w.loop.flush();
    CHECK(wire.written == strings{"\xff", "good"});
    CHECK(s.is_open());
}

// -- no handler is re-entered ---------------------------------------------------------------------

TEST_CASE("what handlers send leaves in order when they have returned") {
    world w;
    auto& wire = w.wire();
    w.on_open = [&](session& s) {
        CHECK(s.is_open());
        CHECK(s.send("from open"));
        CHECK(wire.written.empty());
    };
    w.on_message = [&](session& s, message_view m) { CHECK(s.send(m)); };
    auto& s = w.plain(wire);
    CHECK(wire.take() == strings{"from open"});
    s.on_payload(wire, "a", false);
    s.on_payload(wire, "b", false);
    CHECK(wire.written.empty());
    w.loop.flush();
    CHECK(wire.take() == strings{"a", "b"});
    CHECK(w.heard == strings{"open", "message a", "message b"});
}

TEST_CASE("messages that came before the open wait for it") {
    world w;
    auto& wire = w.wire();
    auto& s = *new plain_session(w.endpoint, {}, w.no_ping);
    w.endpoint.add(&s);
    s.attach(wire);
    s.on_payload(wire, "early", false);
    s.on_payload(wire, "bird", true);
    CHECK(w.heard.empty());
    w.loop.flush();
    CHECK(w.heard == strings{"open", "message early", "message bird"});
}

TEST_CASE("a handler that closes its session hears the close only when it has returned") {
    world w;
    auto& wire = w.wire();
    bool returned = false;
    w.on_message = [&](session& s, message_view) {
        s.close(app_code(3001), "enough");
        CHECK_FALSE(s.is_open());
        CHECK(s.send("late").error() == errc::session_closed);
        s.close(app_code(3002), "again");
        returned = true;
    };
    w.on_close = [&](session&, close_event const&) { CHECK(returned); };
    auto& s = w.plain(wire);
    CHECK(s.send("first"));
    s.on_payload(wire, "1", false);
    s.on_payload(wire, "2", false);
    w.loop.flush();
    CHECK(w.heard == strings{"open", "message 1", "close server_closed 3001 enough"});
    CHECK(wire.written == strings{"first"});
    CHECK(wire.goodbye == "3001 enough");
    CHECK(w.sessions() == 0);
}

TEST_CASE("a session closed by its open handler closes once, with what it sent written") {
    world w;
    auto& wire = w.wire();
    w.on_open = [](session& s) {
        CHECK(s.send("hello"));
        s.close();
        s.close();
    };
    w.plain(wire);
    CHECK(w.heard == strings{"open", "close server_closed 1000"});
    CHECK(wire.written == strings{"hello"});
    CHECK(wire.goodbye == "1000 ");
}

TEST_CASE("everything may be called in the close handler, to no effect") {
    world w;
    auto& wire = w.wire();
    w.on_close = [&](session& s, close_event const&) {
        CHECK_FALSE(s.is_open());
        CHECK(s.send("late").error() == errc::session_closed);
        s.close(app_code(4000), "late");
        s.pause();
        s.resume();
        s.join("ghosts");
        s.leave("ghosts");
        s.after(0ms, [](session&) { FAIL("a timer outlived its session"); });
        shared_message m("all");
        w.endpoint.broadcast(m);
        CHECK(s.id().size() == 22);
        CHECK(s.queued_bytes() == 0);
    };
    auto& s = w.plain(wire);
    w.close(s);
    w.advance(1s);
    CHECK(w.heard == strings{"open", "close server_closed 1000"});
    CHECK(w.endpoint.group_size("ghosts") == 0);
}

TEST_CASE("a session may resume in the close handler after a pause") {
    world w;
    auto& wire = w.wire();
    w.on_close = [](session& s, close_event const&) { s.resume(); };
    auto& s = w.plain(wire);
    s.pause();
    w.close(s);
    CHECK(w.closes == 1);
    CHECK(w.sessions() == 0);
}

TEST_CASE("handlers of other sessions are not called from within one") {
    world w;
    auto& a_wire = w.wire();
    auto& b_wire = w.wire();
    auto& a = w.plain(a_wire, "a");
    auto& b = w.plain(b_wire, "b");
    bool inside = false;
    w.on_message = [&](session&, message_view) {
        inside = true;
        b.close(app_code(3000), "by a");
        shared_message m("to all");
        w.endpoint.broadcast(m);
        inside = false;
    };
    w.on_close = [&](session&, close_event const&) { CHECK_FALSE(inside); };
    w.receive(a, a_wire, "go");
    CHECK(w.heard ==
          strings{"a: open", "b: open", "a: message go", "b: close server_closed 3000 by a"});
    CHECK(a_wire.written == strings{"to all"});
    CHECK(b_wire.written.empty());
}

// -- what a session is ----------------------------------------------------------------------------

TEST_CASE("a session shows how it was opened") {
    world w;
    auto& wire = w.wire();
    session_base::origin from;
    from.data = 7;
    from.subprotocol = "chat";
    auto& s = w.opened(*new plain_session(w.endpoint, std::move(from), w.no_ping), &wire);
    CHECK(std::any_cast<int>(s.data()) == 7);
    CHECK(s.subprotocol() == "chat");
    CHECK(s.transport() == "websocket");
    CHECK(s.request().target().empty());
    auto& other = w.wire();
    CHECK(w.plain(other).subprotocol().empty());
}

TEST_CASE("a posted function is called while the session is open") {
    world w;
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    int called = 0;
    s.call_posted([&](session& same) {
        ++called;
        CHECK(same.send("posted"));
        same.close();
    });
    s.call_posted([&](session&) { ++called; });
    w.loop.flush();
    CHECK(called == 1);
    CHECK(wire.written == strings{"posted"});
}

TEST_CASE("a session is small") {
    INFO("session_base " << sizeof(session_base) << ", sockjs_duplex_session "
                         << sizeof(sockjs_duplex_session) << ", sockjs_session "
                         << sizeof(sockjs_session));
    CHECK(sizeof(plain_session) <= 224);
}
