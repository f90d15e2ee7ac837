// The heartbeat of Engine.IO sessions, in both revisions.
#include "support/engineio_fixture.hpp"

#include <string>

using namespace anywire;
using namespace anywire::test;

namespace {

strings const opened{"open"};

strings opened_and(std::string_view line) {
    return {"open", std::string(line)};
}

}  // namespace

TEST_CASE("v4: a ping each interval, counted from the pong") {
    engineio_world w;
    auto& socket = w.transport();
    auto& s = w.on_websocket(socket);
    w.advance_ticks(999);
    CHECK(socket.written.empty());
    w.advance_ticks(1);
    CHECK(socket.take() == strings{"2"});
    w.advance_ticks(300);
    w.receive(s, socket, "3");
    w.advance_ticks(999);
    CHECK(socket.written.empty());
    w.advance_ticks(1);
    CHECK(socket.take() == strings{"2"});
}

TEST_CASE("v4: pongs that answer no ping postpone nothing") {
    engineio_world w;
    auto& socket = w.transport();
    auto& s = w.on_websocket(socket);
    for (int i = 0; i < 9; ++i) {
        w.advance_ticks(100);
        w.receive(s, socket, "3");
        w.receive(s, socket, "3probe");
    }
    w.advance_ticks(100);
    CHECK(socket.take() == strings{"2"});
    w.advance_ticks(800);
    CHECK(w.heard == opened_and("close heartbeat_timeout 1005 ping timeout"));
}

TEST_CASE("v4: silence after a ping ends the session, on either transport") {
    engineio_world w;
    auto const websocket = GENERATE(true, false);
    auto& socket = w.transport();
    if (websocket)
        (void)w.on_websocket(socket);
    else
        (void)w.on_polling();
    w.advance_ticks(1000 + 799);
    CHECK(w.heard == opened);
    w.advance_ticks(1);
    CHECK(w.heard == opened_and("close heartbeat_timeout 1005 ping timeout"));
    CHECK(w.is_destroyed());
}

TEST_CASE("v4: a parked poll takes the ping, and is told of the end if no pong comes") {
    engineio_world w;
    auto& s = w.on_polling();
    auto& first = w.poll(s);
    w.advance_ticks(1000);
    CHECK(first.written == strings{"2"});
    auto& second = w.poll(s);
    w.advance_ticks(800);
    CHECK(second.written == strings{"1"});
    CHECK(w.heard == opened_and("close heartbeat_timeout 1005 ping timeout"));
}

TEST_CASE("v4: whatever a client sends is life, but the pings go on") {
    engineio_world w;
    auto& socket = w.transport();
    auto& s = w.on_websocket(socket);
    auto const speak = GENERATE(0, 1, 2);
    for (int i = 0; i < 5; ++i) {
        w.advance_ticks(i == 0 ? 1000 : 800);
        CHECK(socket.take() == strings{"2"});
        if (speak == 0) w.receive(s, socket, "4x");
        if (speak == 1) w.receive(s, socket, "6");
        if (speak == 2) w.alive(s, socket);
    }
    CHECK(s.is_open());
    w.advance_ticks(1600);
    CHECK(w.heard.back() == "close heartbeat_timeout 1005 ping timeout");
}

TEST_CASE("v4: pings do not gather for a client that posts and never polls") {
    engineio_world w;
    auto& s = w.on_polling();
    for (int i = 0; i < 50; ++i) {
        w.advance_ticks(400);
        w.post(s, "4x");
    }
    CHECK(s.is_open());
    CHECK(w.poll(s).written == strings{"2"});
}

TEST_CASE("a ping in the wrong direction ends the session") {
    engineio_world w;
    auto const version = GENERATE(revision::v4, revision::v3);
    auto& socket = w.transport();
    auto& s = w.on_websocket(socket, version);
    w.receive(s, socket, version == revision::v4 ? "2" : "3");
    CHECK(w.heard == opened_and("close protocol_error 1005 transport error"));
    CHECK(socket.goodbye == "1005 ");
}

TEST_CASE("v3: a ping is answered by a pong that does not repeat it") {
    engineio_world w;
    auto& socket = w.transport();
    auto& s = w.on_websocket(socket, revision::v3);
    w.receive(s, socket, "2");
    CHECK(socket.take() == strings{"3"});
    w.receive(s, socket, "2probe");
    CHECK(socket.take() == strings{"3"});
}

TEST_CASE("v3: the server sends no pings; a client that sends nothing is timed out") {
    engineio_world w;
    auto& socket = w.transport();
    auto& s = w.on_websocket(socket, revision::v3);
    w.advance_ticks(1500);
    w.receive(s, socket, "2");
    (void)socket.take();
    w.advance_ticks(1799);
    CHECK(s.is_open());
    CHECK(socket.written.empty());
    w.advance_ticks(1);
    CHECK(w.heard == opened_and("close heartbeat_timeout 1005 ping timeout"));
}

TEST_CASE("v3: a flood of pings by a client that never polls takes little memory") {
    session_limits limits;
    limits.max_queued_bytes = 4096;
    limits.max_burst_bytes = 0;
    limits.overflow = GENERATE(
        overflow_policy::drop_oldest, overflow_policy::drop_newest, overflow_policy::refuse);
    engineio_world w(limits);
    w.on_message = [](session& s, message_view m) { (void)s.send(m); };
    auto& s = w.on_polling(revision::v3);
    std::string flood;
    for (int i = 0; i < 1000; ++i) flood.append("1:22:4x");
    for (int i = 0; i < 5 && w.closes == 0; ++i) {
        w.post(s, flood);
        if (w.closes == 0)
            CHECK(s.queued_bytes() <= limits.max_queued_bytes + outbox::max_own_bytes);
    }
    CHECK(std::all_of(w.heard.begin() + 1, w.heard.end(), [](auto const& line) {
        return line == "message x" || line == "close slow_consumer 1013 slow consumer";
    }));
}

TEST_CASE("a blocked WebSocket is not silent, and gets its time once it moves again") {
    engineio_world w;
    auto& socket = w.transport();
    auto& s = w.on_websocket(socket);
    socket.block();
    CHECK(w.send(s, "big"));
    w.advance_ticks(1000);  // the ping waits after it
    w.advance_ticks(800 + 790);
    CHECK(s.is_open());
    w.unblock(s, socket);
    CHECK(socket.take() == strings{"4big", "2"});
    w.advance_ticks(10 + 799);
    CHECK(s.is_open());
    w.receive(s, socket, "3");
    w.advance_ticks(900);
    CHECK(s.is_open());
}

TEST_CASE("a paused session is not timed out; after the pause silence counts anew") {
    engineio_world w;
    auto const version = GENERATE(revision::v4, revision::v3);
    auto& socket = w.transport();
    auto& s = w.on_websocket(socket, version);
    s.pause();
    w.advance_ticks(10'000);
    CHECK(s.is_open());
    w.resume(s);
    w.advance_ticks(799);
    CHECK(s.is_open());
    w.advance_ticks(1800);
    CHECK(w.heard.back() == "close heartbeat_timeout 1005 ping timeout");
}
