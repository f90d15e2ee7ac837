// STOMP over TCP: one audience with the clients on mounts, whatever the pieces that bytes come in.

#include <anywire/stomp_tcp.hpp>

#include "support/stomp_wire.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using client = stomp_wire_client<>;

namespace {

std::string send_frame(std::string const& to, std::string_view body, std::string const& more = {}) {
    std::vector<std::string> headers{"destination:" + to,
                                     "content-length:" + std::to_string(body.size())};
    if (!more.empty()) headers.push_back(more);
    return frame_of("SEND", headers, body);
}

}  // namespace

TEST_CASE("clients over TCP and over WebSocket are one audience") {
    notes seen;
    stomp_tcp_server at([&](stomp::server& s) {
        allow_all(s);
        s.on_connected([&](stomp::client& c) {
            seen.add(std::string(c.session().transport()) + " " +
                     std::string(c.session().request().remote_address()) + " " +
                     std::string(c.session().request().target()));
        });
    });
    client tcp(at.port());
    CHECK(tcp.connect().header("version") == "1.2");
    REQUIRE(seen.wait_for("tcp 127.0.0.1 stomp://127.0.0.1:"));
    tcp.subscribe("/topic/a");
    raw_client ws(at.runs.port());
    REQUIRE(ws.upgrade("/stomp", "Sec-WebSocket-Protocol: v12.stomp\r\n").status == 101);
    ws.send_text(frame_of("CONNECT", {"accept-version:1.2"}));
    CHECK(ws.read_message().starts_with("CONNECTED\n"));
    ws.send_text(frame_of("SUBSCRIBE", {"id:7", "destination:/topic/a"}));
    std::string const binary("\0\xff\n", 3);
    ws.send_text(frame_of("SEND", {"destination:/topic/a"}, "from ws"));
    CHECK(tcp.read().body == "from ws");
    CHECK(ws.read_message().ends_with(std::string("from ws\0", 8)));
    tcp.send(send_frame("/topic/a", binary));
    CHECK(tcp.read().body == binary);
    CHECK(ws.read_message().ends_with(binary + std::string(1, '\0')));
    // Long enough that the rest is shared, and written from where it is.
    std::string const big(100'000, 'b');
    REQUIRE(at.broker.send("/topic/a", big));
    CHECK(tcp.read().body == big);
    CHECK(ws.read_message().ends_with(big + std::string(1, '\0')));
    auto const all = at.broker.clients();
    CHECK(all.size() == 2);
}

TEST_CASE("frames come byte by byte, or many at once") {
    stomp_tcp_server at(allow_all);
    client c(at.port());
    SECTION("byte by byte, beats in between") {
        auto const all = "\n\nCONNECT\r\naccept-version:1.2\r\n\r\n" + std::string(1, '\0') + "\n" +
                         frame_of("SUBSCRIBE", {"id:0", "destination:/topic/a\\cb"}) + "\n\n" +
                         send_frame("/topic/a\\cb", std::string("x\0y", 3));
        int const on = 1;
        ::setsockopt(c.descriptor(), IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof on);
        for (auto const b : all) c.send({&b, 1});
        CHECK(c.read().command == "CONNECTED");
        auto const m = c.read();
        CHECK(m.command == "MESSAGE");
        CHECK(m.body == std::string("x\0y", 3));
    }
    SECTION("ten and more at once, with what is to come before CONNECTED") {
        std::string all = frame_of("CONNECT", {"accept-version:1.2"}) +
                          frame_of("SUBSCRIBE", {"id:0", "destination:/topic/a"});
        for (int i = 0; i < 100; ++i) all += send_frame("/topic/a", std::to_string(i)) + "\n";
        c.send(all);
        CHECK(c.read().command == "CONNECTED");
        for (int i = 0; i < 100; ++i) CHECK(c.read().body == std::to_string(i));
    }
    SECTION("a frame of many reads") {
        c.connect();
        c.subscribe("/topic/a");
        std::string const big(60'000, 'z');
        for (int i = 0; i < 20; ++i) c.send(send_frame("/topic/a", big));
        for (int i = 0; i < 20; ++i) CHECK(c.read().body == big);
    }
}

TEST_CASE("what is decided later waits on the wire") {
    std::optional<stomp::admission> decide;
    notes seen;
    stomp_tcp_server at([&](stomp::server& s) {
        allow_all(s);
        s.on_connect([&](stomp::connect const& c, stomp::admission in) {
            decide = in;
            seen.add("asked by " + std::string(c.request().remote_address()));
        });
    });
    client c(at.port());
    c.send(frame_of("CONNECT", {"accept-version:1.2"}) +
           frame_of("SUBSCRIBE", {"id:0", "destination:/topic/a"}));
    REQUIRE(seen.wait_for("asked by 127.0.0.1"));
    std::thread more([&] {
        for (int i = 0; i < 50; ++i) c.send(send_frame("/topic/a", std::string(50'000, 'w')));
    });
    CHECK(seen.wait_for("asked"));
    decide->accept({.user = "ann"});
    CHECK(c.read().header("user-name") == "ann");
    for (int i = 0; i < 50; ++i) CHECK(c.read().body.size() == 50'000);
    more.join();
}

TEST_CASE("heart-beats are strict where the wire has none of its own") {
    notes seen;
    stomp::options o{.heart_beat = {.out_min = 100ms, .in_min = 500ms}};
    stomp_tcp_server at(
        [&](stomp::server& s) {
            s.on_disconnect([&](stomp::client&, close_event const& how) {
                seen.add(std::string(to_string(how.reason)));
            });
            s.on_message("/app/pause", [](stomp::client& c) {
                c.session().pause();
                c.session().after(3s, [](session& of) { of.resume(); });
            });
        },
        o);
    client c(at.port());
    CHECK(c.connect("heart-beat:500,100\n").header("heart-beat") == "100,500");
    auto const began = std::chrono::steady_clock::now();
    auto const passed = [&] { return std::chrono::steady_clock::now() - began; };
    SECTION("a silent client goes after three intervals, and gets a beat in each until then") {
        auto beats = 0;
        try {
            for (;; ++beats) {
                auto const f = c.read_frame();
                CHECK(f.command.empty());
            }
        } catch (std::runtime_error const&) {
        }
        CHECK(passed() >= 1400ms);
        CHECK(passed() < 20s);  // and not 90
        CHECK(beats >= 2);
        CHECK(seen.wait_for("heartbeat_timeout"));
    }
    SECTION("one that beats stays") {
        while (passed() < 2s) {
            auto const f = c.read_frame();
            REQUIRE(f.command.empty());
            c.send("\n");
        }
        CHECK(seen.all().empty());
    }
    SECTION("nobody is dead who is not listened to") {
        c.send(frame_of("SEND", {"destination:/app/pause"}));
        while (passed() < 2500ms) {
            auto const f = c.read_frame();
            REQUIRE(f.command.empty());
        }
        for (int i = 0; i < 5; ++i) {
            c.send("\n");
            auto const f = c.read_frame();
            REQUIRE(f.command.empty());
        }
        CHECK(seen.all().empty());
    }
}

TEST_CASE("two hundred clients, on all threads, all hear") {
    stomp_tcp_server at(allow_all, {}, {}, on_free_port(4));
    std::vector<std::unique_ptr<client>> all;
    for (int i = 0; i < 200; ++i) {
        all.push_back(std::make_unique<client>(at.port()));
        all.back()->connect();
        all.back()->subscribe("/topic/a");
    }
    CHECK(at.broker.numbers().clients == 200);
    for (int i = 0; i < 5; ++i) REQUIRE(at.broker.send("/topic/a", std::to_string(i)));
    for (auto& c : all)
        for (int i = 0; i < 5; ++i) CHECK(c->read().body == std::to_string(i));
    for (auto& c : all) c->send(frame_of("DISCONNECT", {"receipt:bye"}));
    for (auto& c : all) {
        CHECK(c->read().header("receipt-id") == "bye");
        CHECK(c->is_ended_by_peer());
        CHECK_FALSE(c->was_reset());
    }
    CHECK(at.broker.numbers().clients == 0);
}

TEST_CASE("a flood of frames with receipts is answered in order") {
    stomp_tcp_server at(allow_all);
    client c(at.port());
    c.connect();
    constexpr int many = 20'000;
    std::thread sending([&] {
        for (int i = 0; i < many; ++i)
            c.send(send_frame("/topic/nobody", "x", "receipt:" + std::to_string(i)));
    });
    auto in_order = true;
    for (int i = 0; i < many; ++i)
        in_order = c.read().header("receipt-id") == std::to_string(i) && in_order;
    CHECK(in_order);
    sending.join();
}

TEST_CASE("who does not read ends as a slow consumer, and hurts nobody") {
    notes seen;
    stomp_tcp_server at(
        [&](stomp::server& s) {
            s.on_disconnect([&](stomp::client&, close_event const& how) {
                seen.add(std::string(to_string(how.reason)));
            });
        },
        {},
        {.limits = {.max_queued_bytes = 64 * 1024, .max_burst_bytes = 1u << 20}});
    client slow(at.port(), {.receive_buffer = 4096});
    slow.connect();
    slow.subscribe("/topic/a");
    client quick(at.port());
    quick.connect();
    quick.subscribe("/topic/a");
    std::string const text(50'000, 't');
    for (int i = 0; i < 400; ++i) {
        REQUIRE(at.broker.send("/topic/a", text));
        REQUIRE(quick.read().body.size() == text.size());
    }
    CHECK(seen.wait_for("slow_consumer"));
    CHECK(slow.is_ended());
    CHECK(at.broker.numbers().clients == 1);
}
