#include "session/duplex_session.hpp"

#include "support/printers.hpp"
#include "support/session_fixture.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>

using namespace anywire;
using namespace anywire::test;

namespace {

constexpr auto day = 24h;

/// Ticks until the transport has something written.
tick ticks_until_written(world& w, fake_transport& transport) {
    auto const start = w.loop.now();
    while (transport.written.empty() && w.loop.now() - start < 10'000) w.tick_once();
    return w.loop.now() - start;
}

}  // namespace

// -- the heartbeat --------------------------------------------------------------------------------

TEST_CASE("the first ping comes at 0.8 to 1.0 of the interval") {
    std::vector<tick> seen;
    for (int i = 0; i < 300; ++i) {
        world w({}, static_cast<tick>(i) * 7919);
        w.all_random = static_cast<unsigned char>(i);
        auto& transport = w.transport();
        w.pinged(transport);
        auto const when = ticks_until_written(w, transport);
        CHECK(transport.written == strings{"(ping)"});
        CHECK(when >= 800);
        CHECK(when <= 1000);
        seen.push_back(when);
    }
    std::sort(seen.begin(), seen.end());
    CHECK(seen.front() < 820);
    CHECK(seen.back() > 980);
}

TEST_CASE("a peer that answers pings is pinged once an interval, all day") {
    world w;
    auto& transport = w.transport();
    auto& s = w.pinged(transport);
    int pings = 0;
    auto last = w.loop.now();
    for (auto left = to_ticks(day); left != 0; --left) {
        w.tick_once();
        if (transport.written.empty()) continue;
        REQUIRE(transport.take() == strings{"(ping)"});
        if (pings++ != 0) REQUIRE(w.loop.now() - last == 1000);
        last = w.loop.now();
        w.alive(s, transport);
    }
    CHECK(pings >= 24 * 60 * 60 / 25);
    CHECK(s.is_open());
}

TEST_CASE("a peer that talks is pinged every interval, too: proxies count each side's silence") {
    world w;
    auto& transport = w.transport();
    auto& s = w.pinged(transport);
    for (tick i = 0; i < 100'000; i += 100) {
        w.advance_ticks(100);
        w.receive(s, transport, "x");
    }
    CHECK(transport.written.size() >= 99);
    CHECK(transport.written.size() <= 101);
    CHECK(s.is_open());
}

TEST_CASE("pings come every interval where the timeout is longer than that, answered or not") {
    auto const answers = GENERATE(true, false);
    world w;
    w.ping = {.ping_interval = 100, .ping_timeout = 800};
    auto& transport = w.transport();
    auto& s = w.pinged(transport);
    auto const first = w.loop.now() + ticks_until_written(w, transport);
    for (int i = 1; i <= 7; ++i) {
        transport.take();
        if (answers) w.alive(s, transport);
        CHECK(ticks_until_written(w, transport) == 100);
        CHECK(transport.written == strings{"(ping)"});
    }
    CHECK(s.is_open());
    w.advance_ticks(100);
    CHECK(w.loop.now() - first == 800);
    CHECK(w.closes == (answers ? 0 : 1));
}

TEST_CASE("silence after a ping ends the session at the timeout exactly") {
    world w;
    auto& transport = w.transport();
    w.pinged(transport);
    ticks_until_written(w, transport);
    w.advance_ticks(799);
    CHECK(w.closes == 0);
    w.tick_once();
    CHECK(w.heard == strings{"open", "close heartbeat_timeout 1002 no answer to a ping"});
    CHECK(transport.goodbye == "1002 no answer to a ping");
}

TEST_CASE("any sign of life answers a ping, until the last tick") {
    for (auto const is_message : {true, false}) {
        world w;
        auto& transport = w.transport();
        auto& s = w.pinged(transport);
        ticks_until_written(w, transport);
        w.advance_ticks(799);
        if (is_message)
            w.receive(s, transport, "x");
        else
            w.alive(s, transport);
        w.advance_ticks(200);
        CHECK(s.is_open());
        CHECK(transport.take() == strings{"(ping)"});
        CHECK(ticks_until_written(w, transport) == 1);  // the next is due as if nothing had been
        w.advance_ticks(799);
        CHECK(w.closes == 0);
        w.tick_once();
        CHECK(w.closes == 1);
    }
}

TEST_CASE("a peer is not blamed for a ping that waits after unsent bytes") {
    world w;
    auto& transport = w.transport();
    auto& s = w.pinged(transport);
    transport.block(1000);
    CHECK(w.send(s, "much"));
    w.advance_ticks(3000);
    CHECK(transport.take() == strings{"much"});
    CHECK(s.is_open());
    w.unblock(s, transport);
    CHECK(transport.take() == strings{"(ping)"});
    // Now that it is out, the peer has the whole timeout.
    w.advance_ticks(799);
    CHECK(s.is_open());
    w.tick_once();
    CHECK(w.closes == 1);
}

TEST_CASE("a peer that reads but never answers is ended, however much is written to it") {
    world w;
    auto& transport = w.transport();
    auto& s = w.pinged(transport);
    for (int i = 0; i < 400 && w.closes == 0; ++i) {
        transport.block(10);
        CHECK(w.send(s, "x"));
        w.advance_ticks(50);
        w.unblock(s, transport);
        w.advance_ticks(53);
    }
    CHECK(w.heard.back().starts_with("close heartbeat_timeout"));
}

TEST_CASE("a paused session is not ended for answers that it does not read") {
    world w;
    auto& transport = w.transport();
    auto& s = w.pinged(transport);
    s.pause();
    w.advance_ticks(10'000);
    CHECK(transport.take() == strings(10, "(ping)"));
    CHECK(s.is_open());
    w.resume(s);
    w.advance_ticks(799);
    CHECK(s.is_open());
    w.tick_once();
    CHECK(w.closes == 1);
}

TEST_CASE("a session that resumes in the very tick its ping runs out is heard out") {
    for (tick when = 0; when < 2000; ++when) {
        world w;
        w.all_random = 0;
        auto& transport = w.transport();
        auto& s = w.pinged(transport);
        s.pause();
        s.after(when * tick_length, [](session& same) { same.resume(); });
        while (s.is_paused()) w.tick_once();
        REQUIRE(s.is_open());
        w.advance_ticks(2);
        REQUIRE(s.is_open());
    }
}

TEST_CASE("without an interval nobody is pinged") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    w.advance(1h);
    CHECK(transport.written.empty());
    CHECK_FALSE(s.is_armed());
}

TEST_CASE("a closing session is not pinged") {
    world w;
    auto& transport = w.transport();
    auto& s = w.pinged(transport);
    transport.block(1);
    CHECK(s.send("x"));
    w.close(s);
    w.advance_ticks(5000);
    w.unblock(s, transport);
    CHECK(transport.written == strings{"x"});
    CHECK(w.heard == strings{"open", "close server_closed 1000"});
}

// -- plain ----------------------------------------------------------------------------------------

TEST_CASE("a plain session's frames are its messages, text and binary") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    CHECK(s.sid().empty());
    CHECK(s.send(""));
    CHECK(s.send("text"));
    CHECK(s.send({"\0\xff"sv, true}));
    w.loop.flush();
    CHECK(transport.written == strings{"", "text", "\0\xff"s});
    bool binary = false;
    w.on_message = [&](session&, message_view m) { binary = m.binary; };
    w.receive(s, transport, "\xff", true);
    CHECK(binary);
    w.receive(s, transport, "");
    CHECK_FALSE(binary);
    CHECK(w.heard.size() == 3);
}

// -- SockJS over a WebSocket ----------------------------------------------------------------------

TEST_CASE("a SockJS WebSocket opens with o, and its messages are arrays of JSON") {
    world w;
    auto& transport = w.transport();
    w.on_open = [](session& s) { CHECK(s.send("hi \"you\"")); };
    auto& s = w.sockjs_websocket(transport);
    CHECK(transport.take() == strings{"o", R"(a["hi \"you\""])"});
    w.receive(s, transport, R"(["a","b\n"])");
    w.receive(s, transport, R"("alone")");
    w.receive(s, transport, "");
    w.receive(s, transport, "[]");
    CHECK(w.heard == strings{"open", "message a", "message b\n", "message alone"});
}

TEST_CASE("binary that is text goes over SockJS, and other binary is refused") {
    world w;
    auto& transport = w.transport();
    auto& s = w.sockjs_websocket(transport);
    CHECK(s.send({"ok"sv, true}));
    CHECK(s.send({"\xff"sv, true}).error() == errc::bad_utf8);
    w.loop.flush();
    CHECK(transport.written == strings{"o", R"(a["ok"])"});
}

TEST_CASE(
    "a SockJS WebSocket that breaks the framing ends at once, without a close frame of SockJS") {
    for (auto const* bad : {"[", "{}", "[1]", "x", R"(["a",)"}) {
        world w;
        auto& transport = w.transport();
        auto& s = w.sockjs_websocket(transport);
        transport.take();
        s.on_payload(transport, bad, false);
        s.on_payload(transport, R"(["after"])", false);
        w.loop.flush();
        CHECK(w.heard == strings{"open", "close protocol_error 3000 Broken framing."});
        CHECK(transport.written.empty());
        CHECK(transport.goodbye == "3000 Broken framing.");
    }
    world w;
    auto& transport = w.transport();
    auto& s = w.sockjs_websocket(transport);
    w.receive(s, transport, R"(["a"])", true);
    CHECK(w.heard.back() == "close protocol_error 3000 Broken framing.");
}

TEST_CASE("no more of an array is delivered once its session has closed or paused") {
    world w;
    auto& transport = w.transport();
    auto& s = w.sockjs_websocket(transport);
    w.on_message = [](session& same, message_view m) {
        if (m.data == "pause") same.pause();
        if (m.data == "close") same.close();
    };
    w.receive(s, transport, R"(["pause","b","close","d"])");
    CHECK(w.take() == strings{"open", "message pause"});
    w.resume(s);
    CHECK(w.take() == strings{"message b", "message close", "close server_closed 1000"});
}

TEST_CASE("a SockJS WebSocket says goodbye after what is queued, then closes in order") {
    world w;
    auto& transport = w.transport();
    auto& s = w.sockjs_websocket(transport);
    CHECK(s.send("last"));
    w.close(s, app_code(3100), "so \"long\"");
    CHECK(transport.written == strings{"o", R"(a["last"])", R"(c[3100,"so \"long\""])"});
    CHECK(transport.goodbye == "1000 Normal closure");
    CHECK(w.heard.back() == "close server_closed 3100 so \"long\"");
}

TEST_CASE("a SockJS WebSocket that answers no ping hears so") {
    world w;
    auto& transport = w.transport();
    w.sockjs_websocket(transport);
    transport.take();
    ticks_until_written(w, transport);
    w.advance_ticks(800);
    CHECK(transport.take() == strings{"(ping)", R"(c[3000,"No response from heartbeat"])"});
    CHECK(transport.goodbye == "1000 Normal closure");
    CHECK(w.heard.back() == "close heartbeat_timeout 3000 No response from heartbeat");
}

TEST_CASE("a SockJS handler that throws has the client told, even when it had closed before") {
    for (auto const closes_first : {false, true}) {
        world w;
        auto& transport = w.transport();
        w.on_message = [&](session& s, message_view) {
            if (closes_first) s.close(app_code(3000), "bye");
            throw std::runtime_error("boom");
        };
        auto& s = w.sockjs_websocket(transport);
        transport.take();
        w.receive(s, transport, R"(["x"])");
        CHECK(transport.take() == strings{R"(c[1011,"handler failed"])"});
        CHECK(transport.goodbye == "1000 Normal closure");
    }
}

TEST_CASE("a slow SockJS WebSocket is closed with the reason on the carrier, after what is stuck") {
    world w({.max_queued_bytes = 100, .max_burst_bytes = 0});
    auto& transport = w.transport();
    auto& s = w.sockjs_websocket(transport);
    transport.block(90);
    CHECK(w.send(s, "1"));
    CHECK(s.send("2").error() == errc::session_closed);
    w.loop.flush();
    CHECK(transport.written == strings{"o", R"(a["1"])"});
    CHECK(transport.goodbye == "1013 slow consumer");
}

TEST_CASE("h messages go beside the pings where asked for, one an interval") {
    world w;
    w.ping.heartbeat_messages = true;
    auto& transport = w.transport();
    auto& s = w.sockjs_websocket(transport);
    transport.take();
    int rounds = 0;
    for (auto left = to_ticks(1h); left != 0; --left) {
        w.tick_once();
        if (transport.written.empty()) continue;
        REQUIRE(transport.take() == strings{"h", "(ping)"});
        ++rounds;
        w.advance_ticks(3);
        left -= 3;
        w.alive(s, transport);
    }
    CHECK(rounds <= 3600 / 25 + 1);
    CHECK(rounds >= 3600 / 26);
}
