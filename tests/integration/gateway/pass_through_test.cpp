// Requests that are passed on to one HTTP server, as both ends see them.

#include "pass_through.hpp"

#include "gateway_server.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using gateway::pass_through_options;

namespace {

/// A gateway in front of a server that does what a test says.
struct passing {
    explicit passing(pass_through_options options = {}, server_options o = on_free_port())
        : front(std::move(o), [&](server& s, gateway_server::place_finder const& here) {
              if (options.to.empty()) options.to = "http://127.0.0.1:" + port_of(back);
              options.here = here;
              s.route("GET", "/own", [](route_request const&) {
                  return http_answer{.body = "the gateway's own"};
              });
              s.mount("/", options, handlers{});
          }) {}

    static std::string port_of(scripted_server const& s) { return std::to_string(s.port()); }
    raw_client client() const { return raw_client(front.port()); }

    scripted_server back{};
    gateway_server front;
};

std::string answer_of(std::string_view body, std::string_view fields = {}) {
    std::string out("HTTP/1.1 200 OK\r\nContent-Length: ");
    out.append(std::to_string(body.size())).append("\r\n").append(fields).append("\r\n");
    return out.append(body);
}

bool has(std::string const& head, std::string_view line) {
    return head.find("\r\n" + std::string(line) + "\r\n") != std::string::npos;
}

}  // namespace

TEST_CASE("a request is passed on as it is, and its answer comes back as it is") {
    passing p;
    auto client = p.client();
    client.send(
        client.request_bytes("GET",
                             "/a%20b//c?d=e&f",
                             {},
                             "Cookie: a=b\r\nX-Forwarded-For: 10.9.8.7\r\nTE: trailers\r\n"));
    auto server = p.back.accept();
    auto const head = server.read_head();
    CHECK(head.starts_with("GET /a%20b//c?d=e&f HTTP/1.1\r\n"));
    auto const host = "127.0.0.1:" + std::to_string(p.front.port());
    CHECK(has(head, "Host: " + host));
    CHECK(has(head, "Cookie: a=b"));
    CHECK(has(head, "X-Forwarded-For: 127.0.0.1"));
    CHECK(has(head, "X-Forwarded-Host: " + host));
    CHECK(has(head, "X-Forwarded-Port: " + std::to_string(p.front.port())));
    CHECK(has(head, "X-Forwarded-Proto: http"));
    CHECK(head.find("10.9.8.7") == std::string::npos);
    CHECK(head.find("TE:") == std::string::npos);
    CHECK(head.find("Accept") == std::string::npos);
    server.send(
        "HTTP/1.1 418 Teapot\r\nContent-Length: 3\r\nContent-Type: text/x\r\nX-Mine: 1\r\n"
        "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nKeep-Alive: timeout=5\r\nConnection: close\r\n"
        "Location: http://127.0.0.1:1/x\r\n\r\nabc");
    auto const r = client.read_response();
    CHECK(r.status == 418);
    CHECK(r.body == "abc");
    CHECK(has(r.head, "Content-Type: text/x"));
    CHECK(has(r.head, "X-Mine: 1"));
    CHECK(has(r.head, "Set-Cookie: a=1\r\nSet-Cookie: b=2"));
    CHECK(has(r.head, "Location: http://127.0.0.1:1/x"));
    CHECK(has(r.head, "Content-Length: 3"));
    CHECK(r.header("Keep-Alive").empty());
    CHECK(r.header("Connection").empty());
    CHECK(client.get("/own").body == "the gateway's own");
}

TEST_CASE("a trusted proxy says who the client is, and what it asked for") {
    auto o = on_free_port();
    o.trusted_proxies = {"127.0.0.1"};
    passing p({}, std::move(o));
    auto const told = std::string(
        "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Host: example.com:81\r\n"
        "X-Forwarded-Port: 81\r\nX-Forwarded-Proto: https\r\n");
    auto client = p.client();
    client.send(client.request_bytes("GET", "/", {}, told));
    auto const head = p.back.accept().read_head();
    CHECK(has(head, "Host: example.com:81"));
    CHECK(head.find(told) != std::string::npos);
}

TEST_CASE("methods and bodies go through, and connections to the server are used again") {
    passing p;
    auto client = p.client();
    client.send(client.request_bytes("POST", "/a", "12345"));
    auto server = p.back.accept();
    CHECK(has(server.read_head(), "Content-Length: 5"));
    CHECK(server.read_exactly(5) == "12345");
    server.send(answer_of("one"));
    CHECK(client.read_response().body == "one");
    client.send(
        "PUT /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Type: t/t\r\n\r\n"
        "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: 1\r\n\r\n");
    auto const head = server.read_head();
    CHECK(head.starts_with("PUT /b HTTP/1.1\r\n"));
    CHECK(has(head, "Content-Length: 5"));
    CHECK(has(head, "Content-Type: t/t"));
    CHECK(head.find("chunked") == std::string::npos);
    CHECK(server.read_exactly(5) == "abcde");
    server.send(answer_of("two"));
    CHECK(client.read_response().body == "two");
    for (auto const* method : {"DELETE", "OPTIONS", "PROPFIND", "PATCH"}) {
        client.send(client.request_bytes(method, "/c"));
        CHECK(server.read_head().starts_with(std::string(method) + " /c HTTP/1.1\r\n"));
        server.send("HTTP/1.1 204 No Content\r\nX-Mine: 1\r\n\r\n");
        auto const r = client.read_response();
        CHECK(r.status == 204);
        CHECK(has(r.head, "X-Mine: 1"));
        CHECK(r.header("Content-Length").empty());
    }
}

TEST_CASE("answers that have no body have none, and say what they said") {
    passing p;
    auto client = p.client();
    client.send(client.request_bytes("HEAD", "/a"));
    auto server = p.back.accept();
    (void)server.read_head();
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 1234567\r\n\r\n");
    CHECK(has(client.read_head().head, "Content-Length: 1234567"));
    client.send(client.request_bytes("HEAD", "/b"));
    (void)server.read_head();
    server.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    auto const head = client.read_head().head;
    CHECK(head.find("Content-Length") == std::string::npos);
    client.send(client.request_bytes("GET", "/c", {}, "If-None-Match: \"x\"\r\n"));
    CHECK(has(server.read_head(), "If-None-Match: \"x\""));
    server.send("HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 5\r\n\r\n");
    CHECK(has(client.read_response().head, "ETag: \"x\""));
    // Nothing of these was left over.
    CHECK(client.get("/own").body == "the gateway's own");
}

TEST_CASE("a long body comes with its length, and a compressed one stays so") {
    passing p;
    auto client = p.client();
    client.send(client.request_bytes("GET", "/a", {}, "Accept-Encoding: gzip\r\n"));
    auto server = p.back.accept();
    CHECK(has(server.read_head(), "Accept-Encoding: gzip"));
    std::string const body(300'000, 'x');
    server.send(answer_of(body, "Content-Encoding: gzip\r\n"));
    auto const r = client.read_response();
    CHECK(has(r.head, "Content-Length: 300000"));
    CHECK(has(r.head, "Content-Encoding: gzip"));
    CHECK(r.header("Transfer-Encoding").empty());
    CHECK(r.body == body);
    CHECK(client.get("/own").body == "the gateway's own");
}

TEST_CASE("a stream passes as it comes, its head before anything else") {
    passing p;
    auto client = p.client();
    client.send(client.request_bytes("GET", "/events"));
    auto server = p.back.accept();
    (void)server.read_head();
    server.send(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        "Transfer-Encoding: chunked\r\n\r\n");
    CHECK(has(client.read_head().head, "Content-Type: text/event-stream"));
    server.send("9\r\ndata: 1\n\n\r\n");
    CHECK(client.read_chunk() == "data: 1\n\n");
    server.send("9\r\ndata: 2\n\n\r\n");
    CHECK(client.read_chunk() == "data: 2\n\n");
    SECTION("its end is the client's end") {
        server.send("0\r\n\r\n");
        CHECK(client.read_chunk().empty());
        CHECK(client.get("/own").body == "the gateway's own");
    }
    SECTION("a client that goes ends it") {
        client.close();
        CHECK(server.read_to_end().empty());
    }
    SECTION("a server that breaks off breaks it off, not ends it") {
        server.reset();
        CHECK(client.read_to_end().find("0\r\n\r\n") == std::string::npos);
        CHECK(p.front.log.wait_for("GET /events was not passed on: "));
    }
}

TEST_CASE("a body that ends with its connection is a stream, and ends") {
    passing p;
    auto client = p.client();
    client.send(client.request_bytes("GET", "/old"));
    auto server = p.back.accept();
    (void)server.read_head();
    server.send("HTTP/1.0 200 OK\r\n\r\nall of it");
    server.close();
    CHECK(client.read_response().body == "all of it");
    CHECK(client.get("/own").body == "the gateway's own");
}

TEST_CASE("a client of HTTP/1.0 gets what it can read") {
    passing p;
    auto client = p.client();
    client.send("GET /a HTTP/1.0\r\n\r\n");
    auto server = p.back.accept();
    auto const head = server.read_head();
    CHECK(has(head, "Host: 127.0.0.1:" + passing::port_of(p.back)));
    server.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    auto const all = client.read_to_end();
    CHECK(all.starts_with("HTTP/1.0 200 OK\r\n"));
    CHECK(all.ends_with("\r\n\r\nabc"));
}

TEST_CASE("a client that does not read stops the server, and gets all of it in the end") {
    passing p;
    auto client = p.client();
    client.send(client.request_bytes("GET", "/large"));
    auto server = p.back.accept();
    (void)server.read_head();
    constexpr std::size_t size = 64u << 20;
    server.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
    // As much as lies in the buffers of the kernel and of the gateway, and no more.
    std::string const piece(65536, 'y');
    std::size_t sent = 0;
    auto const takes_more = [&] {
        pollfd entry{server.descriptor(), POLLOUT, 0};
        return ::poll(&entry, 1, 500) > 0;
    };
    while (sent < size && takes_more()) {
        auto const n = ::send(server.descriptor(), piece.data(), piece.size(), MSG_DONTWAIT);
        if (n > 0) sent += static_cast<std::size_t>(n);
    }
    REQUIRE(sent < size);
    std::thread rest([&] {
        while (sent < size) {
            auto const n = std::min(piece.size(), size - sent);
            if (!server.send(std::string_view(piece).substr(0, n))) return;
            sent += n;
        }
    });
    auto const r = client.read_response();
    rest.join();
    CHECK(r.body.size() == size);
}

TEST_CASE("what cannot be passed on is said in a plain sentence") {
    SECTION("no server") {
        scripted_server gone;
        auto const to = "http://127.0.0.1:" + passing::port_of(gone);
        gone.close();
        passing p({.to = to});
        auto const r = p.client().get("/a");
        CHECK(r.status == 502);
        CHECK(r.body == "The server behind the gateway cannot be reached.\n");
        CHECK(p.front.log.wait_for("GET /a was not passed on: "));
    }
    SECTION("a server that does not answer") {
        passing p({.timeout = 100ms});
        auto const r = p.client().get("/a");
        CHECK(r.status == 504);
        CHECK(r.body == "The server behind the gateway did not answer in time.\n");
    }
    SECTION("a server that breaks off") {
        passing p;
        auto client = p.client();
        client.send(client.request_bytes("GET", "/a"));
        auto server = p.back.accept();
        (void)server.read_head();
        server.close();
        auto const r = client.read_response();
        CHECK(r.status == 502);
        CHECK(r.body == "The server behind the gateway broke off.\n");
    }
    SECTION("an answer that is none") {
        passing p;
        auto client = p.client();
        client.send(client.request_bytes("GET", "/a"));
        auto server = p.back.accept();
        (void)server.read_head();
        server.send(
            GENERATE("SSH-2.0-OpenSSH\r\n\r\n",
                     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                     "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
                     "HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n"
                     "\r\n3\r\nabc\r\n0\r\n\r\n",
                     "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"));
        auto const r = client.read_response();
        CHECK(r.status == 502);
        CHECK(r.body == "The server behind the gateway gave an answer that is not valid.\n");
    }
    SECTION("a body that is too long") {
        passing p({.max_body = 10});
        auto const r = p.client().post("/a", "12345678901");
        CHECK(r.status == 413);
        CHECK_FALSE(p.back.has_newcomer());
    }
}

TEST_CASE("a WebSocket where no route is gets a sentence that names the remedy") {
    passing p;
    auto const r = p.client().upgrade("/live");
    CHECK(r.status == 404);
    CHECK(r.body.find("[[route]]") != std::string::npos);
    CHECK_FALSE(p.back.has_newcomer());
}

TEST_CASE("whatever a request names, it is the configured server that is asked, or nobody") {
    passing p;
    scripted_server other;
    auto const at = "127.0.0.1:" + passing::port_of(other);
    SECTION("a target with another server") {
        auto client = p.client();
        client.send("GET http://" + at + "/a?b HTTP/1.1\r\nHost: " + at + "\r\n\r\n");
        auto server = p.back.accept();
        CHECK(server.read_head().starts_with("GET /a?b HTTP/1.1\r\nHost: " + at + "\r\n"));
        server.send(answer_of("ours"));
        CHECK(client.read_response().body == "ours");
    }
    SECTION("a tunnel, a trace, and a target without a path") {
        auto const start = GENERATE(as<std::string>{}, "CONNECT ", "TRACE ", "OPTIONS * ");
        auto client = p.client();
        auto const target = start == "CONNECT " ? at : start == "TRACE " ? "/a" : "";
        client.send(start + target + (target.empty() ? "" : " ") + "HTTP/1.1\r\nHost: " + at +
                    "\r\n\r\n");
        CHECK(client.read_response().status >= 400);
        CHECK_FALSE(p.back.has_newcomer());
    }
    SECTION("a server that sends its client elsewhere") {
        auto client = p.client();
        client.send(client.request_bytes("GET", "/a"));
        auto server = p.back.accept();
        (void)server.read_head();
        server.send("HTTP/1.1 302 Found\r\nLocation: http://" + at +
                    "/b\r\nContent-Length: 0\r\n\r\n");
        auto const r = client.read_response();
        CHECK(r.status == 302);
        CHECK(r.header("Location") == "http://" + at + "/b");
    }
    CHECK_FALSE(other.has_newcomer());
}

TEST_CASE("a request whose end is in doubt is not passed on") {
    passing p;
    auto client = p.client();
    client.send("POST /a HTTP/1.1\r\nHost: x\r\n" +
                GENERATE(as<std::string>{},
                         "Content-Length: 5\r\nContent-Length: 6\r\n",
                         "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                         "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                         "Transfer-Encoding: xchunked\r\n",
                         "Transfer-Encoding: chunked, identity\r\n",
                         "Transfer-Encoding : chunked\r\n",
                         "Transfer-Encoding:\x0b"
                         "chunked\r\n",
                         "Content-Length: +5\r\n",
                         "X: a\rContent-Length: 5\r\n",
                         "X: a\r\n Content-Length: 5\r\n") +
                "\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
    auto const all = client.read_to_end();
    CHECK(all.find("HTTP/1.1 4") == 0);
    CHECK(all.find("HTTP/1.1", 1) == std::string::npos);
    CHECK_FALSE(p.back.has_newcomer());
}

TEST_CASE("a server that stops does not wait for what is under way") {
    passing p;
    auto client = p.client();
    client.send(client.request_bytes("GET", "/a"));
    auto server = p.back.accept();
    (void)server.read_head();
}

TEST_CASE("what no server can be is refused at once") {
    auto const to = GENERATE(as<std::string>{},
                             "",
                             "127.0.0.1:80",
                             "ftp://a",
                             "ws://a",
                             "http://a/path",
                             "http://a/?q",
                             "http://u:p@a/");
    CHECK_THROWS_AS(
        gateway_server(on_free_port(),
                       [&](server& s, gateway_server::place_finder const& here) {
                           s.mount("/", pass_through_options{.to = to, .here = here}, handlers{});
                       }),
        std::invalid_argument);
}
