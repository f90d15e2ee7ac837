// How a session ends: with exactly one close, also when a handler throws.
#include "session/session_base.hpp"
#include "support/printers.hpp"
#include "support/session_fixture.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>
#include <utility>

using namespace anywire;
using namespace anywire::test;

// -- exactly one close ----------------------------------------------------------------------------

TEST_CASE("the peer's close ends the session with the peer's words") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    CHECK(s.send("unsent"));
    w.peer_closes(s, transport);
    CHECK(w.heard == strings{"open", "close client_closed 1001 bye"});
    CHECK(w.sessions() == 0);
}

TEST_CASE("a peer that closes in the same read as its messages is heard first") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    s.on_payload(transport, "last words", false);
    w.peer_closes(s, transport);
    CHECK(w.heard == strings{"open", "message last words", "close client_closed 1001 bye"});
}

TEST_CASE("a peer that is gone before the open is never heard of") {
    world w;
    auto& transport = w.transport();
    auto& s = *new plain_session(w.endpoint, {}, w.no_ping);
    w.endpoint.add(&s);
    s.attach(transport);
    w.lost(s, transport);
    CHECK(w.heard.empty());
    CHECK(w.sessions() == 0);
}

TEST_CASE("a transport lost while blocked ends the session once") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    transport.block(5);
    CHECK(w.send(s, "1"));
    CHECK(s.send("2"));
    w.lost(s, transport);
    CHECK(w.heard == strings{"open", "close transport_lost 1006 broke"});
}

TEST_CASE("a transport lost after the application's close leaves the application's reason") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    transport.block(5);
    CHECK(s.send("1"));
    w.close(s, app_code(3500), "done");
    CHECK(w.heard == strings{"open"});
    w.lost(s, transport);
    CHECK(w.heard == strings{"open", "close server_closed 3500 done"});
}

TEST_CASE("a close waits until what was queued is on the wire") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    transport.block(5);
    CHECK(w.send(s, "1"));
    CHECK(s.send("2"));
    w.close(s);
    CHECK(transport.goodbye.empty());
    CHECK(w.closes == 0);
    w.writable(s, transport);  // takes "2" and blocks again
    CHECK(transport.written == strings{"1", "2"});
    CHECK(transport.goodbye.empty());
    w.writable(s, transport);
    CHECK(transport.goodbye == "1000 ");
    CHECK(w.closes == 1);
}

TEST_CASE("events of another transport than the session's own change nothing") {
    world w;
    auto& transport = w.transport();
    auto& stranger = w.transport();
    auto& s = w.plain(transport);
    s.on_closed(stranger, false, {close_reason::transport_lost, close_code::abnormal, {}});
    w.loop.flush();
    transport.block(1);
    CHECK(w.send(s, "1"));
    CHECK(s.send("2"));
    s.on_writable(stranger);
    w.loop.flush();
    CHECK(transport.written == strings{"1"});
    CHECK(s.is_open());
}

TEST_CASE("abandoned sessions are told of once, and their transports dropped") {
    world w;
    auto& a_transport = w.transport();
    auto& b_transport = w.transport();
    w.plain(a_transport, "a");
    auto& b = w.plain(b_transport, "b");
    b.close(app_code(3000), "bye");
    w.endpoint.abandon_all();
    w.endpoint.abandon_all();
    w.loop.flush();
    CHECK(w.closes == 2);
    CHECK(a_transport.aborted);
    CHECK(b_transport.aborted);
}

TEST_CASE("a close for the server's own reason goes after what is queued") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    CHECK(s.send("1"));
    s.end(close_reason::shutting_down, ending::after_queue, "server shutting down");
    w.close(s, app_code(3000), "too late");
    CHECK(transport.written == strings{"1"});
    CHECK(transport.goodbye == "1001 server shutting down");
    CHECK(w.heard == strings{"open", "close shutting_down 1001 server shutting down"});
}

TEST_CASE("codes that may not be sent are sent as 1000") {
    for (auto const& [asked, sent] : {std::pair{1000u, "1000 x"},
                                      {3000u, "3000 x"},
                                      {4999u, "4999 x"},
                                      {1001u, "1001 x"},
                                      {1014u, "1014 x"},
                                      {1005u, "1000 x"},
                                      {1015u, "1000 x"},
                                      {1006u, "1000 x"},
                                      {2999u, "1000 x"},
                                      {5000u, "1000 x"},
                                      {0u, "1000 x"}}) {
        world w;
        auto& transport = w.transport();
        auto& s = w.plain(transport);
        w.close(s, app_code(asked), "x");
        CHECK(transport.goodbye == sent);
    }
}

// -- handlers that throw --------------------------------------------------------------------------

TEST_CASE("an open handler that throws ends its session as handler_failed") {
    world w;
    auto& transport = w.transport();
    w.on_open = [](session& s) {
        CHECK(s.send("unsent"));
        throw std::runtime_error("boom");
    };
    w.plain(transport);
    CHECK(w.heard == strings{"open", "close handler_failed 1011 handler failed"});
    CHECK(transport.written.empty());
    CHECK(transport.goodbye == "1011 handler failed");
    REQUIRE(w.errors.size() == 1);
    CHECK_THAT(w.errors.back(), Catch::StartsWith("a handler threw: boom ("));
}

TEST_CASE("a message handler that throws hears no more messages") {
    world w;
    auto& transport = w.transport();
    w.on_message = [](session&, message_view) { throw 1; };
    auto& s = w.plain(transport);
    s.on_payload(transport, "1", false);
    s.on_payload(transport, "2", false);
    w.loop.flush();
    CHECK(w.heard == strings{"open", "message 1", "close handler_failed 1011 handler failed"});
    REQUIRE(w.errors.size() == 1);
    CHECK_THAT(w.errors.back(),
               Catch::StartsWith("a handler threw something that is not a std::exception ("));
}

TEST_CASE("a message handler that throws in the middle of what was held back hears no more") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    s.pause();
    for (auto const* m : {"1", "2", "3"}) w.receive(s, transport, m);
    w.on_message = [](session&, message_view) { throw std::runtime_error("boom"); };
    w.resume(s);
    CHECK(w.heard == strings{"open", "message 1", "close handler_failed 1011 handler failed"});
}

TEST_CASE("a drain handler that throws ends its session") {
    world w({.max_queued_bytes = 200, .overflow = overflow_policy::refuse, .max_burst_bytes = 0});
    auto& transport = w.transport();
    w.on_drain = [](session&) { throw std::runtime_error("boom"); };
    auto& s = w.plain(transport);
    transport.block(1);
    while (w.send(s, "x")) continue;
    w.unblock(s, transport);
    CHECK(w.heard == strings{"open", "drain", "close handler_failed 1011 handler failed"});
}

TEST_CASE("a close handler that throws is logged, and that is all") {
    world w;
    auto& transport = w.transport();
    w.on_close = [](session&, close_event const&) { throw std::runtime_error("boom"); };
    auto& s = w.plain(transport);
    w.close(s);
    CHECK(w.heard == strings{"open", "close server_closed 1000"});
    REQUIRE(w.errors.size() == 1);
    CHECK_THAT(w.errors.back(), Catch::StartsWith("a handler threw: boom ("));
    CHECK(w.sessions() == 0);
}

TEST_CASE("that a client's message was too big is logged once a second, with the option's name") {
    world w;
    auto const end_one = [&] {
        auto& transport = w.transport();
        auto& s = w.plain(transport);
        transport.over = true;
        s.on_closed(
            transport,
            false,
            {close_reason::message_too_big, close_code::message_too_big, "longer than `this`"});
        w.loop.flush();
    };
    for (int i = 0; i < 5; ++i) end_one();
    REQUIRE(w.notices.size() == 1);
    CHECK_THAT(w.notices[0],
               Catch::StartsWith("closed: message_too_big, longer than `this` (") &&
                   Catch::Contains("session "));
    w.advance(2s);
    end_one();
    REQUIRE(w.notices.size() == 2);
    CHECK_THAT(w.notices[1], Catch::Contains("; 4 more like it ("));
}

TEST_CASE("a timer or posted function that throws ends its session") {
    world w;
    auto& a_transport = w.transport();
    auto& b_transport = w.transport();
    auto& a = w.plain(a_transport, "a");
    auto& b = w.plain(b_transport, "b");
    a.after(25ms, [](session&) { throw std::runtime_error("boom"); });
    b.call_posted([](session&) { throw std::runtime_error("boom"); });
    w.loop.flush();
    w.advance(50ms);
    CHECK(w.heard == strings{"a: open",
                             "b: open",
                             "b: close handler_failed 1011 handler failed",
                             "a: close handler_failed 1011 handler failed"});
}

TEST_CASE("a handler that throws after it closed has failed") {
    world w;
    auto& transport = w.transport();
    w.on_message = [](session& s, message_view) {
        s.close(app_code(3000), "bye");
        throw std::runtime_error("boom");
    };
    auto& s = w.plain(transport);
    w.receive(s, transport, "x");
    CHECK(w.heard.back() == "close handler_failed 1011 handler failed");
    CHECK(transport.goodbye == "1011 handler failed");
}

TEST_CASE("a mount without handlers has sessions all the same") {
    world w;
    w.app = {};
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    w.receive(s, transport, "x");
    CHECK(s.send("y"));
    w.close(s);
    CHECK(transport.written == strings{"y"});
    CHECK(w.sessions() == 0);
}
