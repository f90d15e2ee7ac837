#include "session/sockjs_session.hpp"

#include "support/printers.hpp"
#include "support/session_fixture.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>

using namespace anywire;
using namespace anywire::test;

namespace {

constexpr tick delay = 200;       // 5 s
constexpr tick heartbeat = 1000;  // 25 s
constexpr auto poll = carrier::one_shot;
constexpr auto stream = carrier::stream;
constexpr auto no_code = close_code::normal;

/// A poll that has taken its answer, not all of which is on the wire.
fake_transport& slow_poll(world& w) {
    auto& wire = w.wire(poll);
    wire.answer = then::finished;
    return wire;
}

close_code app_code(unsigned n) {
    return static_cast<close_code>(n);
}

bool is_found(world& w) {
    return w.endpoint.find_by_wire_id("abc") != nullptr;
}

}  // namespace

// ---- receivers
// -----------------------------------------------------------------------------------

TEST_CASE("the first poll gets o, the next ones what was sent, in order") {
    world w;
    auto& first = w.wire(poll);
    auto& s = w.sockjs(&first);
    CHECK(first.written == strings{"o"});
    CHECK_FALSE(s.is_attached());
    CHECK(s.send("1"));
    CHECK(s.send("2"));
    w.loop.flush();
    auto& second = w.wire(poll);
    w.attach(s, second);
    auto& third = w.wire(poll);
    w.attach(s, third);
    CHECK(second.written == strings{R"(a["1"])"});
    CHECK(third.written == strings{R"(a["2"])"});
    CHECK(s.wire_id() == "abc");
    CHECK(s.id() != "abc");
}

TEST_CASE("a stream takes all there is, and more as it comes") {
    world w;
    auto& wire = w.wire(stream);
    auto& s = w.sockjs(&wire);
    CHECK(s.is_attached());
    CHECK(s.send("1"));
    w.loop.flush();
    CHECK(s.send("2"));
    w.loop.flush();
    CHECK(wire.written == strings{"o", R"(a["1"])", R"(a["2"])"});
    CHECK(s.transport() == "xhr-streaming");
}

TEST_CASE("a session knows its last transport between two polls") {
    world w;
    auto& wire = w.wire(poll);
    auto& s = w.sockjs(&wire);
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
    auto& wire = w.wire(stream);
    auto& s = w.sockjs(&wire);
    wire.take();
    for (int round = 0; round < 3; ++round) {
        w.advance_ticks(heartbeat / 2);
        CHECK(s.send("x"));
        CHECK(w.post(s, {"y"}));
        wire.take();
        w.advance_ticks(heartbeat / 2 - 1);
        CHECK(wire.take().empty());
        w.tick_once();
        CHECK(wire.take() == strings{"h"});
    }
}

TEST_CASE("polls live on for a day of heartbeats") {
    world w;
    auto* wire = &w.wire(poll);
    auto& s = w.sockjs(wire);
    int beats = 0;
    wire = &w.wire(poll);
    w.attach(s, *wire);
    for (auto left = to_ticks(24h); left != 0; --left) {
        w.tick_once();
        if (wire->written.empty()) continue;
        REQUIRE(wire->written == strings{"h"});
        ++beats;
        wire = &w.wire(poll);
        w.attach(s, *wire);
    }
    CHECK(beats == 24 * 60 * 60 / 25);
    CHECK(w.heard == strings{"open"});
}

// ---- the disconnect delay
// ------------------------------------------------------------------------

TEST_CASE("a session outlives its last poll by the disconnect delay exactly") {
    world w;
    auto& wire = w.wire(poll);
    w.sockjs(&wire);
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
    auto& wire = slow_poll(w);
    auto& s = w.sockjs(&wire);
    w.advance_ticks(10 * delay);
    CHECK(w.closes == 0);
    w.out(s, wire);
    w.advance_ticks(delay - 1);
    CHECK(w.closes == 0);
    w.tick_once();
    CHECK(w.closes == 1);
}

TEST_CASE("POSTs do not keep a session alive, receivers do") {
    world w;
    auto& wire = w.wire(poll);
    auto& s = w.sockjs(&wire);
    w.advance_ticks(delay - 1);
    auto& second = w.wire(poll);
    w.attach(s, second);  // parked: nothing is there to answer with
    w.advance_ticks(delay * 4);
    CHECK(w.closes == 0);
    CHECK(s.send("x"));
    w.loop.flush();
    w.advance_ticks(delay - 1);
    CHECK(w.post(s, {"m"}));
    w.tick_once();
    CHECK(w.heard.back() == "close transport_lost 1006 no request came in time");
}

TEST_CASE("a receiver that breaks ends the session at once") {
    for (auto const shape : {poll, stream}) {
        world w;
        auto& first = w.wire(poll);
        auto& s = w.sockjs(&first);
        auto& wire = w.wire(shape);
        w.attach(s, wire);
        w.lost(s, wire);
        CHECK(w.heard == strings{"open", "close transport_lost 1006 broke"});
        CHECK_FALSE(is_found(w));
    }
}

TEST_CASE("a receiver that breaks before its answer is out ends the session at once") {
    world w;
    auto& wire = slow_poll(w);
    auto& s = w.sockjs(&wire);
    w.lost(s, wire);
    CHECK(w.heard == strings{"open", "close transport_lost 1006 broke"});
}

// ---- several receivers on their way
// --------------------------------------------------------------

TEST_CASE("a client may come back before its last answer is known to be out") {
    world w;
    auto& first = slow_poll(w);
    auto& s = w.sockjs(&first);
    auto& second = w.wire(poll);
    w.attach(s, second);
    w.out(s, first);
    w.advance_ticks(3 * delay);
    CHECK(s.is_attached());
    CHECK(s.send("x"));
    w.loop.flush();
    w.advance_ticks(delay - 1);
    CHECK(w.closes == 0);
    w.tick_once();
    CHECK(w.closes == 1);
}

TEST_CASE("an answer that breaks after the client came back ends the session: it held messages") {
    world w;
    auto& first = slow_poll(w);
    auto& s = w.sockjs(&first);
    auto& second = w.wire(poll);
    w.attach(s, second);
    w.lost(s, first);
    CHECK(w.heard == strings{"open", "close transport_lost 1006 broke"});
    CHECK(second.aborted);
    CHECK_FALSE(is_found(w));
}

TEST_CASE("receivers that are never read to the end are all let go with their session") {
    world w;
    std::vector<fake_transport*> wires;
    auto& s = w.sockjs(nullptr);
    for (int i = 0; i < 5; ++i) {
        wires.push_back(&slow_poll(w));
        w.attach(s, *wires.back());
        CHECK(s.send("x"));
        w.loop.flush();
    }
    auto& last = w.wire(poll);
    w.attach(s, last);
    w.advance_ticks(10 * delay);
    CHECK(w.closes == 0);
    w.lost(s, *wires[2]);
    CHECK(w.closes == 1);
    for (auto const i : {0u, 1u, 3u, 4u}) CHECK(wires[i]->aborted);
    CHECK_FALSE(wires[2]->aborted);
}

TEST_CASE("goodbyes that are never read to the end are let go with their session, too") {
    world w;
    auto& s = w.sockjs(nullptr);
    s.close(no_code, {});
    w.loop.flush();
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

// ---- the close
// -----------------------------------------------------------------------------------

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
        s.close(app_code(3000), "x");
        w.loop.flush();
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
    s.close(app_code(3000), "x");
    w.loop.flush();
    w.advance_ticks(delay);
    CHECK(w.heard == strings{"open", "close server_closed 3000 x"});
}

TEST_CASE("a goodbye that breaks off is the last one") {
    world w;
    auto& first = w.wire(poll);
    auto& s = w.sockjs(&first);
    s.close(no_code, {});
    w.loop.flush();
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
    wire.answer = then::blocked;
    CHECK(s.send("x"));
    w.loop.flush();
    s.close(app_code(3000), "bye");
    w.loop.flush();
    w.advance_ticks(3 * heartbeat);
    wire.answer = then::ready;
    w.writable(s, wire);
    CHECK(wire.written == strings{"o", R"(a["x"])", R"(c[3000,"bye"])"});
    CHECK(w.heard == strings{"open", "close server_closed 3000 bye"});
}

TEST_CASE("a slow consumer without a receiver hears why when it comes back") {
    world w({.max_queued_bytes = 200});
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
    world w({.max_queued_bytes = 200});
    auto& wire = w.wire(stream);
    auto& s = w.sockjs(&wire);
    wire.answer = then::blocked;
    wire.pending = 150;
    CHECK(s.send("1"));
    w.loop.flush();
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
    s.abandon(close_reason::shutting_down);
    w.loop.flush();
    CHECK(wire.aborted);
    CHECK(w.heard.back() == "close shutting_down 1006");
    CHECK_FALSE(is_found(w));
}

// ---- POSTs
// ---------------------------------------------------------------------------------------

TEST_CASE("a POST's messages are heard in order, and no more once the session closed") {
    world w;
    auto& wire = w.wire(poll);
    auto& s = w.sockjs(&wire);
    CHECK(w.post(s, {"1", "2"}));
    w.on_message = [](session& same, message_view m) {
        if (m.data == "3") same.close();
    };
    CHECK(w.post(s, {"3", "4"}));
    CHECK(w.heard == strings{"open", "message 1", "message 2", "message 3"});
}

TEST_CASE("a held POST is answered when the session resumes") {
    world w;
    auto& wire = w.wire(poll);
    auto& s = w.sockjs(&wire);
    s.pause();
    CHECK(w.post(s, {"1", "2"}));
    fake_post held;
    s.held().hold(held);
    w.loop.flush();
    CHECK(w.take() == strings{"open"});
    CHECK_FALSE(held.released);
    s.resume();
    CHECK_FALSE(held.released);
    w.loop.flush();
    CHECK(held.released == true);
    CHECK(w.take() == strings{"message 1", "message 2"});
}

TEST_CASE("a held POST stays held when the session pauses again in the middle of it") {
    world w;
    auto& wire = w.wire(stream);
    auto& s = w.sockjs(&wire);
    w.on_message = [](session& same, message_view) { same.pause(); };
    CHECK(w.post(s, {"1", "2"}));
    fake_post held;
    s.held().hold(held);
    s.resume();
    w.loop.flush();
    CHECK(w.take() == strings{"open", "message 1", "message 2"});
    CHECK_FALSE(held.released);
    s.resume();
    w.loop.flush();
    CHECK(held.released == true);
}

TEST_CASE("a held POST is answered when the session ends") {
    world w;
    auto& wire = w.wire(poll);
    auto& s = w.sockjs(&wire);
    s.pause();
    CHECK(w.post(s, {"1"}));
    fake_post held;
    s.held().hold(held);
    w.advance_ticks(delay);
    CHECK(w.closes == 1);
    CHECK(held.released == false);
}

TEST_CASE("a held POST whose client has gone is forgotten") {
    world w;
    auto& wire = w.wire(poll);
    auto& s = w.sockjs(&wire);
    s.pause();
    fake_post gone;
    fake_post stays;
    s.held().hold(gone);
    s.held().hold(stays);
    s.held().forget(gone);
    s.resume();
    w.loop.flush();
    CHECK_FALSE(gone.released);
    CHECK(stays.released == true);
}

TEST_CASE(
    "while paused a session keeps a bounded number of bytes, and takes a POST whole or not at "
    "all") {
    world w({.max_queued_bytes = 300});
    auto& wire = w.wire(stream);
    auto& s = w.sockjs(&wire);
    s.pause();
    CHECK(w.post(s, {"1", "2", "3"}));
    CHECK(w.post(s, {"4", "5"}).error() == errc::send_queue_full);
    CHECK(w.post(s, {"6"}));
    CHECK(w.post(s, {"7"}).error() == errc::send_queue_full);
    s.resume();
    w.loop.flush();
    CHECK(w.take() == strings{"open", "message 1", "message 2", "message 3", "message 6"});
    CHECK(w.post(s, {"8"}));
}

TEST_CASE("an empty inbox takes any one POST") {
    world w({.max_queued_bytes = 300});
    auto& wire = w.wire(stream);
    auto& s = w.sockjs(&wire);
    s.pause();
    std::string const big(1000, 'x');
    CHECK(w.post(s, {big, big}));
    CHECK(w.post(s, {"1"}).error() == errc::send_queue_full);
}

TEST_CASE("an application that pauses for every message may do so for ever") {
    world w({.max_queued_bytes = 300});
    auto& wire = w.wire(stream);
    auto& s = w.sockjs(&wire);
    w.on_message = [](session& same, message_view) { same.pause(); };
    CHECK(w.post(s, {"first"}));
    for (int i = 0; i < 100; ++i) {
        REQUIRE(s.is_paused());
        REQUIRE(w.post(s, {"x"}));
        s.resume();
        w.loop.flush();
    }
    CHECK(w.heard.size() == 102);
}

TEST_CASE("what is left of the POST in whose middle a session paused counts") {
    world w({.max_queued_bytes = 300});
    auto& wire = w.wire(stream);
    auto& s = w.sockjs(&wire);
    w.on_message = [](session& same, message_view) { same.pause(); };
    CHECK(w.post(s, {"1", "2", "3", "4", "5"}));
    CHECK(w.post(s, {"6"}).error() == errc::send_queue_full);
}

TEST_CASE("a receiver that meets a session on the way to its end is dropped") {
    world w;
    auto& first = w.wire(poll);
    auto& s = w.sockjs(&first);
    s.abandon(close_reason::shutting_down);
    auto& late = w.wire(poll);
    s.attach(late);
    w.loop.flush();
    CHECK(late.aborted);
    CHECK(w.closes == 1);
}

TEST_CASE(
    "a session abandoned while it closes drops its receiver, and is gone after its goodbyes") {
    world w;
    auto& first = slow_poll(w);
    auto& s = w.sockjs(&first);
    auto& second = w.wire(poll);
    w.attach(s, second);
    s.close(no_code, {});
    s.abandon(close_reason::shutting_down);
    w.loop.flush();
    CHECK(w.closes == 1);
    CHECK(second.aborted);
    CHECK_FALSE(s.is_attached());
    w.advance_ticks(2 * delay);
    w.out(s, first);
    w.advance_ticks(delay);
    CHECK_FALSE(is_found(w));
}

TEST_CASE("a session whose carrier ends in the very turn of its own deadline is told of") {
    world w;
    auto& first = w.wire(poll);
    auto& s = w.sockjs(&first);
    auto& wire = w.wire(stream);
    w.attach(s, wire);
    w.advance_ticks(heartbeat - 1);
    // A stalled write is found out by a timer, too: no flush is between the two.
    wire.over = true;
    s.on_closed(wire, false, {close_reason::slow_consumer, close_code::abnormal, {}});
    w.tick_once();
    CHECK(w.heard == strings{"open", "close slow_consumer 1006"});
    CHECK_FALSE(is_found(w));
}
