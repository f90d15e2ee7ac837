// Clients that send faster than they may, and messages of which only the latest counts.
#include "session/session_base.hpp"
#include "support/engineio_fixture.hpp"
#include "support/printers.hpp"
#include "support/session_fixture.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;

// -- rates ----------------------------------------------------------------------------------------

TEST_CASE("without limits a client may send as fast as it likes") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    for (int i = 0; i < 10'000; ++i) w.receive(s, transport, "x");
    CHECK(s.is_open());
}

TEST_CASE("messages beyond the burst end the session with 1008, and are not heard") {
    world w({.max_messages_per_second = 10, .message_burst = 3});
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    for (auto const* text : {"1", "2", "3"}) w.receive(s, transport, text);
    CHECK(s.is_open());
    w.receive(s, transport, "4");
    CHECK(transport.goodbye == "1008 too many messages");
    CHECK(w.heard == strings{"open",
                             "message 1",
                             "message 2",
                             "message 3",
                             "close rate_limited 1008 too many messages"});
    REQUIRE(w.notices.size() == 1);
    CHECK(w.notices[0].starts_with("closed: rate_limited, too many messages"));
}

TEST_CASE("who keeps to the rate stays, for as long as it likes") {
    world w({.max_messages_per_second = 10, .message_burst = 1});
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    for (int i = 0; i < 100; ++i) {
        w.receive(s, transport, "x");
        w.advance(100ms);
    }
    CHECK(s.is_open());
    w.receive(s, transport, "x");
    w.receive(s, transport, "x");
    CHECK(w.closes == 1);
}

TEST_CASE("a burst that is not said is a second's") {
    world w({.max_messages_per_second = 5});
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    for (int i = 0; i < 5; ++i) w.receive(s, transport, "x");
    CHECK(s.is_open());
    w.receive(s, transport, "x");
    CHECK(w.closes == 1);
}

TEST_CASE("bytes are limited by themselves, and one message may be as long as messages may be") {
    world w({.max_message = 1'000, .max_bytes_per_second = 100, .byte_burst = 200});
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    w.receive(s, transport, std::string(1'000, 'x'));
    CHECK(s.is_open());
    w.advance(1s);
    w.receive(s, transport, std::string(100, 'x'));
    CHECK(s.is_open());
    w.receive(s, transport, "x");
    CHECK(transport.goodbye == "1008 too many bytes");
}

TEST_CASE("one body with too many messages is too fast, on every dialect") {
    world w({.max_messages_per_second = 2});
    auto& stream = w.transport(carrier::stream);
    auto& s = w.sockjs(&stream);
    stream.take();
    (void)w.post(s, {"1", "2", "3", "4"});
    CHECK(stream.take() == strings{R"(c[1008,"too many messages"])"});
    CHECK(w.take().back() == "close rate_limited 1008 too many messages");

    engineio_world e({.max_messages_per_second = 2});
    auto& socket = e.transport();
    auto& session = e.on_websocket(socket);
    for (auto const* packet : {"41", "42", "43"}) e.receive(session, socket, packet);
    CHECK(socket.goodbye == "1008 too many messages");
    CHECK(e.take().back() == "close rate_limited 1008 too many messages");
}

TEST_CASE("heartbeats are no messages, and a pause does not hide any") {
    engineio_world e({.max_messages_per_second = 2});
    auto& socket = e.transport();
    auto& session = e.on_websocket(socket);
    for (int i = 0; i < 100; ++i) e.receive(session, socket, "3");
    CHECK(session.is_open());
    session.pause();
    for (auto const* packet : {"41", "42", "43"}) e.receive(session, socket, packet);
    CHECK(e.closes == 1);
}

// -- the latest of a key --------------------------------------------------------------------------

TEST_CASE("a message of a key replaces the one that waits, keeps its turn, and is counted") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    transport.block();
    CHECK(w.send(s, "taken"));
    CHECK(transport.take() == strings{"taken"});
    CHECK(s.send_latest("EUR", "1.10"));
    CHECK(s.send("between"));
    CHECK(s.send_latest("USD", "1.00"));
    CHECK(s.send_latest("EUR", "1.11"));
    CHECK(s.send_latest("EUR", "1.12"));
    CHECK(s.send_latest("", "no key"));
    CHECK(s.send_latest("", "no key"));
    CHECK(s.replaced() == 2);
    CHECK(s.dropped() == 0);
    w.unblock(s, transport);
    CHECK(transport.take() == strings{"1.12", "between", "1.00", "no key", "no key"});
    CHECK(s.send_latest("EUR", "1.13"));
    w.loop.flush();
    CHECK(transport.take() == strings{"1.13"});
    CHECK(s.replaced() == 2);
    CHECK(s.send_latest("EUR", "\xff").error() == errc::bad_utf8);
}

TEST_CASE("in the place of another one a message needs only the room that it takes beyond that") {
    world w(
        {.max_queued_bytes = 3 * 65, .overflow = overflow_policy::refuse, .max_burst_bytes = 0});
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    transport.block();
    CHECK(w.send(s, "x"));
    for (auto const* key : {"a", "b", "c"}) CHECK(s.send_latest(key, "1"));
    CHECK(s.send_latest("d", "1").error() == errc::send_queue_full);
    CHECK(s.send_latest("a", "2"));
    CHECK(s.send_latest("b", "20").error() == errc::send_queue_full);
    CHECK(s.send_latest("c", ""));
    CHECK(s.send_latest("b", "30"));
    w.unblock(s, transport);
    CHECK(transport.take() == strings{"x", "2", "30", ""});
    CHECK(w.heard.back() == "drain");
}

TEST_CASE("one that was dropped to make room for its successor is none to replace") {
    world w({.max_queued_bytes = 2 * 65,
             .overflow = overflow_policy::drop_oldest,
             .max_burst_bytes = 0});
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    transport.block();
    CHECK(w.send(s, "x"));
    CHECK(s.send_latest("a", "1"));
    CHECK(s.send("2"));
    CHECK(s.send_latest("a", "33"));
    CHECK(s.replaced() == 0);
    CHECK(s.dropped() == 1);
    w.unblock(s, transport);
    CHECK(transport.take() == strings{"x", "2", "33"});
}

TEST_CASE("the latest of a key is one frame for all who get it") {
    world w;
    auto& transport_1 = w.transport();
    auto& transport_2 = w.transport();
    auto& slow = w.plain(transport_1);
    w.plain(transport_2);
    transport_1.block();
    CHECK(w.send(slow, "x"));
    for (auto const* text : {"1", "2", "3"}) {
        shared_message m(text);
        w.endpoint.broadcast(m, 7);
        w.loop.flush();
    }
    CHECK(transport_2.take() == strings{"1", "2", "3"});
    w.unblock(slow, transport_1);
    CHECK(transport_1.take() == strings{"x", "3"});
    CHECK(transport_1.frames.back() == transport_2.frames.back());
    CHECK(slow.replaced() == 2);
}

TEST_CASE("a message that was sent by another secret's key has a frame of its own") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    transport.block();
    CHECK(w.send(s, "x"));
    shared_message m("1");
    CHECK(s.send_shared(m, 7));
    CHECK(s.send_shared(m, 8));
    CHECK(s.send_shared(m, 8));
    CHECK(s.replaced() == 1);
    w.unblock(s, transport);
    CHECK(transport.take() == strings{"x", "1", "1"});
}

// -- what the engine tells ------------------------------------------------------------------------

TEST_CASE("the engine tells of its packets before it acts on them, and of the upgrade") {
    engineio_world w;
    strings told;
    w.timing.on_packet = [&](session& s, engineio_packet const& p) {
        told.push_back(
            std::string(p.type).append(" ").append(p.data).append(" ").append(s.transport()));
    };
    w.timing.on_upgrade = [&](session& s) {
        told.push_back(std::string("upgraded ").append(s.transport()));
    };
    auto& s = w.on_polling();
    CHECK(w.post(s,
                 "4one\x1e"
                 "4two"));
    auto& socket = w.candidate(s);
    w.receive(s, socket, "2probe");
    w.receive(s, socket, "5");
    w.receive(s, socket, "4three");
    w.receive(s, socket, "1");
    CHECK(told == strings{"message one polling",
                          "message two polling",
                          "upgraded websocket",
                          "message three websocket",
                          "close  websocket"});
    CHECK(w.closes == 1);
}

TEST_CASE("what the engine tells may end the session, or throw: nothing follows") {
    for (auto const throws : {false, true}) {
        engineio_world w;
        int told = 0;
        w.timing.on_packet = [&](session& s, engineio_packet const&) {
            ++told;
            if (throws) throw std::runtime_error("no");
            s.close();
        };
        auto& s = w.on_polling();
        CHECK(w.post(s,
                     "4one\x1e"
                     "4two"));
        CHECK(told == 1);
        for (auto const& line : w.heard) CHECK_FALSE(line.starts_with("message"));
    }
}
