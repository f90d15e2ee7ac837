// The bounds of one session: sessions, messages, time; slow readers are in slow_consumer_test.cpp.

#include <anywire/server.hpp>

#include "support/raw_client.hpp"
#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

TEST_CASE("sessions beyond max_sessions get 503, over all shards") {
    auto const threads = GENERATE(1u, 4u);
    session_limits const limits{.max_sessions = 2};
    endpoint ws;
    running_server s(on_free_port(threads), [&](server& at) {
        ws = at.mount("/ws", websocket_options{.limits = limits}, echo());
        at.mount("/echo", sockjs_options{.limits = limits}, echo());
    });
    SECTION("WebSockets") {
        auto first = std::make_unique<raw_client>(s.port());
        REQUIRE(first->upgrade("/ws").status == 101);
        raw_client second(s.port());
        REQUIRE(second.upgrade("/ws").status == 101);
        raw_client third(s.port());
        auto const refused = third.upgrade("/ws");
        CHECK(refused.status == 503);
        CHECK(refused.header("Retry-After") == "5");
        CHECK(ws.session_count() == 2);
        first.reset();
        CHECK(eventually([&] { return third.upgrade("/ws").status == 101; }));
        CHECK(ws.opened_count() == 3);
    }
    SECTION("SockJS, whatever the transport") {
        raw_client poll(s.port());
        CHECK(poll.post("/echo/000/aaa/xhr").body == "o\n");
        raw_client socket(s.port());
        REQUIRE(socket.upgrade("/echo/000/bbb/websocket").status == 101);
        raw_client third(s.port());
        CHECK(third.post("/echo/000/ccc/xhr").status == 503);
        CHECK(third.post("/echo/000/ccc/xhr_streaming").status == 503);
        CHECK(third.get("/echo/000/ccc/eventsource").status == 503);
        CHECK(third.upgrade("/echo/000/ccc/websocket").status == 503);
        CHECK(third.upgrade("/echo/websocket").status == 503);
        // A session that is there goes on.
        CHECK(third.post("/echo/000/aaa/xhr_send", R"(["x"])").status == 204);
        CHECK(poll.post("/echo/000/aaa/xhr").body == "a[\"x\"]\n");
    }
}

TEST_CASE("max_sessions holds for clients that were let in late, too") {
    std::vector<decision> waiting;
    notes seen;
    handlers app = noting_echo(seen);
    app.authorize = [&](request const&, decision d) {
        waiting.push_back(d);
        seen.add("asked");
        if (waiting.size() == 3)
            for (auto const& each : std::exchange(waiting, {})) each.accept();
    };
    session_limits const limits{.max_sessions = 1};
    endpoint at_ws;
    endpoint at_sockjs;
    running_server s(on_free_port(), [&](server& at) {
        at_ws = at.mount("/ws", websocket_options{.limits = limits}, app);
        at_sockjs = at.mount("/echo", sockjs_options{.limits = limits}, app);
    });
    std::vector<std::unique_ptr<raw_client>> clients;
    for (int i = 0; i < 3; ++i) clients.push_back(std::make_unique<raw_client>(s.port()));
    auto const statuses = [&](auto bytes_of) {
        std::vector<int> all;
        for (std::size_t i = 0; i < 3; ++i) {
            clients[i]->send(bytes_of(i));
            REQUIRE(seen.wait_for("asked", i + 1));
        }
        for (auto const& c : clients) all.push_back(c->read_response().status);
        std::sort(all.begin(), all.end());
        return all;
    };
    SECTION("WebSockets") {
        CHECK(statuses([&](std::size_t i) { return clients[i]->upgrade_bytes("/ws"); }) ==
              std::vector<int>{101, 503, 503});
        CHECK(at_ws.opened_count() == 1);
    }
    SECTION("polls") {
        CHECK(statuses([&](std::size_t i) {
                  return clients[i]->request_bytes("POST",
                                                   "/echo/000/s" + std::to_string(i) + "/xhr");
              }) == std::vector<int>{200, 503, 503});
        CHECK(at_sockjs.opened_count() == 1);
    }
}

TEST_CASE("a WebSocket message beyond max_message closes with 1009") {
    notes seen;
    session_limits const limits{.max_message = 1000};
    running_server s(on_free_port(), [&](server& at) {
        at.mount("/ws", websocket_options{.limits = limits}, noting_echo(seen));
        at.mount("/echo", sockjs_options{.limits = limits}, noting_echo(seen));
    });
    raw_client c(s.port());
    SECTION("when a frame announces it") {
        REQUIRE(c.upgrade("/ws").status == 101);
        c.send_text(std::string(1000, 'x'));
        CHECK(c.read_message().size() == 1000);
        c.send(client_frame(2, std::string(1001, 'x')).substr(0, 8));
        CHECK(c.read_close().close_code() == 1009);
    }
    SECTION("when fragments add up to it") {
        REQUIRE(c.upgrade("/ws").status == 101);
        c.send(client_frame(1, std::string(600, 'x'), false));
        c.send(client_frame(0, std::string(401, 'x'), true));
        CHECK(c.read_close().close_code() == 1009);
    }
    SECTION("over SockJS") {
        REQUIRE(c.upgrade("/echo/000/abc/websocket").status == 101);
        CHECK(c.read_message() == "o");
        c.send_text("[\"" + std::string(1000, 'x') + "\"]");
        CHECK(c.read_close().close_code() == 1009);
    }
    SECTION("over SockJS's raw WebSocket") {
        REQUIRE(c.upgrade("/echo/websocket").status == 101);
        c.send_text(std::string(1001, 'x'));
        CHECK(c.read_close().close_code() == 1009);
    }
    CHECK(seen.wait_for("close message_too_big 1009"));
    CHECK(c.is_ended_by_peer());
}

TEST_CASE("a message in too many fragments is refused") {
    notes seen;
    running_server s(on_free_port(), [&](server& at) {
        at.mount("/ws", websocket_options{.limits = {.max_fragments = 3}}, noting_echo(seen));
    });
    raw_client c(s.port());
    REQUIRE(c.upgrade("/ws").status == 101);
    c.send(client_frame(1, "a", false) + client_frame(0, "b", false) + client_frame(0, "c", true));
    CHECK(c.read_message() == "abc");
    c.send(client_frame(1, "a", false));
    for (int i = 0; i < 3; ++i) c.send(client_frame(0, "b", false));
    CHECK(c.read_close().close_code() >= 1002);
    CHECK(seen.wait_for("close "));
}

TEST_CASE("a peer's goodbye is echoed, its reason with its code") {
    notes seen;
    running_server s(on_free_port(),
                     [&](server& at) { at.mount("/ws", websocket_options{}, noting_echo(seen)); });
    auto const longest = std::string("\x0f\xa0", 2) + std::string(123, 'x');
    for (auto const& said : {std::string("\x03\xe8 bye"), longest, std::string()}) {
        raw_client c(s.port());
        REQUIRE(c.upgrade("/ws").status == 101);
        // With what comes before it in one write: the reason outlives the answers to that.
        c.send(client_frame(1, "hello") + client_frame(9, "ping") + client_frame(8, said));
        CHECK(c.read_message() == "hello");
        CHECK(c.read_close().payload == said);
        CHECK(c.is_ended_by_peer());
    }
}

TEST_CASE("a peer that does not answer a close frame is cut off") {
    notes seen;
    running_server s(on_free_port(), [&](server& at) {
        handlers app = noting_echo(seen);
        app.on_message = [](session& it, message_view) { it.close(close_code(3333), "enough"); };
        at.mount("/ws", websocket_options{.limits = {.close_handshake = 150ms}}, app);
    });
    raw_client c(s.port());
    REQUIRE(c.upgrade("/ws").status == 101);
    c.send_text("close");
    CHECK(c.read_close().close_code() == 3333);
    CHECK(seen.wait_for("close server_closed 3333"));
    CHECK(c.is_ended_by_peer());
}

TEST_CASE("a peer that broke the protocol and never closes is cut off") {
    notes seen;
    running_server s(on_free_port(), [&](server& at) {
        at.mount("/ws", websocket_options{.limits = {.close_handshake = 150ms}}, noting_echo(seen));
    });
    raw_client c(s.port());
    REQUIRE(c.upgrade("/ws").status == 101);
    c.send(client_frame(3, "reserved"));
    CHECK(c.read_close().close_code() == 1002);
    CHECK(seen.wait_for("close protocol_error 1002"));
    CHECK(c.is_ended_by_peer());
    // Nothing listens there any more: sooner or later a write fails.
    CHECK(eventually([&] { return !c.try_send("more"); }));
}

TEST_CASE("a silent WebSocket is pinged, and ended when it does not answer") {
    notes seen;
    running_server s(on_free_port(), [&](server& at) {
        at.mount("/ws",
                 websocket_options{.ping_interval = 100ms, .ping_timeout = 100ms},
                 noting_echo(seen));
        at.mount("/echo",
                 sockjs_options{.heartbeat = 100ms, .heartbeat_timeout = 100ms},
                 noting_echo(seen));
    });
    SECTION("plain") {
        raw_client c(s.port());
        REQUIRE(c.upgrade("/ws").status == 101);
        CHECK(c.read_frame().opcode == 9);
        c.send(client_frame(10, ""));
        CHECK(c.read_frame().opcode == 9);
        CHECK(c.read_close().opcode == 8);
    }
    SECTION("a frame that never ends is no sign of life") {
        raw_client c(s.port());
        REQUIRE(c.upgrade("/ws").status == 101);
        c.send(client_frame(1, std::string(500, 'x')).substr(0, 100));
        CHECK(c.read_close().opcode == 8);
    }
    SECTION("SockJS") {
        raw_client c(s.port());
        REQUIRE(c.upgrade("/echo/000/abc/websocket").status == 101);
        CHECK(c.read_message() == "o");
        CHECK(c.read_close().opcode == 8);
    }
    SECTION("the raw WebSocket of SockJS") {
        raw_client c(s.port());
        REQUIRE(c.upgrade("/echo/websocket").status == 101);
        CHECK(c.read_frame().opcode == 9);
        CHECK(c.read_close().opcode == 8);
    }
    CHECK(seen.wait_for("close heartbeat_timeout"));
}

TEST_CASE("a SockJS session ends when its client does not come back") {
    notes seen;
    running_server s(on_free_port(), [&](server& at) {
        at.mount("/echo",
                 sockjs_options{.heartbeat = 100ms, .disconnect_delay = 100ms},
                 noting_echo(seen));
    });
    raw_client c(s.port());
    CHECK(c.post("/echo/000/abc/xhr").body == "o\n");
    CHECK(c.post("/echo/000/abc/xhr").body == "h\n");
    CHECK(seen.wait_for("close transport_lost"));
    CHECK(c.post("/echo/000/abc/xhr_send", R"(["x"])").status == 404);
}
