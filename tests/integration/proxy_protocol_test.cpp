// Listeners whose connections begin with a header that says for whom a proxy has made them.

#include <anywire/server.hpp>

#include "support/certificate.hpp"
#include "support/proxy_headers.hpp"
#include "support/raw_client.hpp"
#include "support/running_server.hpp"
#include "support/temp_folder.hpp"
#include "support/tls_client.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <cstdint>
#include <linux/sockios.h>
#include <string>
#include <sys/ioctl.h>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

struct behind_proxy {
    explicit behind_proxy(server_options o = on_free_port(), tls_options tls = {})
        : server(
              [&] {
                  o.listeners.push_back(
                      {.port = 0, .tls = tls, .proxy_protocol = proxy_protocol::required});
                  o.log = {.write = [this](log_level, std::string_view line) {
                      seen.add(std::string(line));
                  }};
                  return o;
              }(),
              [](anywire::server& at) {
                  at.mount("/echo", sockjs_options{}, echo());
                  at.mount("/who", websocket_options{.origins = {"*"}}, {.on_open = [](session& s) {
                               (void)s.send(std::string(s.request().remote_address()) +
                                            (s.request().is_secure() ? " https" : " http"));
                           }});
              }) {}
    std::uint16_t port() const { return server.port(1); }

    /// Whom the server takes the client for.
    std::string who(std::string_view header) const {
        raw_client c(port());
        c.send(std::string(header) + c.upgrade_bytes("/who"));
        if (c.read_response().status != 101) return "refused";
        return c.read_message();
    }

    /// How many connections were refused for that.
    std::uint64_t refused(refusal_cause cause) {
        for (auto const& [why, n] : server->snapshot().refused)
            if (why == cause) return n;
        return 0;
    }

    notes seen{};
    running_server server;
};

/// Whether the server has read all that went through a Unix domain socket.
bool is_all_read(raw_client const& c) {
    int left = 0;
    return ::ioctl(c.descriptor(), SIOCOUTQ, &left) == 0 && left == 0;
}

std::string const v1 = "PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n";

}  // namespace

TEST_CASE("the client is whom the proxy's header says") {
    auto const threads = GENERATE(1u, 4u);
    behind_proxy const p(on_free_port(threads));
    CHECK(p.who(v1) == "192.0.2.7 http");
    CHECK(p.who("PROXY TCP6 2001:db8::1 ::1 1 2\r\n") == "2001:db8::1 http");
    CHECK(p.who(proxy_v2_of_v4()) == "192.0.2.7 http");
    CHECK(p.who(proxy_v2_of_v4(proxy_tls_field(true))) == "192.0.2.7 https");
    CHECK(p.who(proxy_v2_with_crc()) == "192.0.2.7 http");
    CHECK(p.who(proxy_v2(0x21, 0x31, std::string(216, '\0'))) == "unix: http");
    // The proxy's own connections.
    CHECK(p.who("PROXY UNKNOWN\r\n") == "127.0.0.1 http");
    CHECK(p.who(proxy_v2(0x20, 0x00, "")) == "127.0.0.1 http");
}

TEST_CASE("the header may come in pieces, and nothing that follows it is lost") {
    behind_proxy const p;
    auto const header = GENERATE(as<std::string>(), v1, proxy_v2_of_v4(proxy_tls_field(false)));
    raw_client c(p.port());
    for (auto const byte : header) c.send({&byte, 1});
    CHECK(c.get("/echo").body == "Welcome to SockJS!\n");
    raw_client together(p.port());
    together.send(header + c.request_bytes("GET", "/echo") + c.request_bytes("GET", "/echo"));
    CHECK(together.read_response().status == 200);
    CHECK(together.read_response().status == 200);
}

TEST_CASE("each byte of the header may come when all before it were read") {
    temp_folder const folder;
    auto const path = folder.file("proxy.sock");
    auto o = on_free_port();
    o.listeners.push_back({.path = path, .proxy_protocol = proxy_protocol::required});
    behind_proxy const p(o);
    auto const header = GENERATE(as<std::string>(), v1, proxy_v2_of_v4(proxy_tls_field(false)));
    raw_client c(0, {.path = path});
    for (auto const byte : header) {
        c.send({&byte, 1});
        REQUIRE(eventually([&] { return is_all_read(c); }));
    }
    CHECK(c.get("/echo").body == "Welcome to SockJS!\n");
}

TEST_CASE("TLS comes after the header, in the same segment or later") {
    certificate const files;
    behind_proxy const p(on_free_port(), files.options());
    auto const header = GENERATE(as<std::string>(), v1, proxy_v2_of_v4());
    tls_client later(p.port());
    REQUIRE(later.send_beneath(header));
    REQUIRE(later.upgrade("/who").status == 101);
    CHECK(later.read_message() == "192.0.2.7 https");
    tls_client together(p.port());
    (void)SSL_do_handshake(together.native());
    REQUIRE(together.send_beneath(header + together.take_outgoing()));
    CHECK(together.get("/echo").status == 200);
}

TEST_CASE("a connection without a good header is closed without an answer, and the log says so") {
    behind_proxy p;
    auto const bytes = GENERATE(as<std::string>(),
                                "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n",
                                "PROXY TCP4 192.0.2.7 198.51.100.1 56324\r\n",
                                "PROXY UNKNOWN " + std::string(5'000, 'x'),
                                proxy_v2(0x21, 0x11, std::string(5'000, 'x')),
                                proxy_v2_with_crc(1));
    raw_client c(p.port());
    (void)c.try_send(bytes);
    CHECK(c.is_ended_by_peer());
    CHECK(p.seen.wait_for("a connection of 127.0.0.1 has no good header of the PROXY protocol"));
    CHECK(p.who(v1) == "192.0.2.7 http");
    CHECK(p.refused(refusal_cause::bad_proxy_header) == 1);
}

TEST_CASE("a header is never guessed: elsewhere it is a bad request") {
    behind_proxy const p;
    raw_client c(p.server.port(0));
    c.send(v1 + c.request_bytes("GET", "/echo"));
    CHECK(c.read_response().status == 400);
}

TEST_CASE("a header that does not come in time ends its connection") {
    auto o = on_free_port();
    o.limits.tls_handshake = 150ms;
    behind_proxy p(o);
    auto const start =
        GENERATE(as<std::string>(), "", "PROXY TCP4 192.0", proxy_v2_of_v4().substr(0, 20));
    raw_client c(p.port());
    if (!start.empty()) c.send(start);
    CHECK(c.is_ended_by_peer());
    CHECK(p.seen.wait_for("a connection of 127.0.0.1 has no good header"));
    CHECK(p.refused(refusal_cause::bad_proxy_header) == 1);
}

TEST_CASE("who goes without a word is no fault, who goes within the header is one") {
    behind_proxy p;
    { raw_client const checks(p.port()); }
    {
        raw_client breaks(p.port());
        breaks.send("PROXY TCP4");
    }
    CHECK(eventually([&] { return p.refused(refusal_cause::bad_proxy_header) == 1; }));
    // Both have been heard of, for one accepts in turn.
    CHECK(p.who(v1) == "192.0.2.7 http");
    CHECK(p.refused(refusal_cause::bad_proxy_header) == 1);
}

TEST_CASE("a client that ends, resets or a server that drains in the middle is nothing to others") {
    behind_proxy p;
    SECTION("end") {
        raw_client c(p.port());
        c.send("PROXY TCP4");
        c.end_sending();
        CHECK(c.is_ended_by_peer());
    }
    SECTION("reset") {
        raw_client c(p.port());
        c.send("PROXY TCP4");
        c.reset();
    }
    SECTION("drain") {
        raw_client c(p.port());
        c.send("PROXY TCP4");
        settle(p.server);
        p.server->drain(10s);
        CHECK(c.is_ended_by_peer());
        CHECK(p.server.wait_for_end());
        return;
    }
    CHECK(p.who(v1) == "192.0.2.7 http");
}

TEST_CASE("where proxies are named, the header is believed from them only") {
    auto o = on_free_port();
    SECTION("another one is closed") {
        o.trusted_proxies = {"10.0.0.0/8"};
        behind_proxy p(o);
        raw_client c(p.port());
        (void)c.try_send(v1);
        CHECK(c.is_ended_by_peer());
        CHECK(p.seen.wait_for("a connection of 127.0.0.1 to a listener that requires the PROXY"));
        CHECK(p.refused(refusal_cause::untrusted_proxy) == 1);
    }
    SECTION("one that is named is served, and what it says is no proxy because of that") {
        o.trusted_proxies = {"127.0.0.1"};
        behind_proxy const p(o);
        raw_client c(p.port());
        c.send(v1 + c.upgrade_bytes("/who", "X-Forwarded-For: 203.0.113.9\r\n"));
        REQUIRE(c.read_response().status == 101);
        CHECK(c.read_message() == "192.0.2.7 http");
    }
    SECTION("a proxy behind it is believed by its fields") {
        o.trusted_proxies = {"127.0.0.1", "192.0.2.0/24"};
        behind_proxy const p(o);
        raw_client c(p.port());
        c.send(v1 + c.upgrade_bytes("/who", "X-Forwarded-For: 203.0.113.9\r\n"));
        REQUIRE(c.read_response().status == 101);
        CHECK(c.read_message() == "203.0.113.9 http");
    }
}

TEST_CASE("limits count the client of the header, and not the proxy") {
    auto o = on_free_port();
    o.limits.max_connections_per_address = 1;
    behind_proxy const p(o);
    raw_client first(p.port());
    first.send(v1 + first.request_bytes("GET", "/echo"));
    REQUIRE(first.read_response().status == 200);
    raw_client again(p.port());
    again.send(v1 + again.request_bytes("GET", "/echo"));
    CHECK(again.read_response().status == 429);
    raw_client other(p.port());
    other.send("PROXY TCP4 192.0.2.8 198.51.100.1 1 2\r\n" + other.request_bytes("GET", "/echo"));
    CHECK(other.read_response().status == 200);
    first.close();
    CHECK(eventually([&] {
        raw_client c(p.port());
        c.send(v1 + c.request_bytes("GET", "/echo"));
        return c.read_response().status == 200;
    }));
}

TEST_CASE("a Unix domain socket takes the header of a proxy that trusted_proxies does not name") {
    temp_folder const folder;
    auto o = on_free_port();
    o.trusted_proxies = {"10.0.0.0/8"};
    o.listeners.push_back(
        {.path = folder.file("live.sock"), .proxy_protocol = proxy_protocol::required});
    running_server const s(o, [](server& at) { at.mount("/echo", sockjs_options{}, echo()); });
    raw_client c(0, {.path = folder.file("live.sock")});
    c.send(v1 + c.request_bytes("GET", "/echo"));
    CHECK(c.read_response().status == 200);
}
