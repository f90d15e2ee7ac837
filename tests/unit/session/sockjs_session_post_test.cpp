// The POSTs of SockJS sessions: held back, bounded, heard in order.
#include "support/printers.hpp"
#include "support/sockjs_fixture.hpp"
#include "support/sockjs_session.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire;
using namespace anywire::test;

TEST_CASE("a POST's messages are heard in order, and no more once the session closed") {
    world w;
    auto& transport = w.transport(poll);
    auto& s = w.sockjs(&transport);
    CHECK(w.post(s, {"1", "2"}));
    w.on_message = [](session& same, message_view m) {
        if (m.data == "3") same.close();
    };
    CHECK(w.post(s, {"3", "4"}));
    CHECK(w.heard == strings{"open", "message 1", "message 2", "message 3"});
}

TEST_CASE("a held POST is answered when the session resumes") {
    world w;
    auto& transport = w.transport(poll);
    auto& s = w.sockjs(&transport);
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
    auto& transport = w.transport(stream);
    auto& s = w.sockjs(&transport);
    w.on_message = [](session& same, message_view) { same.pause(); };
    CHECK(w.post(s, {"1", "2"}));
    fake_post held;
    s.held().hold(held);
    w.resume(s);
    CHECK(w.take() == strings{"open", "message 1", "message 2"});
    CHECK_FALSE(held.released);
    w.resume(s);
    CHECK(held.released == true);
}

TEST_CASE("a held POST is answered when the session ends") {
    world w;
    auto& transport = w.transport(poll);
    auto& s = w.sockjs(&transport);
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
    auto& transport = w.transport(poll);
    auto& s = w.sockjs(&transport);
    s.pause();
    fake_post gone;
    fake_post stays;
    s.held().hold(gone);
    s.held().hold(stays);
    s.held().forget(gone);
    w.resume(s);
    CHECK_FALSE(gone.released);
    CHECK(stays.released == true);
}

TEST_CASE(
    "while paused a session keeps a bounded number of bytes, and takes a POST whole or not at "
    "all") {
    world w({.max_queued_bytes = 300});
    auto& transport = w.transport(stream);
    auto& s = w.sockjs(&transport);
    s.pause();
    CHECK(w.post(s, {"1", "2", "3"}));
    CHECK(w.post(s, {"4", "5"}).error() == errc::send_queue_full);
    CHECK(w.post(s, {"6"}));
    CHECK(w.post(s, {"7"}).error() == errc::send_queue_full);
    w.resume(s);
    CHECK(w.take() == strings{"open", "message 1", "message 2", "message 3", "message 6"});
    CHECK(w.post(s, {"8"}));
}

TEST_CASE("an empty inbox takes any one POST") {
    world w({.max_queued_bytes = 300});
    auto& transport = w.transport(stream);
    auto& s = w.sockjs(&transport);
    s.pause();
    std::string const big(1000, 'x');
    CHECK(w.post(s, {big, big}));
    CHECK(w.post(s, {"1"}).error() == errc::send_queue_full);
}

TEST_CASE("an application that pauses for every message may do so for ever") {
    world w({.max_queued_bytes = 300});
    auto& transport = w.transport(stream);
    auto& s = w.sockjs(&transport);
    w.on_message = [](session& same, message_view) { same.pause(); };
    CHECK(w.post(s, {"first"}));
    for (int i = 0; i < 100; ++i) {
        REQUIRE(s.is_paused());
        REQUIRE(w.post(s, {"x"}));
        w.resume(s);
    }
    CHECK(w.heard.size() == 102);
}

TEST_CASE("what is left of the POST in whose middle a session paused counts") {
    world w({.max_queued_bytes = 300});
    auto& transport = w.transport(stream);
    auto& s = w.sockjs(&transport);
    w.on_message = [](session& same, message_view) { same.pause(); };
    CHECK(w.post(s, {"1", "2", "3", "4", "5"}));
    CHECK(w.post(s, {"6"}).error() == errc::send_queue_full);
}

TEST_CASE("a receiver that meets a session on the way to its end is dropped") {
    world w;
    auto& first = w.transport(poll);
    auto& s = w.sockjs(&first);
    s.end(close_reason::shutting_down, ending::silently);
    auto& late = w.transport(poll);
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
    auto& second = w.transport(poll);
    w.attach(s, second);
    s.close(no_code, {});
    s.end(close_reason::shutting_down, ending::silently);
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
    auto& first = w.transport(poll);
    auto& s = w.sockjs(&first);
    auto& transport = w.transport(stream);
    w.attach(s, transport);
    w.advance_ticks(heartbeat - 1);
    // A stalled write is found out by a timer, too: no flush is between the two.
    transport.over = true;
    s.on_closed(transport, false, {close_reason::slow_consumer, close_code::abnormal, {}});
    w.tick_once();
    CHECK(w.heard == strings{"open", "close slow_consumer 1006"});
    CHECK_FALSE(is_found(w));
}
