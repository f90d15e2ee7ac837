// The heads of requests and answers: their sizes, fields, hooks and hosts.
#include "integration/front.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace anywire;
using namespace anywire::test;

// -- heads ----------------------------------------------------------------------------------------

TEST_CASE("a 12 KB cookie and a 9 KB target pass, and the refusal of more names the option") {
    front f(nothing);
    auto const cookie = "Cookie: " + std::string(12 * 1024, 'c') + "\r\n";
    CHECK(f.connect().post("/echo/000/a/xhr", "", cookie).status == 200);
    CHECK(f.connect().upgrade("/ws?" + std::string(9 * 1024, 'q')).status == 101);
    auto const long_head =
        f.connect().get("/echo", "Cookie: " + std::string(17 * 1024, 'c') + "\r\n");
    CHECK(long_head.status == 431);
    CHECK(long_head.body.find("server_limits::header") != std::string::npos);
    auto const long_target = f.connect().get("/echo?" + std::string(17 * 1024, 'q'));
    CHECK(long_target.status == 414);
    CHECK(long_target.body.find("server_limits::header") != std::string::npos);
}

TEST_CASE("streams ask proxies not to hold them back nor to transform them") {
    front f(nothing);
    struct {
        char const* method;
        char const* target;
    } const streams[] = {{"POST", "/echo/000/a/xhr_streaming"},
                         {"GET", "/echo/000/b/eventsource"},
                         {"GET", "/echo/000/c/htmlfile?c=f"}};
    for (auto const& s : streams) {
        CAPTURE(s.target);
        auto c = f.connect();
        c.send(c.request_bytes(s.method, s.target, {}, "Sec-Fetch-Site: same-origin\r\n"));
        auto const r = c.read_head();
        CHECK(r.status == 200);
        CHECK(r.header("X-Accel-Buffering") == "no");
        CHECK(r.header("Cache-Control").find("no-transform") != std::string::npos);
    }
    CHECK(f.connect().post("/echo/000/d/xhr").header("X-Accel-Buffering").empty());
}

TEST_CASE("the header hooks of every dialect, once authorize has let the client in") {
    std::atomic<int> first{0};
    std::atomic<int> each{0};
    handlers app;
    app.authorize = [&](request const& r, decision d) {
        if (r.query_value("no"))
            d.refuse(403, "no");
        else
            d.accept();
    };
    front f(
        [&](auto& o) {
            o.initial_headers = [&](request const& r, response_headers& to) {
                ++first;
                to.add("X-First", r.path());
            };
            o.headers = [&](request const&, response_headers& to) {
                ++each;
                to.add("X-Each", "yes");
            };
        },
        app);
    int calls = 0;
    for (auto const* target : sockets) {
        CAPTURE(target);
        auto const refused =
            std::string(target) + (std::string(target).find('?') == std::string::npos ? "?" : "&");
        CHECK(f.connect().upgrade(refused + "no=1").status >= 400);
        CHECK(first == calls);
        auto const r = f.connect().upgrade(target);
        CHECK(r.status == 101);
        CHECK(r.header("X-First") == std::string(target).substr(0, std::string(target).find('?')));
        CHECK(r.header("X-Each") == "yes");
        CHECK(first == ++calls);
    }
    CHECK(f.connect().post("/echo/000/x/xhr?no=1").status == 403);
    CHECK(f.connect().get(engineio_test_server::polling() + "&no=1").status == 403);
    CHECK(first == calls);
    CHECK(each == calls);

    auto const opened = f.connect().post("/echo/000/x/xhr");
    CHECK(opened.header("X-First") == "/echo/000/x/xhr");
    CHECK(opened.header("X-Each") == "yes");
    CHECK(f.connect().post("/echo/000/x/xhr_send", "[\"x\"]").header("X-Each") == "yes");
    auto const next = f.connect().post("/echo/000/x/xhr");
    CHECK(next.header("X-Each") == "yes");
    CHECK(next.header("X-First").empty());
    CHECK(f.connect().get("/echo/info").header("X-Each") == "yes");
    CHECK(first == calls + 1);
    // Not where there is no session.
    auto const before = each.load();
    CHECK(f.connect().post("/echo/000/nobody/xhr_send", "[\"x\"]").header("X-Each").empty());
    CHECK(each == before);
}

// -- hosts ----------------------------------------------------------------------------------------

TEST_CASE("with a list of hosts others are misdirected, wherever they would go") {
    server_options with;
    with.hosts = {"chat.example", "*.wild.example", "127.0.0.1"};
    with.trusted_proxies = {"127.0.0.2"};
    front f([](auto& o) { o.origins = {"*"}; }, {}, with);
    auto const ask = [&](std::string const& request, std::string const& source = {}) {
        raw_client c(f.server.port(), {.source = source});
        c.send(request);
        return c.read_response();
    };
    auto const get = [](std::string const& host, std::string const& more = {}) {
        return "GET /echo/info HTTP/1.1\r\nHost: " + host + "\r\n" + more + "\r\n";
    };
    for (auto const* host :
         {"chat.example", "CHAT.example:8443", "a.wild.example", "127.0.0.1:1"}) {
        CAPTURE(host);
        CHECK(ask(get(host)).status == 200);
    }
    for (auto const* host : {"evil.example", "wild.example", "chat.example.", "127.0.0.2"}) {
        CAPTURE(host);
        auto const r = ask(get(host, from_friend));
        CHECK(r.status == 421);
        CHECK(r.body.find("server_options::hosts") != std::string::npos);
        CHECK(r.header("Access-Control-Allow-Origin").empty());
    }
    CHECK(ask("GET /nowhere HTTP/1.1\r\nHost: evil.example\r\n\r\n").status == 421);
    CHECK(ask("GET http://evil.example/echo/info HTTP/1.1\r\nHost: chat.example\r\n\r\n").status ==
          421);
    // Before the body has come.
    CHECK(ask("POST /echo/000/a/xhr_send HTTP/1.1\r\nHost: evil.example\r\nContent-Length: "
              "9\r\n\r\n")
              .status == 421);
    CHECK(ask("GET /echo/info HTTP/1.0\r\n\r\n").status == 200);
    // Behind a trusted proxy the host counts that the client asked for.
    CHECK(ask(get("inner", "X-Forwarded-Host: chat.example\r\n"), "127.0.0.2").status == 200);
    CHECK(ask(get("chat.example", "X-Forwarded-Host: evil.example\r\n"), "127.0.0.2").status ==
          421);
    CHECK(ask(get("inner", "X-Forwarded-Host: chat.example\r\n")).status == 421);
}

TEST_CASE("hosts that are none are refused, and a server knows its URL") {
    server_options wrong;
    wrong.port = 0;
    wrong.hosts = {"https://example.com"};
    CHECK_THROWS_WITH(server(wrong), Catch::Contains("hosts must be names"));
    server_options two;
    two.port = 0;
    two.listeners = {{.address = "127.0.0.2", .port = 0}};
    server const s(two);
    CHECK(s.url() == "http://127.0.0.1:" + std::to_string(s.port()));
    CHECK(s.url(1) == "http://127.0.0.2:" + std::to_string(s.port(1)));
}
