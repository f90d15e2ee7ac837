// What clients, browsers and proxies say before a session exists: subprotocols, origins, forwarded
// fields, hosts; and what they are told when they are refused.

#include <anywire/server.hpp>

#include "engineio_client.hpp"
#include "support/pending_decisions.hpp"
#include "support/raw_client.hpp"
#include "support/running_server.hpp"

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

namespace {

std::string const friendly = "https://friend.example";
std::string const from_friend = "Origin: " + friendly + "\r\n";

/// A server with a mount of every dialect; `prepare` sets what their options have in common.
struct front {
    template <class Prepare>
    explicit front(Prepare prepare, handlers more = {}, server_options options = {})
        : server(logged(std::move(options)), [&](anywire::server& at) {
              auto app = noting_echo(seen);
              app.authorize = more.authorize;
              app.on_open = [this](session& s) {
                  seen.add("open " + std::string(s.subprotocol()));
              };
              app.on_message = [](session& s, message_view) {
                  s.send(message_view(std::string(s.subprotocol()) + "|" +
                                      std::string(s.request().header("sec-websocket-protocol"))));
              };
              websocket_options ws;
              prepare(ws);
              at.mount("/ws", ws, app);
              sockjs_options sockjs{
                  .htmlfile = true, .jsonp = true, .sockjs_url = "/sockjs.js", .cookie = true};
              prepare(sockjs);
              at.mount("/echo", sockjs, app);
              engineio_options eio;
              eio.jsonp = true;
              prepare(eio);
              at.mount("/eio", eio, app);
          }) {}

    server_options logged(server_options o) {
        o.port = 0;
        o.log.write = [this](log_level, std::string_view line) { lines.add(std::string(line)); };
        return o;
    }
    raw_client connect() const { return raw_client(server.port()); }
    std::string own(std::string const& scheme = "http") const {
        return "Origin: " + scheme + "://127.0.0.1:" + std::to_string(server.port()) + "\r\n";
    }
    bool logs(std::string const& text) {
        return lines.wait_until([&](auto const& all) {
            return std::any_of(all.begin(), all.end(), [&](std::string const& line) {
                return line.find(text) != std::string::npos;
            });
        });
    }

    notes seen{};
    notes lines{};
    running_server server;
};

constexpr auto nothing = [](auto&) {};

constexpr char const* sockets[] = {
    "/ws", "/echo/websocket", "/echo/000/abc/websocket", "/eio/?EIO=4&transport=websocket"};

std::string offering(std::string const& list) {
    return "Sec-WebSocket-Protocol: " + list + "\r\n";
}
std::string chosen(front const& f, char const* target, std::string const& list) {
    auto c = f.connect();
    auto const r = c.upgrade(target, offering(list));
    CHECK(r.status == 101);
    return r.header("Sec-WebSocket-Protocol");
}

/// The status for every way in that a page has; the last ones go without Origin.
std::vector<int> ways_in(front const& f, std::string const& origin, std::string const& referer) {
    // New sessions each time: a poll of one that is there waits for its heartbeat.
    static int calls = 0;
    auto const sessions = "/echo/000/" + std::to_string(++calls);
    std::vector<int> out;
    for (auto const* target : sockets) out.push_back(f.connect().upgrade(target, origin).status);
    out.push_back(f.connect().post(sessions + "a/xhr", "", origin).status);
    {
        auto c = f.connect();
        c.send(c.request_bytes("GET", sessions + "b/eventsource", {}, origin));
        out.push_back(c.read_head().status);
    }
    out.push_back(f.connect().get(engineio_test_server::polling(), origin).status);
    out.push_back(f.connect().get(sessions + "c/jsonp?c=f", referer).status);
    out.push_back(f.connect().get("/echo/iframe.html", referer).status);
    out.push_back(f.connect().get(engineio_test_server::polling() + "&j=0", referer).status);
    return out;
}

std::vector<int> const all_in{101, 101, 101, 101, 200, 200, 200, 200, 200, 200};
// The reference's only status for a WebSocket is 400.
std::vector<int> const all_out{403, 403, 403, 400, 403, 403, 403, 403, 403, 403};

}  // namespace

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
    CHECK(f.logs("choose_subprotocol at /eio chose what the client does not offer"));
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

// -- refusals -------------------------------------------------------------------------------------

namespace {

void check_cors(response const& r, int status) {
    CHECK(r.status == status);
    CHECK(r.header("Access-Control-Allow-Origin") == friendly);
    CHECK(r.head.find("Vary: Origin\r\n") != std::string::npos);
    // Once, and for browsers that sent cookies where that is offered.
    CHECK(r.head.find("Access-Control-Allow-Origin",
                      r.head.find("Access-Control-Allow-Origin") + 1) == std::string::npos);
}

std::string with_length(std::string const& target, std::string const& origin, std::size_t length) {
    return "POST " + target + " HTTP/1.1\r\nHost: h\r\n" + origin +
           "Content-Length: " + std::to_string(length) + "\r\n\r\n";
}

}  // namespace

TEST_CASE("a page of an allowed origin may read every refusal, on every dialect") {
    handlers app;
    app.authorize = [](request const& r, decision d) {
        if (r.query_value("no"))
            d.refuse(403, "no");
        else
            d.accept();
    };
    server_options with;
    with.limits.request_body = std::chrono::milliseconds(100);
    front f(
        [](auto& o) {
            o.origins = {friendly};
            o.limits.max_message = 1'000;
        },
        app,
        with);
    auto const raw = [&](std::string const& bytes) {
        auto c = f.connect();
        c.send(bytes);
        return c.read_response();
    };
    auto const method = [&](char const* name, std::string const& target) {
        auto c = f.connect();
        c.send(c.request_bytes(name, target, {}, from_friend));
        return c.read_response();
    };
    auto const eio = engineio_test_server::polling();

    SECTION("400, 404, 405, 426, 500") {
        check_cors(f.connect().get("/ws", from_friend), 400);
        check_cors(f.connect().get("/echo/websocket", from_friend), 400);
        check_cors(f.connect().get("/eio/?EIO=4&transport=websocket", from_friend), 400);
        check_cors(f.connect().get(eio + "&sid=nobody", from_friend), 400);
        check_cors(f.connect().get("/echo/nothing/there", from_friend), 404);
        check_cors(f.connect().post("/echo/000/nobody/xhr_send", "[\"x\"]", from_friend), 404);
        check_cors(method("PUT", "/echo/000/a/xhr"), 405);
        check_cors(method("DELETE", "/ws"), 405);
        check_cors(f.connect().post("/echo/000/a/xhr_send", "", from_friend), 500);
    }
    SECTION("401 to 403 by authorize") {
        check_cors(f.connect().get("/echo/000/a/eventsource?no=1", from_friend), 403);
        check_cors(f.connect().post("/echo/000/a/xhr?no=1", "", from_friend), 403);
        check_cors(f.connect().get(eio + "&no=1", from_friend), 403);
        check_cors(f.connect().upgrade("/ws?no=1", from_friend), 403);
        check_cors(f.connect().upgrade("/eio/?EIO=4&transport=websocket&no=1", from_friend), 400);
    }
    SECTION("413, whether the body comes or not") {
        for (auto const& target : {std::string("/echo/000/a/xhr_send"), eio + "&sid=x"}) {
            CAPTURE(target);
            check_cors(raw(with_length(target, from_friend, 5'000)), 413);
            check_cors(raw(with_length(target, from_friend, 5'000) + std::string(5'000, 'x')), 413);
            check_cors(raw(with_length(target, from_friend, 5'000'000)), 413);
            auto const chunked = "POST " + target + " HTTP/1.1\r\nHost: h\r\n" + from_friend +
                                 "Transfer-Encoding: chunked\r\n\r\n7d0\r\n" +
                                 std::string(2'000, 'x');
            check_cors(raw(chunked), 413);
        }
    }
    SECTION("400 and 431 in the body, 408 without it") {
        auto const chunked = "POST /echo/000/a/xhr_send HTTP/1.1\r\nHost: h\r\n" + from_friend +
                             "Transfer-Encoding: chunked\r\n\r\n";
        check_cors(raw(chunked + "x\r\n"), 400);
        check_cors(raw(chunked + "1;" + std::string(5'000, 'x')), 431);
        check_cors(raw(with_length("/echo/000/a/xhr_send", from_friend, 10)), 408);
        check_cors(raw(with_length(eio + "&sid=x", from_friend, 10)), 408);
    }
    SECTION("nothing of it for others, and nothing is left over for the next request") {
        auto const evil = "Origin: https://evil.example\r\n";
        for (auto const& r : {raw(with_length("/echo/000/a/xhr_send", evil, 5'000)),
                              f.connect().post("/echo/000/a/xhr", "", evil),
                              f.connect().get(eio, evil)}) {
            CHECK(r.status >= 400);
            CHECK(r.header("Access-Control-Allow-Origin").empty());
        }
        auto c = f.connect();
        check_cors(c.post("/echo/000/nobody/xhr_send", "[\"x\"]", from_friend), 404);
        auto const next = c.get("/elsewhere", from_friend);
        CHECK(next.status == 404);
        CHECK(next.header("Access-Control-Allow-Origin").empty());
        c.send("GET / HTTP/1.1\r\nHost: h\r\nbad field\r\n\r\n");
        CHECK(c.read_response().header("Access-Control-Allow-Origin").empty());
    }
}

TEST_CASE("503 of a full mount and of a paused session carry the CORS fields") {
    front full([](auto& o) {
        o.origins = {friendly};
        o.limits.max_sessions = 1;
    });
    auto ws = full.connect();
    CHECK(ws.upgrade("/ws").status == 101);
    CHECK(full.connect().post("/echo/000/a/xhr").status == 200);
    CHECK(full.connect().get(engineio_test_server::polling()).status == 200);
    check_cors(full.connect().upgrade("/ws", from_friend), 503);
    check_cors(full.connect().post("/echo/000/b/xhr", "", from_friend), 503);
    check_cors(full.connect().get(engineio_test_server::polling(), from_friend), 503);

    handlers undecided;
    undecided.authorize = [waiting = std::make_shared<pending_decisions>()](
                              request const&, decision d) { waiting->put(std::move(d)); };
    front slow(
        [](auto& o) {
            o.origins = {friendly};
            o.limits.authorize_timeout = std::chrono::milliseconds(50);
        },
        undecided);
    check_cors(slow.connect().post("/echo/000/b/xhr", "", from_friend), 503);
    check_cors(slow.connect().get(engineio_test_server::polling(), from_friend), 503);
}

TEST_CASE("a session that another shard owns refuses with the CORS fields, too") {
    server_options four;
    four.threads = 4;
    front f([](auto& o) { o.origins = {friendly}; }, {}, four);
    for (int i = 0; i < 8; ++i) {
        auto const target = "/echo/000/nobody" + std::to_string(i) + "/xhr_send";
        check_cors(f.connect().post(target, "[\"x\"]", from_friend), 404);
    }
}

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
