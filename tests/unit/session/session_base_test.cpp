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
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    for (auto const* m : {"1", "2", "3"}) CHECK(s.send(m));
    CHECK(transport.written.empty());
    w.loop.flush();
    CHECK(transport.written == strings{"1", "2", "3"});
    CHECK(transport.writes == 1);
}

TEST_CASE("a transport that takes a part gets the rest, in order") {
    world w;
    auto& transport = w.transport();
    transport.most = 2;
    auto& s = w.plain(transport);
    for (auto const* m : {"1", "2", "3", "4", "5"}) CHECK(s.send(m));
    w.loop.flush();
    CHECK(transport.written == strings{"1", "2", "3", "4", "5"});
    CHECK(transport.writes == 3);
}

TEST_CASE("a transport that takes nothing is not asked again until something happens") {
    world w;
    auto& transport = w.transport();
    transport.most = 0;
    auto& s = w.plain(transport);
    CHECK(w.send(s, "1"));
    CHECK(transport.writes == 1);
    transport.most = 1;
    w.writable(s, transport);
    CHECK(transport.written == strings{"1"});
}

TEST_CASE("nothing is written to a blocked transport until it is writable") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    transport.block(10);
    CHECK(w.send(s, "1"));
    CHECK(s.send("2"));
    CHECK(s.send("3"));
    w.loop.flush();
    CHECK(transport.written == strings{"1"});
    w.unblock(s, transport);
    CHECK(transport.written == strings{"1", "2", "3"});
}

TEST_CASE("queued bytes are what waits here and what waits in the transport") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    CHECK(s.queued_bytes() == 0);
    CHECK(s.send("12345"));
    CHECK(s.queued_bytes() == 69);
    transport.block(7);
    w.loop.flush();
    CHECK(s.queued_bytes() == 7);
    CHECK(s.send("1"));
    CHECK(s.queued_bytes() == 7 + 65);
    w.unblock(s, transport);
    CHECK(s.queued_bytes() == 0);
}

TEST_CASE("text that is not UTF-8 is refused, binary is not, and the session lives on") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    CHECK(s.send("\xff").error() == errc::bad_utf8);
    CHECK(s.send("a\xed\xa0\x80").error() == errc::bad_utf8);
    CHECK(s.send({"\xff"sv, true}));
    CHECK(s.send("good"));
    w.loop.flush();
    CHECK(transport.written == strings{"\xff", "good"});
    CHECK(s.is_open());
}

// -- no handler is re-entered ---------------------------------------------------------------------

TEST_CASE("what handlers send leaves in order when they have returned") {
    world w;
    auto& transport = w.transport();
    w.on_open = [&](session& s) {
        CHECK(s.is_open());
        CHECK(s.send("from open"));
        CHECK(transport.written.empty());
    };
    w.on_message = [&](session& s, message_view m) { CHECK(s.send(m)); };
    auto& s = w.plain(transport);
    CHECK(transport.take() == strings{"from open"});
    s.on_payload(transport, "a", false);
    s.on_payload(transport, "b", false);
    CHECK(transport.written.empty());
    w.loop.flush();
    CHECK(transport.take() == strings{"a", "b"});
    CHECK(w.heard == strings{"open", "message a", "message b"});
}

TEST_CASE("messages that came before the open wait for it") {
    world w;
    auto& transport = w.transport();
    auto& s = *new plain_session(w.endpoint, {}, w.no_ping);
    w.endpoint.add(&s);
    s.attach(transport);
    s.on_payload(transport, "early", false);
    s.on_payload(transport, "bird", true);
    CHECK(w.heard.empty());
    w.loop.flush();
    CHECK(w.heard == strings{"open", "message early", "message bird"});
}

TEST_CASE("a handler that closes its session hears the close only when it has returned") {
    world w;
    auto& transport = w.transport();
    bool returned = false;
    w.on_message = [&](session& s, message_view) {
        s.close(app_code(3001), "enough");
        CHECK_FALSE(s.is_open());
        CHECK(s.send("late").error() == errc::session_closed);
        s.close(app_code(3002), "again");
        returned = true;
    };
    w.on_close = [&](session&, close_event const&) { CHECK(returned); };
    auto& s = w.plain(transport);
    CHECK(s.send("first"));
    s.on_payload(transport, "1", false);
    s.on_payload(transport, "2", false);
    w.loop.flush();
    CHECK(w.heard == strings{"open", "message 1", "close server_closed 3001 enough"});
    CHECK(transport.written == strings{"first"});
    CHECK(transport.goodbye == "3001 enough");
    CHECK(w.sessions() == 0);
}

TEST_CASE("a session closed by its open handler closes once, with what it sent written") {
    world w;
    auto& transport = w.transport();
    w.on_open = [](session& s) {
        CHECK(s.send("hello"));
        s.close();
        s.close();
    };
    w.plain(transport);
    CHECK(w.heard == strings{"open", "close server_closed 1000"});
    CHECK(transport.written == strings{"hello"});
    CHECK(transport.goodbye == "1000 ");
}

TEST_CASE("everything may be called in the close handler, to no effect") {
    world w;
    auto& transport = w.transport();
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
    auto& s = w.plain(transport);
    w.close(s);
    w.advance(1s);
    CHECK(w.heard == strings{"open", "close server_closed 1000"});
    CHECK(w.endpoint.group_size("ghosts") == 0);
}

TEST_CASE("a session may resume in the close handler after a pause") {
    world w;
    auto& transport = w.transport();
    w.on_close = [](session& s, close_event const&) { s.resume(); };
    auto& s = w.plain(transport);
    s.pause();
    w.close(s);
    CHECK(w.closes == 1);
    CHECK(w.sessions() == 0);
}

TEST_CASE("handlers of other sessions are not called from within one") {
    world w;
    auto& a_transport = w.transport();
    auto& b_transport = w.transport();
    auto& a = w.plain(a_transport, "a");
    auto& b = w.plain(b_transport, "b");
    bool inside = false;
    w.on_message = [&](session&, message_view) {
        inside = true;
        b.close(app_code(3000), "by a");
        shared_message m("to all");
        w.endpoint.broadcast(m);
        inside = false;
    };
    w.on_close = [&](session&, close_event const&) { CHECK_FALSE(inside); };
    w.receive(a, a_transport, "go");
    CHECK(w.heard ==
          strings{"a: open", "b: open", "a: message go", "b: close server_closed 3000 by a"});
    CHECK(a_transport.written == strings{"to all"});
    CHECK(b_transport.written.empty());
}

// -- what a session is ----------------------------------------------------------------------------

TEST_CASE("a session shows how it was opened") {
    world w;
    auto& transport = w.transport();
    session_base::origin from;
    from.data = 7;
    from.subprotocol = "chat";
    auto& s = w.opened(*new plain_session(w.endpoint, std::move(from), w.no_ping), &transport);
    CHECK(std::any_cast<int>(s.data()) == 7);
    CHECK(s.subprotocol() == "chat");
    CHECK(s.transport() == "websocket");
    CHECK(s.request().target().empty());
    auto& other = w.transport();
    CHECK(w.plain(other).subprotocol().empty());
}

TEST_CASE("a posted function is called while the session is open") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    int called = 0;
    s.call_posted([&](session& same) {
        ++called;
        CHECK(same.send("posted"));
        same.close();
    });
    s.call_posted([&](session&) { ++called; });
    w.loop.flush();
    CHECK(called == 1);
    CHECK(transport.written == strings{"posted"});
}

TEST_CASE("a session is small") {
    INFO("session_base " << sizeof(session_base) << ", sockjs_duplex_session "
                         << sizeof(sockjs_duplex_session) << ", sockjs_session "
                         << sizeof(sockjs_session));
    CHECK(sizeof(plain_session) <= 224);
}
