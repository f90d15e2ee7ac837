#include <anywire/fault_proxy.hpp>

#include "support/certificate.hpp"
#include "support/raw_client.hpp"
#include "support/running_server.hpp"
#include "support/tls_client.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <string>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

/// An echo server and the proxy before it.
struct behind_proxy {
    notes seen{};
    running_server server{on_free_port(), [this](anywire::server& s) {
                              s.mount("/ws", websocket_options{}, noting_echo(seen));
                              sockjs_options fast;
                              fast.heartbeat = 250ms;
                              s.mount("/sockjs", fast, noting_echo(seen));
                          }};
    testing::fault_proxy proxy{
        {.choose = testing::by_prefix({{"/", server.port(), true},
                                       {"/ws", server.port(), true},
                                       {"/sockjs", server.port(), true},
                                       {"/nowhere", 1, true},
                                       {"/sockjs/info", server.port(), false}})}};

    std::uint16_t port() const { return proxy.port(); }
    void set(testing::fault_settings const& s) { proxy.set(s); }
};

void open_websocket(raw_client& c) {
    REQUIRE(c.upgrade("/ws").status == 101);
    c.send_text("hello");
    REQUIRE(c.read_message() == "hello");
}

}  // namespace

TEST_CASE("a fault proxy without faults relays byte for byte") {
    behind_proxy b;
    raw_client direct(b.server.port());
    raw_client through(b.port());
    auto const want = direct.get("/sockjs/info");
    auto const got = through.get("/sockjs/info");
    CHECK(got.status == want.status);
    CHECK(got.header("Content-Type") == want.header("Content-Type"));
    CHECK(got.body.substr(0, 40) == want.body.substr(0, 40));
    CHECK(through.get("/").status == direct.get("/").status);  // on the same connection
    open_websocket(through);
}

TEST_CASE("a fault proxy counts every byte of HTTP and WebSocket") {
    behind_proxy b;
    raw_client c(b.port());
    auto const request = c.upgrade_bytes("/ws");
    c.send(request);
    auto const answer = c.read_head();
    c.send_text("hello");
    REQUIRE(c.read_message() == "hello");
    // 6 bytes of a masked frame's head, 2 of one back
    CHECK(eventually([&] { return b.proxy.of("/ws").bytes_down == answer.head.size() + 7; }));
    auto const counted = b.proxy.of("/ws");
    CHECK(counted.bytes_up == request.size() + 11);
    CHECK(counted.requests == 1);
    CHECK(counted.connections == 1);
    CHECK(counted.upgrades == 1);

    raw_client http(b.port());
    auto const sent = http.request_bytes("GET", "/sockjs/info").size();
    auto const first = http.get("/sockjs/info");
    auto const second = http.get("/sockjs/info");
    auto const size =
        first.head.size() + first.body.size() + second.head.size() + second.body.size();
    CHECK(eventually([&] { return b.proxy.of("/sockjs/info").bytes_down == size; }));
    CHECK(b.proxy.of("/sockjs/info").bytes_up == 2 * sent);
    CHECK(b.proxy.of("/sockjs/info").requests == 2);
    CHECK(b.proxy.of("/sockjs/info").connections == 1);
    CHECK(b.proxy.below("/sockjs").size() == 1);
}

TEST_CASE("a route may give the server another target") {
    notes seen;
    running_server server(on_free_port(), [&](anywire::server& s) {
        s.mount("/ws", websocket_options{}, noting_echo(seen));
    });
    testing::fault_proxy proxy({.choose = [&](testing::request_line const& line) {
        return testing::proxy_route{
            server.port(), "tagged", std::string(line.target.substr(4)), true};
    }});
    raw_client c(proxy.port());
    CHECK(c.upgrade("/tag/ws").status == 101);
}

TEST_CASE("a server that is not there is a 502, and the proxy goes on") {
    behind_proxy b;
    CHECK(raw_client(b.port()).get("/nowhere").status == 502);
    CHECK(b.proxy.of("/nowhere").failed == 1);
    CHECK(raw_client(b.port()).get("/sockjs/info").status == 200);
}

TEST_CASE("the proxy's own answers can be read by the page that asked, also with its cookies") {
    behind_proxy b;
    auto const to_page = raw_client(b.port()).get("/nowhere", "Origin: http://page.example:81\r\n");
    CHECK(to_page.status == 502);
    CHECK(to_page.header("Access-Control-Allow-Origin") == "http://page.example:81");
    CHECK(to_page.header("Access-Control-Allow-Credentials") == "true");
    CHECK(to_page.header("Vary") == "Origin");
    auto const to_none = raw_client(b.port()).get("/nowhere");
    CHECK(to_none.header("Access-Control-Allow-Origin").empty());
    CHECK(to_none.header("Access-Control-Allow-Credentials").empty());
}

TEST_CASE("refused upgrades get the status asked for; plain HTTP goes on") {
    behind_proxy b;
    b.set({.refuse_upgrades = 400});
    raw_client c(b.port());
    CHECK(c.upgrade("/ws").status == 400);
    CHECK(c.is_ended_by_peer());
    CHECK(b.proxy.of("/ws").refused == 1);
    CHECK(b.proxy.of("/ws").upgrades == 0);
    CHECK(raw_client(b.port()).post("/sockjs/000/a/xhr").body == "o\n");
    b.set({});
    raw_client again(b.port());
    open_websocket(again);
}

TEST_CASE("a buffered stream is held until its end, or until buffering ends") {
    behind_proxy b;
    b.set({.buffer_responses = true});
    raw_client c(b.port());
    c.send(c.request_bytes("POST", "/sockjs/000/b/xhr_streaming"));
    REQUIRE(b.seen.wait_for("open"));
    CHECK(b.proxy.of("/sockjs").bytes_down == 0);
    // What has an end comes whole.
    CHECK(raw_client(b.port()).post("/sockjs/000/c/xhr").body == "o\n");
    b.set({});
    CHECK(c.read_until("o\n").find("200 OK") != std::string::npos);
}

TEST_CASE("delay holds every byte that long, jitter never changes their order") {
    behind_proxy b;
    raw_client c(b.port());
    open_websocket(c);
    b.set({.delay = 60ms, .jitter = 40ms});
    auto const before = std::chrono::steady_clock::now();
    for (int i = 0; i < 20; ++i) c.send_text(std::to_string(i));
    for (int i = 0; i < 20; ++i) CHECK(c.read_message() == std::to_string(i));
    CHECK(std::chrono::steady_clock::now() - before >= 120ms);  // there and back
}

TEST_CASE("cut connections end with a reset, again and again") {
    behind_proxy b;
    raw_client idle(b.port());
    REQUIRE(idle.get("/sockjs/info").status == 200);
    raw_client first(b.port());
    open_websocket(first);
    b.set({.cut_every = 20ms});
    (void)first.read_to_end();
    CHECK(first.was_reset());
    CHECK(b.proxy.of("/ws").cut >= 1);
    CHECK(eventually([&] {
        raw_client next(b.port());
        (void)next.try_send(next.upgrade_bytes("/ws"));
        (void)next.read_to_end();
        return b.proxy.of("/ws").cut >= 3;
    }));
    b.set({});
    CHECK(idle.get("/sockjs/info").status == 200);  // it carried nothing, so it was left alone
    raw_client again(b.port());
    open_websocket(again);
    b.proxy.cut();
    (void)again.read_to_end();
    CHECK(again.was_reset());
}

TEST_CASE("dropped connections stay open, carry nothing, and never come back") {
    behind_proxy b;
    raw_client c(b.port());
    open_websocket(c);
    b.set({.drop = true});
    c.send_text("into the void");
    b.set({});
    c.send_text("still into the void");
    // A new connection works, and its round trip shows that the others had time enough.
    raw_client again(b.port());
    open_websocket(again);
    CHECK(b.seen.count("message into") == 0);
    CHECK(b.seen.count("message still") == 0);
    CHECK(c.received().empty());
    CHECK(b.proxy.of("/ws").cut == 1);
    // Neither end hears of the other's.
    c.close();
    again.send_text("on");
    CHECK(again.read_message() == "on");
    CHECK(b.seen.count("close") == 0);
}

TEST_CASE("requests made while connections are dropped wait for better times") {
    behind_proxy b;
    b.set({.drop = true});
    raw_client c(b.port());
    c.send(c.upgrade_bytes("/ws"));
    REQUIRE(eventually([&] { return b.proxy.of("/ws").requests == 1; }));
    CHECK(b.seen.count("open") == 0);
    b.set({});
    CHECK(c.read_head().status == 101);
}

TEST_CASE("a paused proxy holds everything and loses nothing") {
    behind_proxy b;
    raw_client c(b.port());
    open_websocket(c);
    b.set({.pause = true});
    c.send_text("later");
    CHECK(raw_client(b.port()).get("/sockjs/info").status == 200);  // a route without faults
    CHECK(b.seen.count("message later") == 0);
    b.set({});
    CHECK(c.read_message() == "later");
}

TEST_CASE("an outage resets what is there and answers 502 until it is over") {
    behind_proxy b;
    raw_client c(b.port());
    open_websocket(c);
    b.set({.outage = true});
    (void)c.read_to_end();
    CHECK(c.was_reset());
    CHECK(b.seen.wait_for("close"));
    CHECK(raw_client(b.port()).upgrade("/ws").status == 502);
    b.set({});
    raw_client again(b.port());
    open_websocket(again);
}

TEST_CASE("a server that restarts behind the proxy is reached again") {
    auto const start = [](std::uint16_t port) {
        auto o = on_free_port();
        o.port = port;
        return std::make_unique<running_server>(
            o, [](anywire::server& s) { s.mount("/ws", websocket_options{}, echo()); });
    };
    auto server = start(0);
    auto const port = server->port();
    testing::fault_proxy proxy({.choose = testing::by_prefix({{"/", port, true}})});
    raw_client c(proxy.port());
    open_websocket(c);
    raw_client keep(proxy.port());
    CHECK(keep.get("/nothing").status == 404);
    server.reset();
    (void)c.read_to_end();
    CHECK(raw_client(proxy.port()).get("/nothing").status == 502);
    server = start(port);
    CHECK(keep.get("/nothing").status == 404);  // over a new connection to the server
    raw_client again(proxy.port());
    open_websocket(again);
}

TEST_CASE("a fault proxy that speaks TLS on both sides relays and counts the same") {
    certificate const pem;
    auto o = on_free_port();
    o.tls = pem.options();
    running_server server(o,
                          [](anywire::server& s) { s.mount("/ws", websocket_options{}, echo()); });
    testing::fault_proxy proxy({.certificate = pem.certificate_file(),
                                .key = pem.key_file(),
                                .server_tls = true,
                                .choose = testing::by_prefix({{"/", server.port(), true}})});
    tls_client c(proxy.port());
    CHECK(c.get("/nothing").status == 404);
    open_websocket(c);
    CHECK(eventually([&] { return proxy.of("/").bytes_down > 7; }));
    CHECK(proxy.of("/").requests == 2);
    CHECK(proxy.of("/").connections == 1);
    proxy.cut();
    (void)c.read_to_end();
    tls_client again(proxy.port());
    open_websocket(again);
    raw_client plain(proxy.port());
    (void)plain.try_send("GET / HTTP/1.1\r\n\r\n");
    CHECK(plain.read_to_end().find("HTTP") == std::string::npos);
}

TEST_CASE("connections beyond the limit are closed, counters beyond theirs forgotten") {
    behind_proxy b;
    testing::fault_proxy proxy(
        {.choose =
             [&](testing::request_line const& line) {
                 return testing::proxy_route{b.server.port(), std::string(line.target), {}, true};
             },
         .max_connections = 1,
         .max_keys = 2});
    raw_client first(proxy.port());
    for (auto const* target : {"/1", "/2", "/3"}) CHECK(first.get(target).status == 404);
    CHECK(proxy.below("").size() == 2);
    CHECK(proxy.of("/1").requests == 0);
    raw_client second(proxy.port());
    CHECK(second.is_ended_by_peer());
    CHECK(proxy.connection_count() == 1);
    CHECK(proxy.held_bytes() > 0);
    CHECK(proxy.held_bytes() < 200'000);
}

TEST_CASE("a head without end is not collected for ever") {
    behind_proxy b;
    raw_client c(b.port());
    std::string const endless(200'000, 'a');
    (void)c.try_send("GET /" + endless);
    (void)c.read_to_end();
    CHECK(eventually([&] { return b.proxy.connection_count() == 0; }));
}
