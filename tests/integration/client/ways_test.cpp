// The ways that a request takes: redirects, cookies, proxies, addresses.

#include <anywire/server.hpp>

#include "support/client_bench.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using namespace std::string_literals;
using wire_bench = anywire::test::client_bench;

namespace {

std::string redirect(unsigned status, std::string_view to, std::string_view fields = {}) {
    return "HTTP/1.1 " + std::to_string(status) + " Go\r\nLocation: " + std::string(to) + "\r\n" +
           std::string(fields) + "Content-Length: 0\r\n\r\n";
}

constexpr std::string_view fine = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

anywire::client_options through(std::string const& proxy) {
    anywire::client_options o;
    o.network.proxy = proxy;
    return o;
}

}  // namespace

TEST_CASE("redirects are followed, with the methods that their status gives") {
    struct hop {
        unsigned status;
        char const* method;
        char const* then;
    };
    auto const h = GENERATE(hop{301, "GET", "GET /b?c=d HTTP/1.1"},
                            hop{301, "POST", "GET /b?c=d HTTP/1.1"},
                            hop{302, "POST", "GET /b?c=d HTTP/1.1"},
                            hop{303, "POST", "GET /b?c=d HTTP/1.1"},
                            hop{307, "POST", "POST /b?c=d HTTP/1.1"},
                            hop{308, "POST", "POST /b?c=d HTTP/1.1"});
    scripted_server server;
    wire_bench client;
    client.fetch(server.url("/a/x"),
                 {.method = h.method, .body = h.method == "POST"s ? "hey" : ""});
    auto first = server.accept();
    CHECK(first.read_head().starts_with(h.method + " /a/x "s));
    first.send(redirect(h.status, "/b?c=d"));
    auto second = server.accept();
    auto const head = second.read_head();
    CHECK(head.starts_with(h.then));
    auto const posts = h.then[0] == 'P';
    CHECK((head.find("Content-Length: 3\r\n") != std::string::npos) == posts);
    if (posts) CHECK(second.read_exactly(3) == "hey");
    second.send(fine);
    CHECK(client.seen.wait_for("end"));
    CHECK(client.seen.count("head") == 1);
}

TEST_CASE("another origin gets neither Authorization nor cookies that were given") {
    scripted_server server;
    scripted_server other;
    wire_bench client;
    client.fetch(server.url(),
                 {.fields = {{"Authorization", "secret"}, {"Cookie", "c=1"}, {"X-Else", "1"}}});
    auto first = server.accept();
    CHECK(first.read_head().find("Authorization: secret") != std::string::npos);
    first.send(redirect(302, other.url("/there")));
    auto second = other.accept();
    auto const head = second.read_head();
    CHECK(head.find("secret") == std::string::npos);
    CHECK(head.find("Cookie") == std::string::npos);
    CHECK(head.find("X-Else: 1\r\n") != std::string::npos);
    second.send(fine);
    CHECK(client.seen.wait_for("end"));
}

TEST_CASE("redirects that lead nowhere, or in a circle, end") {
    scripted_server server;
    anywire::client_options o;
    o.limits.max_redirects = 3;
    wire_bench client(o);
    client.fetch(server.url());
    SECTION("in a circle") {
        for (int i = 0; i < 4; ++i) {
            auto peer = server.accept();
            (void)peer.read_head();
            peer.send(redirect(302, "/"));
        }
        CHECK(client.seen.wait_for("failed redirect 302: " + server.url("") +
                                   ": the answer leads on after 3 redirects"));
    }
    SECTION("to another scheme") {
        auto peer = server.accept();
        (void)peer.read_head();
        peer.send(redirect(302, "file:///etc/passwd"));
        CHECK(client.seen.wait_for("failed redirect 302: "));
    }
    SECTION("to a line of its own") {
        auto peer = server.accept();
        (void)peer.read_head();
        peer.send(redirect(302, "/a b\tc"));
        CHECK(client.seen.wait_for("failed redirect 302: "));
    }
    SECTION("without a place it is an answer") {
        auto peer = server.accept();
        (void)peer.read_head();
        peer.send("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n");
        CHECK(client.seen.wait_for("head 302"));
        CHECK(client.seen.wait_for("end"));
    }
}

TEST_CASE("a WebSocket's handshake follows redirects, and its cookies stay") {
    scripted_server server;
    wire_bench client;
    client.open(server.url("/a", "ws"));
    auto first = server.accept();
    (void)first.read_head();
    first.send(redirect(307,
                        "ws://127.0.0.1:" + std::to_string(server.port()) + "/b",
                        "Set-Cookie: shard=7; Path=/\r\nSet-Cookie: x=y\r\n"));
    auto second = server.accept();
    second.accept_websocket(server_frame(1, "here"), "Set-Cookie: late=1; Path=/\r\n");
    REQUIRE(client.seen.wait_for("message here"));
    client.fetch(server.url("/c"));
    auto third = server.accept();
    CHECK(third.read_head().find("Cookie: shard=7; x=y; late=1\r\n") != std::string::npos);
}

TEST_CASE("cookies are not kept where the option says so") {
    scripted_server server;
    anywire::client_options o;
    o.network.cookies = false;
    wire_bench client(o);
    client.fetch(server.url());
    auto peer = server.accept();
    (void)peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n");
    REQUIRE(client.seen.wait_for("end"));
    client.fetch(server.url());
    CHECK(peer.read_head().find("Cookie") == std::string::npos);
}

TEST_CASE("plain requests go by an HTTP proxy, and WebSockets through it") {
    scripted_server proxy;
    wire_bench client(through("http://ann:pw@127.0.0.1:" + std::to_string(proxy.port())));
    client.fetch("http://server.example/a?b");
    auto peer = proxy.accept();
    auto const head = peer.read_head();
    CHECK(head.starts_with("GET http://server.example/a?b HTTP/1.1\r\nHost: server.example\r\n"));
    CHECK(head.find("Proxy-Authorization: Basic YW5uOnB3\r\n") != std::string::npos);
    peer.send(fine);
    REQUIRE(client.seen.wait_for("end"));
    client.open("ws://server.example/ws");
    auto tunnel = proxy.accept();
    CHECK(tunnel.read_head() ==
          "CONNECT server.example:80 HTTP/1.1\r\nHost: server.example:80\r\n"
          "Proxy-Authorization: Basic YW5uOnB3\r\n\r\n");
    tunnel.send("HTTP/1.1 200 Connection established\r\n\r\n");
    tunnel.accept_websocket(server_frame(1, "through"));
    CHECK(client.seen.wait_for("message through"));
}

TEST_CASE("a WebSocket opens through SOCKS, which resolves or does not") {
    scripted_server proxy;
    auto const resolves = GENERATE(false, true);
    wire_bench client(through((resolves ? "socks5h://127.0.0.1:" : "socks5://127.0.0.1:") +
                              std::to_string(proxy.port())));
    client.open("ws://localhost:81/ws");
    auto peer = proxy.accept();
    CHECK(peer.read_exactly(3) == "\x05\x01\x00"s);
    peer.send("\x05\x00"s);
    auto const begin = peer.read_exactly(4);
    auto const kind = begin[3];
    CHECK(begin.substr(0, 3) == "\x05\x01\x00"s);
    if (resolves) {
        CHECK(kind == 3);
        CHECK(peer.read_exactly(1 + 9 + 2) == "\x09localhost\x00\x51"s);
    } else {
        CHECK((kind == 1 || kind == 4));
        (void)peer.read_exactly(kind == 1 ? 6 : 18);
    }
    peer.send("\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"s);
    peer.accept_websocket(server_frame(1, "through"));
    CHECK(client.seen.wait_for("message through"));
}

TEST_CASE("a proxy that refuses, ends or says too much is told of") {
    scripted_server proxy;
    auto const name = "the proxy 127.0.0.1:" + std::to_string(proxy.port());
    wire_bench client(through("http://127.0.0.1:" + std::to_string(proxy.port())));
    client.open("ws://server.example/");
    auto peer = proxy.accept();
    (void)peer.read_head();
    SECTION("refuses") {
        peer.send("HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n");
        CHECK(client.seen.wait_for("failed proxy 407: " + name + " refused to open a way"));
    }
    SECTION("ends") {
        peer.close();
        CHECK(client.seen.wait_for("failed proxy 0: " + name + " broke the connection"));
    }
    SECTION("says too much") {
        peer.send("HTTP/1.1 200 OK\r\n\r\nand more");
        CHECK(client.seen.wait_for("failed proxy 0: " + name + " said more than its answer"));
    }
    (void)peer.read_to_end();
}

TEST_CASE("a proxy that is silent is told of when there is no more patience") {
    scripted_server proxy;
    wire_bench client(through("http://127.0.0.1:" + std::to_string(proxy.port())));
    client.open("ws://server.example/", {.timeout = 1s});
    auto peer = proxy.accept();
    CHECK(
        client.seen.wait_for("failed proxy 0: the proxy 127.0.0.1:" + std::to_string(proxy.port()) +
                             " opened no way to server.example:80 within 1000 ms"));
    (void)peer.read_to_end();
}

TEST_CASE("localhost is reached whichever of its addresses listens") {
    scripted_server server;  // IPv4 only
    wire_bench client;
    client.fetch("http://localhost:" + std::to_string(server.port()) + "/");
    auto peer = server.accept();
    (void)peer.read_head();
    peer.send(fine);
    CHECK(client.seen.wait_for("end"));
}

TEST_CASE("a request that goes while it dials, resolves or shakes hands says nothing") {
    scripted_server server;
    wire_bench client;
    auto const* const url =
        GENERATE("http://localhost:", "https://localhost:", "http://127.0.0.1:");
    client.fetch(url + std::to_string(server.port()) + "/");
    client.run([&] { client.drop_calls(); });
    client.fetch(server.url());
    client.run([&] { client.drop_calls(); });
    client.run([] {});
    CHECK(client.seen.all().empty());
}
