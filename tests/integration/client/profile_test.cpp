// Clients that share a profile: what each has of its own, what it is told of the handshake, and
// what it costs.

#include <anywire/client.hpp>
#include <anywire/server.hpp>

#include "support/certificate.hpp"
#include "support/client_bench.hpp"
#include "support/proxy_headers.hpp"

#include <catch2/catch.hpp>

#include <deque>
#include <future>
#include <malloc.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using wire_bench = anywire::test::client_bench;

namespace {

anywire::client_options options_for(std::string url) {
    return {.url = std::move(url), .network = {.proxy = "-"}};
}

/// What a gateway has for one session: the client is a part of it.
struct numbered_client : anywire::client {
    numbered_client(client_context& on,
                    client_profile const& profile,
                    std::shared_ptr<client_handlers const> const& shared,
                    int n,
                    client_particulars own = {})
        : client(on, profile, shared, std::move(own)), number(n) {
        connect();
    }
    int number;
};

/// Handlers for any number of them.
std::shared_ptr<client_handlers const> noting_handlers(notes& seen) {
    auto const name = [](client& c) {
        return std::to_string(static_cast<numbered_client&>(c).number);
    };
    client_handlers h;
    h.on_open = [&seen, name](client& c) {
        seen.add("open " + name(c));
        (void)c.send("from " + name(c));
    };
    h.on_message = [&seen, name](client& c, message_view m) {
        seen.add(name(c) + " got " + std::string(m.data));
    };
    h.on_failure = [&seen, name](client& c, client_failure const& why) {
        seen.add(name(c) + " failed " + std::to_string(why.status) + " [" +
                 std::string(why.header("www-authenticate")) + "] [" +
                 std::string(why.header("retry-after")) + "] " + why.body);
    };
    return std::make_shared<client_handlers const>(std::move(h));
}

/// Destroys clients where their handlers run, so that none of them does meanwhile.
template <class Clients>
void drop_all(client_context& context, Clients& clients) {
    std::promise<void> done;
    context.post([&] {
        clients.clear();
        done.set_value();
    });
    done.get_future().wait();
}

/// A listener that expects PROXY headers, over TLS where it is shown a certificate.
struct behind_gateway {
    explicit behind_gateway(certificate const* shown = nullptr)
        : server(options(shown), [&](anywire::server& s) {
              s.mount("/who", websocket_options{}, {.on_open = [](session& to) {
                          (void)to.send(std::string(to.request().remote_address()) +
                                        (to.request().is_secure() ? " https" : " http"));
                      }});
              s.route("GET", "/from", [](route_request const& r) {
                  return http_answer{.body = std::string(r.remote_address())};
              });
          }) {}
    static server_options options(certificate const* shown) {
        auto o = on_free_port();
        tls_options tls;
        if (shown) tls = {.certificate = shown->certificate_file(), .key = shown->key_file()};
        o.listeners = {{.port = 0, .tls = tls, .proxy_protocol = proxy_protocol::required}};
        return o;
    }
    std::string url(std::string const& scheme, std::string const& path = "/who") const {
        return scheme + "://localhost:" + std::to_string(server.port(1)) + path;
    }
    running_server server;
};

constexpr std::string_view proxy_v1 = "PROXY TCP4 192.0.2.9 198.51.100.1 12345 443\r\n";

}  // namespace

TEST_CASE("clients of one profile share options and handlers, and find themselves in them") {
    notes seen;
    running_server server(on_free_port(),
                          [&](anywire::server& s) { s.mount("/ws", websocket_options{}, echo()); });
    client_context context;
    client_profile const profile(options_for(server->url() + "/ws"));
    CHECK(profile.options().url == server->url() + "/ws");
    auto const shared = noting_handlers(seen);
    std::deque<numbered_client> clients;
    for (int i = 1; i <= 3; ++i) clients.emplace_back(context, profile, shared, i);
    for (auto const* const line : {"1 got from 1", "2 got from 2", "3 got from 3"})
        CHECK(seen.wait_for(line));
    drop_all(context, clients);
    CHECK(shared.use_count() == 1);
}

TEST_CASE("a client without handlers is told nothing, and sends all the same") {
    notes seen;
    running_server server(on_free_port(), [&](anywire::server& s) {
        s.mount("/ws", websocket_options{}, noting_echo(seen));
    });
    client_context context;
    anywire::client c(context, client_profile(options_for(server->url() + "/ws")), nullptr);
    c.connect();
    (void)c.send("hello");
    CHECK(seen.wait_for("message hello"));
}

TEST_CASE("a client's particulars are its own: path, fields and subprotocols") {
    notes seen;
    scripted_server server;
    client_context context;
    auto o = options_for(server.url("/at?a=1"));
    o.protocols = {"common"};
    o.headers = {{"X-All", "1"}};
    o.query = "b=2";
    client_profile const profile(o);
    auto const shared = noting_handlers(seen);
    std::deque<numbered_client> clients;
    clients.emplace_back(context, profile, shared, 1);
    auto first = server.accept();
    auto head = first.read_head();
    CHECK(head.starts_with("GET /at?a=1&b=2 HTTP/1.1\r\n"));
    CHECK(head.find("Sec-WebSocket-Protocol: common\r\n") != std::string::npos);
    client_particulars own;
    own.target = "/room/%20x?who=me";
    own.headers = {{"Cookie", "c=1"}, {"X-Forwarded-For", "192.0.2.9"}};
    own.protocols = {"chat", "log"};
    clients.emplace_back(context, profile, shared, 2, own);
    auto second = server.accept();
    head = second.read_head();
    CHECK(head.starts_with("GET /room/%20x?who=me HTTP/1.1\r\n"));
    for (auto const* const line : {"X-All: 1\r\n",
                                   "X-Forwarded-For: 192.0.2.9\r\n",
                                   "Cookie: c=1\r\n",
                                   "Sec-WebSocket-Protocol: chat, log\r\n"})
        CHECK(head.find(line) != std::string::npos);
    drop_all(context, clients);
}

TEST_CASE("another server is not told what a client has of its own") {
    scripted_server server;
    scripted_server other;
    notes seen;
    client_context context;
    client_particulars own;
    own.headers = {{"X-Forwarded-For", "192.0.2.9"}, {"Authorization", "secret"}};
    std::deque<numbered_client> clients;
    auto o = options_for(server.url("/sockjs"));
    o.dialect = client_dialect::sockjs;
    o.transports = {"xhr-polling"};
    clients.emplace_back(context, client_profile(o), noting_handlers(seen), 1, own);
    auto info = server.accept();
    CHECK(info.read_head().find("X-Forwarded-For: 192.0.2.9\r\n") != std::string::npos);
    auto const body =
        R"({"websocket":false,"entropy":1,"origins":[],"base_url":")" + other.url("/s") + "\"}";
    info.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
              body);
    auto session = other.accept();
    auto const head = session.read_head();
    CHECK(head.find("X-Forwarded-For") == std::string::npos);
    CHECK(head.find("secret") == std::string::npos);
    drop_all(context, clients);
}

TEST_CASE("a profile and particulars that are not valid are told in one sentence") {
    CHECK_THROWS_AS(client_profile(options_for("nonsense")), std::invalid_argument);
    auto o = options_for("wss://a");
    o.network.tls.ca = "/does/not/exist.pem";
    CHECK_THROWS_AS(client_profile(o), std::invalid_argument);
    client_context context;
    client_profile const profile(options_for("ws://127.0.0.1:1/"));
    auto const refuses = [&](client_particulars own) {
        CHECK_THROWS_AS(anywire::client(context, profile, nullptr, std::move(own)),
                        std::invalid_argument);
    };
    refuses({.preamble = std::string(65'552, 'x')});
    refuses({.headers = {{"X", "a\r\nb"}}});
    refuses({.headers = {{"Host", "b"}}});
    refuses({.protocols = {"a", "a"}});
    refuses({.target = "no/slash"});
    refuses({.target = "/a b"});
}

TEST_CASE("a preamble comes before all else, plain and in front of TLS") {
    certificate issuer({.common_name = "issuer", .is_authority = true});
    certificate const shown({.names = {"localhost"}}, &issuer);
    auto const is_secure = GENERATE(false, true);
    auto const header = GENERATE(std::string(proxy_v1), proxy_v2_of_v4());
    behind_gateway backend(is_secure ? &shown : nullptr);
    anywire::client_options o;
    o.network.preamble = header;
    o.network.tls.ca = issuer.certificate_file();
    wire_bench client(o);
    auto const from = header[0] == 'P' ? "192.0.2.9" : "192.0.2.7";
    client.open(backend.url(is_secure ? "wss" : "ws"));
    CHECK(client.seen.wait_for(std::string("message ") + from + (is_secure ? " https" : " http")));
    client.fetch(backend.url(is_secure ? "https" : "http", "/from"));
    CHECK(client.seen.wait_for(std::string("body ") + from));
}

TEST_CASE("each client has a preamble of its own, on each of its connections") {
    behind_gateway backend;
    notes seen;
    client_context context;
    auto o = options_for(backend.url("ws"));
    o.network.preamble = proxy_v1;
    o.reconnect.delay = 1ms;
    client_profile const profile(o);
    auto const shared = noting_handlers(seen);
    std::deque<numbered_client> clients;
    clients.emplace_back(context, profile, shared, 1);
    clients.emplace_back(
        context, profile, shared, 2, client_particulars{.preamble = proxy_v2_of_v4()});
    CHECK(seen.wait_for("1 got 192.0.2.9 http"));
    CHECK(seen.wait_for("2 got 192.0.2.7 http"));
    clients[1].reconnect();
    CHECK(seen.wait_for("2 got 192.0.2.7 http", 2));
    drop_all(context, clients);
}

TEST_CASE("a preamble goes through a proxy to the server, even where a plain request is made") {
    scripted_server proxy;
    anywire::client_options o;
    o.network.proxy = proxy.url("");
    o.network.preamble = proxy_v1;
    wire_bench client(o);
    client.fetch("http://backend.test/x");
    auto peer = proxy.accept();
    CHECK(peer.read_head().starts_with("CONNECT backend.test:80 HTTP/1.1\r\n"));
    peer.send("HTTP/1.1 200 OK\r\n\r\n");
    CHECK(peer.read_exactly(proxy_v1.size()) == proxy_v1);
    CHECK(peer.read_head().starts_with("GET /x HTTP/1.1\r\n"));
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    CHECK(client.seen.wait_for("end"));
}

TEST_CASE("a long preamble is sent whole, however slowly it is taken") {
    scripted_server server;
    anywire::client_options o;
    o.network.preamble = std::string(65'551, 'p');
    wire_bench client(o);
    client.fetch(server.url("/x"));
    auto peer = server.accept();
    CHECK(peer.read_exactly(65'551) == o.network.preamble);
    CHECK(peer.read_head().starts_with("GET /x HTTP/1.1\r\n"));
}

TEST_CASE("a refusal tells its fields, and a session that opens those of the 101") {
    notes seen;
    scripted_server server;
    client_context context;
    client_handlers h = *noting_handlers(seen);
    h.on_open = [&seen](client& c) {
        std::string all;
        for (auto const& f : c.response_fields())
            if (f.name == "Set-Cookie") all.append(" ").append(f.value);
        seen.add("open" + all + " by " + std::string(c.response_header("server")));
    };
    h.on_message = [&seen](client& c, message_view) {
        seen.add("later " + std::to_string(c.response_fields().size()) +
                 std::string(c.response_header("server")));
    };
    auto o = options_for(server.url("/"));
    o.reconnect.delay = 1ms;
    std::deque<numbered_client> clients;
    auto const shared = std::make_shared<client_handlers const>(std::move(h));
    clients.emplace_back(context, client_profile(o), shared, 7);
    {
        auto peer = server.accept();
        (void)peer.read_head();
        peer.send(
            "HTTP/1.1 401 Who\r\nWWW-Authenticate: Basic realm=\"x\"\r\nRetry-After: 3\r\n"
            "Content-Length: 4\r\n\r\nwho?");
        CHECK(seen.wait_for("7 failed 401 [Basic realm=\"x\"] [3] who?"));
    }
    auto peer = server.accept();
    peer.accept_websocket(server_frame(1, "x"),
                          "Server: me\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n");
    CHECK(seen.wait_for("open a=1 b=2 by me"));
    CHECK(seen.wait_for("later 0"));
    drop_all(context, clients);
}

TEST_CASE("an idle client of a profile and its server's session hold less than 2 KB of the heap") {
    notes seen;
    running_server server(on_free_port(),
                          [&](anywire::server& s) { s.mount("/ws", websocket_options{}, echo()); });
    client_context context;
    client_profile const profile(options_for(server->url() + "/ws"));
    auto const shared = noting_handlers(seen);
    std::deque<numbered_client> clients;
    constexpr std::size_t some = 50;
    constexpr std::size_t count = 400;
    std::size_t before = 0;
    for (std::size_t i = 0; i < some + count; ++i) {
        if (i == some) before = ::mallinfo2().uordblks;
        clients.emplace_back(context, profile, shared, static_cast<int>(i));
        REQUIRE(seen.wait_for(std::to_string(i) + " got"));
    }
    auto const after = ::mallinfo2().uordblks;
    // A sanitizer's allocator says nothing here.
    auto const each = after > before ? (after - before) / count : 0;
    INFO(each << " bytes");
    CHECK(each < 2'000);
    drop_all(context, clients);
}
