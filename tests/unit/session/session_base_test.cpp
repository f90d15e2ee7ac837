#include "session/session_base.hpp"

#include "support/printers.hpp"
#include "support/session_fixture.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <stdexcept>
#include <string>

using namespace anywire;
using namespace anywire::test;

namespace {

session_limits small(overflow_policy policy) {
    // Room for three messages of one byte.
    return {.max_queued_bytes = 3 * 65, .overflow = policy};
}

close_code app_code(unsigned n) {
    return static_cast<close_code>(n);
}

std::string text_of(std::size_t size) {
    return std::string(size, 'x');
}

}  // namespace

// ---- order
// ---------------------------------------------------------------------------------------

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
    CHECK(s.send("1"));
    w.loop.flush();
    CHECK(wire.writes == 1);
    wire.most = 1;
    w.writable(s, wire);
    CHECK(wire.written == strings{"1"});
}

TEST_CASE("nothing is written to a blocked wire until it is writable") {
    world w;
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    wire.answer = then::blocked;
    wire.pending = 10;
    CHECK(s.send("1"));
    w.loop.flush();
    CHECK(s.send("2"));
    CHECK(s.send("3"));
    w.loop.flush();
    CHECK(wire.written == strings{"1"});
    wire.answer = then::ready;
    w.writable(s, wire);
    CHECK(wire.written == strings{"1", "2", "3"});
}

TEST_CASE("queued bytes are what waits here and what waits in the transport") {
    world w;
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    CHECK(s.queued_bytes() == 0);
    CHECK(s.send("12345"));
    CHECK(s.queued_bytes() == 69);
    wire.answer = then::blocked;
    wire.pending = 7;
    w.loop.flush();
    CHECK(s.queued_bytes() == 7);
    CHECK(s.send("1"));
    CHECK(s.queued_bytes() == 7 + 65);
    wire.answer = then::ready;
    w.writable(s, wire);
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

// ---- no handler is re-entered
// --------------------------------------------------------------------

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
    s.close(close_code::normal, {});
    w.loop.flush();
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
    s.close(close_code::normal, {});
    w.loop.flush();
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

// ---- exactly one close
// ---------------------------------------------------------------------------

TEST_CASE("the peer's close ends the session with the peer's words") {
    world w;
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    CHECK(s.send("unsent"));
    w.peer_closes(s, wire);
    CHECK(w.heard == strings{"open", "close client_closed 1001 bye"});
    CHECK(w.sessions() == 0);
}

TEST_CASE("a peer that closes in the same read as its messages is heard first") {
    world w;
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    s.on_payload(wire, "last words", false);
    w.peer_closes(s, wire);
    CHECK(w.heard == strings{"open", "message last words", "close client_closed 1001 bye"});
}

TEST_CASE("a peer that is gone before the open is never heard of") {
    world w;
    auto& wire = w.wire();
    auto& s = *new plain_session(w.endpoint, {}, w.no_ping);
    w.endpoint.add(&s);
    s.attach(wire);
    w.lost(s, wire);
    CHECK(w.heard.empty());
    CHECK(w.sessions() == 0);
}

TEST_CASE("a transport lost while blocked ends the session once") {
    world w;
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    wire.answer = then::blocked;
    wire.pending = 5;
    CHECK(s.send("1"));
    w.loop.flush();
    CHECK(s.send("2"));
    w.lost(s, wire);
    CHECK(w.heard == strings{"open", "close transport_lost 1006 broke"});
}

TEST_CASE("a transport lost behind the application's close leaves the application's reason") {
    world w;
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    wire.answer = then::blocked;
    wire.pending = 5;
    CHECK(s.send("1"));
    s.close(app_code(3500), "done");
    w.loop.flush();
    CHECK(w.heard == strings{"open"});
    w.lost(s, wire);
    CHECK(w.heard == strings{"open", "close server_closed 3500 done"});
}

TEST_CASE("a close waits until what was queued is on the wire") {
    world w;
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    wire.answer = then::blocked;
    wire.pending = 5;
    CHECK(s.send("1"));
    w.loop.flush();
    CHECK(s.send("2"));
    s.close(close_code::normal, {});
    w.loop.flush();
    CHECK(wire.goodbye.empty());
    CHECK(w.closes == 0);
    w.writable(s, wire);  // takes "2" and blocks again
    CHECK(wire.written == strings{"1", "2"});
    CHECK(wire.goodbye.empty());
    w.writable(s, wire);
    CHECK(wire.goodbye == "1000 ");
    CHECK(w.closes == 1);
}

TEST_CASE("events of another transport than the session's own change nothing") {
    world w;
    auto& wire = w.wire();
    auto& stranger = w.wire();
    auto& s = w.plain(wire);
    s.on_closed(stranger, false, {close_reason::transport_lost, close_code::abnormal, {}});
    w.loop.flush();
    wire.answer = then::blocked;
    wire.pending = 1;
    CHECK(s.send("1"));
    w.loop.flush();
    CHECK(s.send("2"));
    s.on_writable(stranger);
    w.loop.flush();
    CHECK(wire.written == strings{"1"});
    CHECK(s.is_open());
}

TEST_CASE("abandoned sessions are told of once, and their wires dropped") {
    world w;
    auto& a_wire = w.wire();
    auto& b_wire = w.wire();
    w.plain(a_wire, "a");
    auto& b = w.plain(b_wire, "b");
    b.close(app_code(3000), "bye");
    w.endpoint.abandon_all();
    w.endpoint.abandon_all();
    w.loop.flush();
    CHECK(w.closes == 2);
    CHECK(a_wire.aborted);
    CHECK(b_wire.aborted);
}

TEST_CASE("a close for the server's own reason goes behind what is queued") {
    world w;
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    CHECK(s.send("1"));
    s.close_for(close_reason::shutting_down, "server shutting down");
    s.close(app_code(3000), "too late");
    w.loop.flush();
    CHECK(wire.written == strings{"1"});
    CHECK(wire.goodbye == "1001 server shutting down");
    CHECK(w.heard == strings{"open", "close shutting_down 1001 server shutting down"});
}

TEST_CASE("codes that are not the application's are sent as 1000") {
    for (auto const& [asked, sent] : {std::pair{1000u, "1000 x"},
                                      {3000u, "3000 x"},
                                      {4999u, "4999 x"},
                                      {1001u, "1000 x"},
                                      {1006u, "1000 x"},
                                      {2999u, "1000 x"},
                                      {5000u, "1000 x"},
                                      {0u, "1000 x"}}) {
        world w;
        auto& wire = w.wire();
        auto& s = w.plain(wire);
        s.close(app_code(asked), "x");
        w.loop.flush();
        CHECK(wire.goodbye == sent);
    }
}

// ---- handlers that throw
// -------------------------------------------------------------------------

TEST_CASE("an open handler that throws ends its session as handler_failed") {
    world w;
    auto& wire = w.wire();
    w.on_open = [](session& s) {
        CHECK(s.send("unsent"));
        throw std::runtime_error("boom");
    };
    w.plain(wire);
    CHECK(w.heard == strings{"open", "close handler_failed 1011 handler failed"});
    CHECK(wire.written.empty());
    CHECK(wire.goodbye == "1011 handler failed");
    CHECK(w.errors == strings{"a handler threw: boom"});
}

TEST_CASE("a message handler that throws hears no more messages") {
    world w;
    auto& wire = w.wire();
    w.on_message = [](session&, message_view) { throw 1; };
    auto& s = w.plain(wire);
    s.on_payload(wire, "1", false);
    s.on_payload(wire, "2", false);
    w.loop.flush();
    CHECK(w.heard == strings{"open", "message 1", "close handler_failed 1011 handler failed"});
    CHECK(w.errors == strings{"a handler threw something that is no exception"});
}

TEST_CASE("a message handler that throws in the middle of what was held back hears no more") {
    world w;
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    s.pause();
    for (auto const* m : {"1", "2", "3"}) w.receive(s, wire, m);
    w.on_message = [](session&, message_view) { throw std::runtime_error("boom"); };
    s.resume();
    w.loop.flush();
    CHECK(w.heard == strings{"open", "message 1", "close handler_failed 1011 handler failed"});
}

TEST_CASE("a drain handler that throws ends its session") {
    world w(small(overflow_policy::refuse));
    auto& wire = w.wire();
    w.on_drain = [](session&) { throw std::runtime_error("boom"); };
    auto& s = w.plain(wire);
    while (s.send("x")) continue;
    w.loop.flush();
    CHECK(w.heard == strings{"open", "drain", "close handler_failed 1011 handler failed"});
}

TEST_CASE("a close handler that throws is logged, and that is all") {
    world w;
    auto& wire = w.wire();
    w.on_close = [](session&, close_event const&) { throw std::runtime_error("boom"); };
    auto& s = w.plain(wire);
    s.close(close_code::normal, {});
    w.loop.flush();
    CHECK(w.heard == strings{"open", "close server_closed 1000"});
    CHECK(w.errors == strings{"a handler threw: boom"});
    CHECK(w.sessions() == 0);
}

TEST_CASE("a timer or posted function that throws ends its session") {
    world w;
    auto& a_wire = w.wire();
    auto& b_wire = w.wire();
    auto& a = w.plain(a_wire, "a");
    auto& b = w.plain(b_wire, "b");
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
    auto& wire = w.wire();
    w.on_message = [](session& s, message_view) {
        s.close(app_code(3000), "bye");
        throw std::runtime_error("boom");
    };
    auto& s = w.plain(wire);
    w.receive(s, wire, "x");
    CHECK(w.heard.back() == "close handler_failed 1011 handler failed");
    CHECK(wire.goodbye == "1011 handler failed");
}

TEST_CASE("a mount without handlers has sessions all the same") {
    world w;
    w.app = {};
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    w.receive(s, wire, "x");
    CHECK(s.send("y"));
    s.close(close_code::normal, {});
    w.loop.flush();
    CHECK(wire.written == strings{"y"});
    CHECK(w.sessions() == 0);
}

// ---- overflow
// ------------------------------------------------------------------------------------

TEST_CASE("an empty queue takes any one message, whatever the policy") {
    for (auto const policy : {overflow_policy::close,
                              overflow_policy::refuse,
                              overflow_policy::drop_oldest,
                              overflow_policy::drop_newest}) {
        world w(small(policy));
        auto& wire = w.wire();
        auto& s = w.plain(wire);
        CHECK(s.send(text_of(100'000)));
        w.loop.flush();
        CHECK(wire.take() == strings{text_of(100'000)});
        CHECK(s.is_open());
        CHECK(s.dropped() == 0);
    }
}

TEST_CASE("what the protocol itself has queued does not stand in the way of one message") {
    for (auto const policy : {overflow_policy::close,
                              overflow_policy::refuse,
                              overflow_policy::drop_oldest,
                              overflow_policy::drop_newest}) {
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
    for (int i = 0; i < 3; ++i) CHECK(s.send("x"));
    CHECK(s.queued_bytes() == 195);
    CHECK(s.send("").error() == errc::message_dropped);
}

TEST_CASE("a slow consumer is closed, and what it did not read is dropped") {
    world w(small(overflow_policy::close));
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    wire.answer = then::blocked;
    wire.pending = 100;
    CHECK(s.send("1"));
    w.loop.flush();
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
    slow_wire.answer = then::blocked;
    slow_wire.pending = 190;
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
    wire.answer = then::blocked;
    wire.pending = 100;
    CHECK(s.send("1"));
    w.loop.flush();
    CHECK(s.send("2"));
    CHECK(s.send("3").error() == errc::send_queue_full);
    CHECK(s.send("4").error() == errc::send_queue_full);
    w.loop.flush();
    CHECK(w.take() == strings{"open"});
    wire.pending = 50;
    s.on_writable(wire);  // takes "2" and blocks again: still not empty
    w.loop.flush();
    CHECK(w.take().empty());
    wire.answer = then::ready;
    w.writable(s, wire);
    CHECK(w.take() == strings{"drain"});
    CHECK(s.send("5"));
    w.loop.flush();
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
    w.plain(wire);
    CHECK(left == 0);
    CHECK(wire.written == strings{"10", "9", "8", "7", "6", "5", "4", "3", "2", "1"});
}

TEST_CASE("no drain is told to a session that has closed meanwhile") {
    world w(small(overflow_policy::refuse));
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    while (s.send("x")) continue;
    s.close(close_code::normal, {});
    w.loop.flush();
    CHECK(w.heard == strings{"open", "close server_closed 1000"});
}

TEST_CASE("drop_oldest makes room by dropping the oldest, and counts") {
    world w(small(overflow_policy::drop_oldest));
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    for (auto const* m : {"1", "2", "3", "4", "5"}) CHECK(s.send(m));
    CHECK(s.dropped() == 2);
    CHECK(s.queued_bytes() <= w.limits.max_queued_bytes);
    w.loop.flush();
    CHECK(wire.written == strings{"3", "4", "5"});
}

TEST_CASE("drop_oldest takes a message beyond the limit when it was all that is left") {
    world w(small(overflow_policy::drop_oldest));
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    for (auto const* m : {"1", "2", "3"}) CHECK(s.send(m));
    CHECK(s.send(text_of(1000)));
    CHECK(s.dropped() == 3);
    w.loop.flush();
    CHECK(wire.written == strings{text_of(1000)});
}

TEST_CASE("drop_oldest cannot drop what the transport holds, and drops the newest then") {
    world w(small(overflow_policy::drop_oldest));
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    wire.answer = then::blocked;
    wire.pending = 180;
    CHECK(s.send("1"));
    w.loop.flush();
    CHECK(s.send("2").error() == errc::message_dropped);
    CHECK(s.dropped() == 1);
    CHECK(s.queued_bytes() == 180);
}

TEST_CASE("drop_newest drops the newest, and counts") {
    world w(small(overflow_policy::drop_newest));
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    for (auto const* m : {"1", "2", "3"}) CHECK(s.send(m));
    for (auto const* m : {"4", "5"}) CHECK(s.send(m).error() == errc::message_dropped);
    CHECK(s.dropped() == 2);
    w.loop.flush();
    CHECK(wire.written == strings{"1", "2", "3"});
    CHECK(w.heard == strings{"open"});
}

TEST_CASE("no policy drops the protocol's own frames") {
    for (auto const policy : {overflow_policy::drop_oldest, overflow_policy::drop_newest}) {
        world w(small(policy));
        auto& wire = w.wire(carrier::stream);
        auto& s = w.sockjs(nullptr);  // "o" waits for the first receiver
        for (int i = 0; i < 20; ++i) (void)s.send(std::to_string(i));
        s.close(app_code(3000), "bye");
        w.loop.flush();
        w.attach(s, wire);
        CHECK(wire.written.front() == "o");
        CHECK(wire.written.back() == "c[3000,\"bye\"]");
        CHECK(w.heard.back() == "close server_closed 3000 bye");
    }
}

// ---- pause and resume
// ----------------------------------------------------------------------------

TEST_CASE("a paused session hears nothing, and then everything in order") {
    world w;
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    s.pause();
    s.pause();
    CHECK(wire.pauses == std::vector<bool>{true});
    w.receive(s, wire, "1");
    w.receive(s, wire, "2", true);
    CHECK(w.take() == strings{"open"});
    s.resume();
    s.resume();
    CHECK(w.heard.empty());
    s.on_payload(wire, "3", false);
    w.loop.flush();
    CHECK(w.take() == strings{"message 1", "message 2", "message 3"});
    CHECK(wire.pauses == std::vector<bool>{true, false});
    w.receive(s, wire, "4");
    CHECK(w.take() == strings{"message 4"});
}

TEST_CASE("a handler that pauses hears no more, though more came in the same read") {
    world w;
    auto& wire = w.wire();
    w.on_message = [](session& s, message_view) { s.pause(); };
    auto& s = w.plain(wire);
    for (auto const* m : {"1", "2", "3"}) s.on_payload(wire, m, false);
    w.loop.flush();
    CHECK(w.take() == strings{"open", "message 1"});
    for (auto const* m : {"message 2", "message 3"}) {
        s.resume();
        w.loop.flush();
        CHECK(w.take() == strings{m});
    }
    s.resume();
    w.loop.flush();
    CHECK(w.take().empty());
    CHECK(wire.pauses.back() == false);
}

TEST_CASE("a handler may pause and resume at once, in either order of nesting") {
    world w;
    auto& wire = w.wire();
    w.on_message = [](session& s, message_view) {
        s.pause();
        s.resume();
        s.pause();
        s.resume();
    };
    auto& s = w.plain(wire);
    for (auto const* m : {"1", "2", "3"}) s.on_payload(wire, m, false);
    w.loop.flush();
    CHECK(w.take() == strings{"open", "message 1", "message 2", "message 3"});
    CHECK(wire.pauses.back() == false);
}

TEST_CASE("a session that resumes and pauses again before anything happened stays paused") {
    world w;
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    s.pause();
    w.receive(s, wire, "1");
    s.resume();
    s.pause();
    w.loop.flush();
    CHECK(w.take() == strings{"open"});
    CHECK(wire.pauses.back() == true);
    s.resume();
    w.loop.flush();
    CHECK(w.take() == strings{"message 1"});
    CHECK(wire.pauses.back() == false);
}

TEST_CASE("messages held back are not delivered after the close") {
    world w;
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    s.pause();
    w.receive(s, wire, "1");
    s.close(close_code::normal, {});
    s.resume();
    w.loop.flush();
    CHECK(w.heard == strings{"open", "close server_closed 1000"});
}

TEST_CASE("a paused session still sends, and hears of the peer's end") {
    world w;
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    s.pause();
    CHECK(s.send("1"));
    w.loop.flush();
    CHECK(wire.written == strings{"1"});
    w.lost(s, wire);
    CHECK(w.heard.back() == "close transport_lost 1006 broke");
}

// ---- after
// ---------------------------------------------------------------------------------------

TEST_CASE("after is never early, and at most two ticks late") {
    for (auto const delay : {0ms, 1ms, 25ms, 26ms, 100ms, 10'000ms, 200'000ms}) {
        world w;
        auto& wire = w.wire();
        auto& s = w.plain(wire);
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
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    s.after(std::chrono::milliseconds::max(), [](session&) { FAIL("early"); });
    bool called = false;
    s.after(1min, [&](session&) { called = true; });
    w.advance(10min);
    CHECK(called);
}

TEST_CASE("timers come in the order of their times, equal ones as they were set") {
    world w;
    auto& wire = w.wire();
    auto& s = w.plain(wire);
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
    auto& wire = w.wire();
    auto& s = w.plain(wire);
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
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    wire.answer = then::blocked;
    wire.pending = 1;
    CHECK(s.send("stuck"));
    w.loop.flush();
    s.after(50ms, [](session& same) { same.close(); });
    s.after(50ms, [](session&) { FAIL("called after the close"); });
    s.after(1s, [](session&) { FAIL("called after the close"); });
    w.advance(10s);
    CHECK(w.closes == 0);  // the goodbye still waits for the wire
    CHECK_FALSE(s.is_armed());
    w.lost(s, wire);
    w.advance(10s);
    CHECK(w.closes == 1);
}

TEST_CASE("timers run while the session is paused") {
    world w;
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    s.pause();
    w.receive(s, wire, "1");
    s.after(1s, [](session& same) { same.resume(); });
    w.advance(2s);
    CHECK(w.heard == strings{"open", "message 1"});
}

TEST_CASE("very many timers can be set and dropped") {
    world w;
    auto& wire = w.wire();
    auto& s = w.plain(wire);
    for (int i = 200'000; i > 0; --i) s.after(std::chrono::milliseconds(i * 25), [](session&) {});
    s.close(close_code::normal, {});
    w.loop.flush();
    CHECK(w.closes == 1);
}

// ---- what a session is
// ---------------------------------------------------------------------------

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
