// What clients, browsers and proxies say before a session exists: subprotocols, origins, forwarded
// fields.
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

// -- subprotocols ---------------------------------------------------------------------------------

TEST_CASE("the first subprotocol offered is chosen on Engine.IO, none elsewhere, by default") {
    front f(nothing);
    for (auto const* target : sockets) {
        CAPTURE(target);
        auto const is_engineio = std::string(target).starts_with("/eio");
        CHECK(chosen(f, target, "x, y") == (is_engineio ? "x" : ""));
        CHECK(chosen(f, target, "a b, y") == (is_engineio ? "y" : ""));
    }
    CHECK(f.seen.wait_for("open x"));
}

TEST_CASE("of the subprotocols a mount knows the client's first is chosen, on every dialect") {
    front f([](auto& o) { o.subprotocols = {"v2", "v1"}; });
    for (auto const* target : sockets) {
        CAPTURE(target);
        CHECK(chosen(f, target, "token, v1, v2") == "v1");
        CHECK(chosen(f, target, "token") == "");
        CHECK(chosen(f, target, "") == "");
    }
    auto c = f.connect();
    REQUIRE(c.upgrade("/echo/websocket", offering("token, v1")).status == 101);
    c.send_text("?");
    CHECK(c.read_message() == "v1|token, v1");
}

TEST_CASE("a callback sees all that is offered, and chooses") {
    front f([](auto& o) {
        o.choose_subprotocol = [](request const& r, std::span<std::string_view const> offered) {
            if (r.query_value("throw")) throw std::runtime_error("no");
            if (r.query_value("other")) return std::string("other");
            return std::string(offered.back());
        };
    });
    for (auto const* target : sockets) {
        CAPTURE(target);
        auto const more =
            std::string(target) +
            (std::string(target).ends_with("et") && std::string(target).starts_with("/eio") ? "&"
                                                                                            : "?");
        CHECK(chosen(f, target, "bearer, secret, v1") == "v1");
        CHECK(chosen(f, (more + "throw=1").c_str(), "bearer, v1") == "");
        CHECK(chosen(f, (more + "other=1").c_str(), "bearer, v1") == "");
        // Nothing to choose from.
        CHECK(f.connect().upgrade(more + "throw=1").status == 101);
    }
    CHECK(f.logs("choose_subprotocol threw: no"));
    CHECK(f.logs("choose_subprotocol at /eio chose a subprotocol that the client does not offer"));
}

TEST_CASE("an upgrade agrees on a subprotocol, which the session tells from then on") {
    front f(nothing);
    auto const sid = sid_in(f.connect().get(engineio_test_server::polling()).body);
    CHECK(f.seen.wait_for("open "));
    auto c = f.connect();
    auto const r = c.upgrade(engineio_test_server::websocket(sid), offering("x, y"));
    CHECK(r.status == 101);
    CHECK(r.header("Sec-WebSocket-Protocol") == "x");
    c.send_text("2probe");
    CHECK(c.read_message() == "3probe");
    CHECK(f.connect().post(engineio_test_server::polling(sid), "4a").body == "ok");
    // The poll may end with a noop, and has to end before the client upgrades.
    CHECK(f.connect().get(engineio_test_server::polling(sid)).body.find("4|") != std::string::npos);
    c.send_text("5");
    c.send_text("4b");
    CHECK(c.read_message() == "4x|");
}

TEST_CASE("authorize sees the subprotocols that are offered, before one is chosen") {
    std::atomic<int> choices{0};
    handlers app;
    app.authorize = [](request const& r, decision d) {
        auto const offered = r.subprotocols();
        if (offered.size() == 2 && offered[0] == "bearer" && offered[1] == "secret")
            d.accept();
        else
            d.refuse(401, "who are you?");
    };
    front f(
        [&](auto& o) {
            o.choose_subprotocol = [&](request const&, std::span<std::string_view const> offered) {
                ++choices;
                return std::string(offered.front());
            };
        },
        app);
    int opened = 0;
    for (auto const* target : sockets) {
        CAPTURE(target);
        CHECK(f.connect().upgrade(target, offering("bearer, wrong")).status >= 400);
        CHECK(choices == opened);
        CHECK(chosen(f, target, "bearer, secret") == "bearer");
        CHECK(choices == ++opened);
    }
}

// -- origins --------------------------------------------------------------------------------------

TEST_CASE("ws and wss of the own host are the own origin") {
    front f(nothing);
    auto const referer = "Referer: http://127.0.0.1:" + std::to_string(f.server.port()) + "/\r\n";
    CHECK(ways_in(f, f.own("ws"), referer) == all_in);
    CHECK(ways_in(f, f.own("wss"), "Referer: https://other/\r\n") == all_out);
}

TEST_CASE("a callback lets in whom the list does not, on every way in") {
    notes asked;
    front f([&](auto& o) {
        o.origins = {"https://listed.example", "null"};
        o.allow_origin = [&](request const& r, std::string_view origin) {
            asked.add(std::string(origin));
            if (origin == "https://thrower.example") throw std::runtime_error("no");
            return origin == friendly && !r.remote_address().empty();
        };
    });
    CHECK(ways_in(f, from_friend, "Referer: " + friendly + "/page?x\r\n") == all_in);
    CHECK(asked.count(friendly) >= 10);
    CHECK(asked.count(friendly + "/") == 0);
    CHECK(ways_in(f, "Origin: https://evil.example\r\n", "Referer: https://evil.example/\r\n") ==
          all_out);
    CHECK(ways_in(f,
                  "Origin: https://thrower.example\r\n",
                  "Referer: https://thrower.example/\r\n") == all_out);
    CHECK(f.logs("allow_origin threw: no"));
    // Whoever is listed, of the same origin or no browser is not asked about.
    auto const before = asked.all().size();
    CHECK(ways_in(f,
                  "Origin: https://listed.example\r\n",
                  "Referer: https://listed.example/\r\n") == all_in);
    CHECK(ways_in(f, f.own(), "Sec-Fetch-Site: same-origin\r\n") == all_in);
    CHECK(f.connect().upgrade("/ws", "Origin: null\r\n").status == 101);
    CHECK(f.connect().upgrade("/ws").status == 101);
    // Nor about what is no origin.
    CHECK(f.connect().upgrade("/ws", "Origin: https://friend.example/\r\n").status == 403);
    CHECK(asked.all().size() == before);

    auto const frame =
        f.connect().get("/echo/iframe.html", "Referer: https://friend.example/page\r\n");
    CHECK(frame.header("Content-Security-Policy") ==
          "frame-ancestors 'self' https://listed.example https://friend.example");
    CHECK(frame.header("Cache-Control") == "no-store");
}

TEST_CASE("the log says what a refused origin was compared with, and the cure") {
    front f(nothing, {}, {.trusted_proxies = {"127.0.0.2"}});
    auto const port = std::to_string(f.server.port());
    CHECK(f.connect().upgrade("/ws", "Origin: https://evil.example\r\n").status == 403);
    CHECK(f.logs(
        "refused a foreign origin at /ws: 'https://evil.example' is not 'http://127.0.0.1:" + port +
        "' (as 127.0.0.1, no trusted proxy, sent it), nor in the mount's `origins`"));
    CHECK(f.logs("`proxy_set_header Host $http_host`"));
    raw_client proxied(f.server.port(), {.source = "127.0.0.2"});
    CHECK(proxied
              .upgrade("/ws",
                       "Origin: https://evil.example\r\nX-Forwarded-For: 1.2.3.4\r\n"
                       "X-Forwarded-Host: chat.example\r\nX-Forwarded-Port: 8443\r\n"
                       "X-Forwarded-Proto: https\r\n")
              .status == 403);
    CHECK(f.logs("is not 'https://chat.example:8443' (as the trusted proxy before 1.2.3.4"));
}

// -- proxies --------------------------------------------------------------------------------------

TEST_CASE("what a trusted proxy forwards is where the page comes from") {
    front f(nothing, {}, {.trusted_proxies = {"127.0.0.1"}});
    std::string const page = "Origin: https://chat.example:8443\r\n";
    struct {
        char const* fields;
        int status;
    } const cases[] = {
        {"X-Forwarded-Host: chat.example:8443\r\nX-Forwarded-Proto: https\r\n", 101},
        // nginx with `Host $host`, on a port of its own.
        {"X-Forwarded-Host: chat.example\r\nX-Forwarded-Proto: https\r\n", 403},
        {"X-Forwarded-Host: chat.example\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 8443\r\n",
         101},
        {"X-Forwarded-Host: chat.example:8443\r\nX-Forwarded-Ssl: on\r\n", 101},
        {"X-Forwarded-Host: chat.example:8443\r\nFront-End-Https: on\r\n", 101},
        {"Forwarded: for=1.2.3.4;proto=https;host=\"chat.example:8443\"\r\n", 101},
        {"Forwarded: for=1.2.3.4;proto=http;host=\"chat.example:8443\"\r\n", 403},
        {"Forwarded: for=_hidden;proto=wss;host=\"chat.example:8443\"\r\n", 101},
        {"Forwarded: for=1.2.3.4;proto=https;host=chat.example\r\n", 403},
    };
    for (auto const& c : cases) {
        CAPTURE(c.fields);
        CHECK(f.connect().upgrade("/ws", page + c.fields).status == c.status);
    }
    front const untrusting(nothing);
    for (auto const& c : cases) {
        CAPTURE(c.fields);
        CHECK(untrusting.connect().upgrade("/ws", page + c.fields).status == 403);
    }
}

TEST_CASE("the kind of forwarded fields that is believed can be named") {
    front f(
        nothing, {}, {.trusted_proxies = {"127.0.0.1"}, .proxy_style = proxy_fields::forwarded});
    std::string const page = "Origin: https://chat.example\r\n";
    std::string const spoofed = "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Host: evil.example\r\n";
    std::string const said = "Forwarded: for=1.2.3.4;proto=https;host=chat.example\r\n";
    CHECK(f.connect().upgrade("/ws", page + spoofed + said).status == 101);
    CHECK(f.connect().upgrade("/ws", page + spoofed).status == 403);
}
