// TLS: what a good client gets, and what a bad one does not.

#include <anywire/server.hpp>

#include "support/certificate.hpp"
#include "support/raw_client.hpp"
#include "support/running_server.hpp"
#include "support/tls_client.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <openssl/ssl.h>
#include <string>
#include <sys/resource.h>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

struct secured {
    explicit secured(unsigned threads = 1,
                     server_limits const& limits = {},
                     session_limits const& per_session = {})
        : server(options(threads, limits), [&](anywire::server& at) {
              auto app = noting_echo(seen);
              app.on_message = [](session& s, message_view m) {
                  if (m.data == "secure?")
                      return (void)s.send(s.request().is_secure() ? "yes" : "no");
                  if (m.data == "close") return s.close();
                  (void)s.send(m);
              };
              auto ours = per_session;
              ours.max_message = 16u << 20;
              ws = at.mount("/ws", websocket_options{.limits = ours}, app);
              at.mount("/echo", sockjs_options{.limits = ours}, app);
          }) {}
    server_options options(unsigned threads, server_limits const& limits) const {
        auto o = on_free_port(threads);
        o.limits = limits;
        o.listeners = {{.port = 0, .tls = files.options()}};
        return o;
    }
    std::uint16_t plain_port() const { return server.port(0); }
    std::uint16_t port() const { return server.port(1); }

    /// How many handshakes have failed.
    std::uint64_t failed() {
        for (auto const& [why, n] : server->snapshot().refused)
            if (why == refusal_cause::tls_handshake) return n;
        return 0;
    }

    certificate files{};
    notes seen{};
    endpoint ws{};
    running_server server;
};

std::chrono::microseconds cpu_time() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    auto const of = [](timeval const& t) {
        return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec);
    };
    return of(used.ru_utime) + of(used.ru_stime);
}

}  // namespace

TEST_CASE("https and wss serve as http and ws do, beside them") {
    auto const threads = GENERATE(1u, 4u);
    auto const version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    secured s(threads);
    CHECK(raw_client(s.plain_port()).get("/echo").status == 200);

    tls_client http(s.port(), {}, version, version);
    CHECK(http.get("/echo").body == "Welcome to SockJS!\n");
    CHECK(http.version() == (version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3"));
    for (int i = 0; i < 8; ++i) {
        auto const path = "/echo/000/s" + std::to_string(i);
        CHECK(http.post(path + "/xhr").body == "o\n");
        CHECK(http.post(path + "/xhr_send", R"(["secure?"])").status == 204);
        CHECK(http.post(path + "/xhr").body == "a[\"yes\"]\n");
        tls_client stream(s.port(), {}, version, version);  // moves to another shard, TLS and all
        stream.send(stream.request_bytes("POST", path + "/xhr_streaming"));
        CHECK(stream.read_head().status == 200);
        CHECK(stream.read_chunk().size() == 2049);
        CHECK(http.post(path + "/xhr_send", R"(["hello"])").status == 204);
        CHECK(stream.read_chunk() == "a[\"hello\"]\n");
    }
    tls_client ws(s.port(), {}, version, version);
    CHECK(ws.upgrade("/ws", "Origin: https://127.0.0.1:" + std::to_string(s.port()) + "\r\n")
              .status == 101);
    ws.send_text("secure?");
    CHECK(ws.read_message() == "yes");
    raw_client plain(s.plain_port());
    CHECK(plain.upgrade("/ws").status == 101);
    plain.send_text("secure?");
    CHECK(plain.read_message() == "no");
}

TEST_CASE("TLS 1.1 and older are refused") {
    secured const s;
    for (auto const version : {TLS1_VERSION, TLS1_1_VERSION}) {
        tls_client c(s.port(), {}, version, version);
        CHECK_FALSE(c.shake_hands());
    }
    CHECK(tls_client(s.port()).get("/echo").status == 200);
}

TEST_CASE("a client cannot renegotiate") {
    secured const s;
    tls_client c(s.port(), {}, TLS1_2_VERSION, TLS1_2_VERSION);
    CHECK(c.get("/echo").status == 200);
    // Refused with an alert or not answered at all: in no case a new handshake.
    CHECK(SSL_renegotiate(c.native()) == 1);
    auto last = SSL_do_handshake(c.native());
    CHECK(c.flush());
    while (last != 1 && SSL_get_error(c.native(), last) == SSL_ERROR_WANT_READ && c.fill())
        last = SSL_do_handshake(c.native());
    CHECK(last != 1);
    CHECK(tls_client(s.port()).get("/echo").status == 200);
}

TEST_CASE("what is no TLS ends that connection only, and is counted") {
    secured s;
    tls_client good(s.port());
    REQUIRE(good.upgrade("/ws").status == 101);
    auto const garbage = GENERATE(as<std::string>(),
                                  "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
                                  std::string(1000, '\0'),
                                  std::string(1000, '\xff'),
                                  std::string("\x16\x03\x01\x40\x00", 5) + std::string(20000, 'x'),
                                  std::string("\x15\x03\x01\x00\x02\x02\x28", 7));
    raw_client c(s.port());
    (void)c.try_send(garbage);
    c.end_sending();
    (void)c.read_to_end();
    good.send_text("still here");
    CHECK(good.read_message() == "still here");
    CHECK(s.failed() == 1);
}

TEST_CASE("who connects to a TLS listener and goes without a word has failed at nothing") {
    secured s;
    { raw_client const checks(s.port()); }
    {
        raw_client breaks(s.port());
        breaks.send("\x16\x03");
    }
    CHECK(eventually([&] { return s.failed() == 1; }));
    CHECK(tls_client(s.port()).get("/echo").status == 200);
    CHECK(s.failed() == 1);
}

TEST_CASE("a handshake may stop anywhere, and comes byte by byte") {
    secured s(1, {.tls_handshake = 150ms});
    std::uint64_t failed = 2;  // that of the model, too
    // The client's first flight, to be cut.
    tls_client model(s.port());
    (void)SSL_do_handshake(model.native());
    std::string hello(BIO_ctrl_pending(SSL_get_wbio(model.native())), '\0');
    BIO_read(SSL_get_wbio(model.native()), hello.data(), static_cast<int>(hello.size()));
    REQUIRE(hello.size() > 100);
    SECTION("nothing comes") {
        raw_client c(s.port());
        CHECK(c.is_ended_by_peer());
    }
    SECTION("half a hello comes, then nothing") {
        raw_client c(s.port());
        c.send(std::string_view(hello).substr(0, hello.size() / 2));
        CHECK(c.is_ended_by_peer());
    }
    SECTION("a hello comes, then nothing") {
        raw_client c(s.port());
        c.send(hello);
        CHECK_FALSE(c.read_to_end().empty());
    }
    SECTION("a hello comes, then the end") {
        raw_client c(s.port());
        c.send(hello);
        c.end_sending();
        (void)c.read_to_end();
    }
    SECTION("byte by byte") {
        for (auto const byte : hello) model.send_beneath({&byte, 1});
        CHECK(model.get("/echo").status == 200);
        failed = 0;
    }
    CHECK(tls_client(s.port()).get("/echo").status == 200);
    CHECK(eventually([&] { return s.failed() == failed; }));
}

TEST_CASE("half a record costs no time while its rest is awaited") {
    secured const s;
    tls_client c(s.port());
    REQUIRE(c.upgrade("/ws").status == 101);
    auto const record = c.encrypted(client_frame(1, std::string(1000, 'x')));
    c.send_beneath(std::string_view(record).substr(0, record.size() / 2));
    tls_client other(s.port());
    CHECK(other.get("/echo").status == 200);  // the half has been read by now
    auto const before = cpu_time();
    ::poll(nullptr, 0, 200);
    CHECK(cpu_time() - before < 100ms);
    c.send_beneath(std::string_view(record).substr(record.size() / 2));
    CHECK(c.read_message().size() == 1000);
}

TEST_CASE("records cut anywhere arrive whole") {
    secured const s;
    tls_client c(s.port());
    REQUIRE(c.upgrade("/ws").status == 101);
    auto const record = c.encrypted(client_frame(1, "cut to pieces"));
    for (auto const byte : record) c.send_beneath({&byte, 1});
    CHECK(c.read_message() == "cut to pieces");
}

TEST_CASE("messages of megabytes go both ways over TLS") {
    auto const threads = GENERATE(1u, 4u);
    secured s(threads, {}, {.max_queued_bytes = 32u << 20});
    std::string big(5u << 20, '\0');
    for (std::size_t i = 0; i < big.size(); ++i) big[i] = static_cast<char>(i * 7 + i / 251);
    SECTION("a client that reads all the time") {
        tls_client c(s.port());
        REQUIRE(c.upgrade("/ws").status == 101);
        c.send(client_frame(2, big));
        CHECK(c.read_message() == big);
    }
    SECTION("a client that reads little and late") {
        tls_client c(s.port(), {.receive_buffer = 8192});
        REQUIRE(c.upgrade("/ws").status == 101);
        c.send(client_frame(2, big));
        c.send_text("and more");
        CHECK(c.read_message() == big);
        CHECK(c.read_message() == "and more");
    }
    SECTION("many small ones at once") {
        tls_client c(s.port());
        REQUIRE(c.upgrade("/ws").status == 101);
        std::string all;
        for (int i = 0; i < 5000; ++i) all += client_frame(1, std::to_string(i));
        c.send(all);
        for (int i = 0; i < 5000; ++i)
            if (c.read_message() != std::to_string(i)) FAIL("message " << i);
    }
}

TEST_CASE("a client that does not read is a slow consumer over TLS, too") {
    secured s(1, {}, {.write_stall = 200ms});
    tls_client c(s.port(), {.receive_buffer = 4096});
    REQUIRE(c.upgrade("/ws").status == 101);
    c.send(client_frame(2, std::string(15u << 20, 'x')));
    CHECK(s.seen.wait_for("close slow_consumer"));
}

TEST_CASE("a client that has said its end over TLS still gets its answer") {
    secured const s;
    tls_client c(s.port());
    c.send(c.request_bytes("GET", "/echo"));
    SECTION("with close_notify") {
        c.say_end();
    }
    SECTION("with close_notify and FIN") {
        c.say_end();
        c.end_sending();
    }
    SECTION("with FIN alone") {
        c.end_sending();
    }
    CHECK(c.read_response().status == 200);
    CHECK_FALSE(c.read_more());
}

TEST_CASE("the end of a TLS session is one whoever says it") {
    secured s;
    tls_client c(s.port());
    REQUIRE(c.upgrade("/ws").status == 101);
    SECTION("the server closes: close frame, close_notify, FIN") {
        c.send_text("close");
        CHECK(c.read_close().close_code() == 1000);
        c.send(client_close(1000));
        CHECK_FALSE(c.read_more());
        CHECK(s.seen.wait_for("close server_closed 1000"));
    }
    SECTION("close_notify without a close frame") {
        c.say_end();
        CHECK(s.seen.wait_for("close transport_lost 1006"));
    }
    SECTION("FIN without close_notify") {
        c.end_sending();
        CHECK(s.seen.wait_for("close transport_lost 1006"));
    }
    SECTION("a reset") {
        c.reset();
        CHECK(s.seen.wait_for("close transport_lost 1006"));
    }
    SECTION("a broken record") {
        auto record = c.encrypted(client_frame(1, "x"));
        record.back() = static_cast<char>(record.back() ^ 1);
        c.send_beneath(record);
        CHECK(s.seen.wait_for("close transport_lost 1006"));
    }
    SECTION("a drain") {
        s.server->drain(10s);
        CHECK(c.read_close().close_code() == 1001);
        c.send(client_close(1001));
        CHECK_FALSE(c.read_more());
        CHECK(s.server.wait_for_end());
    }
    CHECK(s.seen.count("close") == 1);
}

TEST_CASE("a key that does not belong to the certificate is refused") {
    certificate const one;
    certificate const other;
    CHECK_THROWS_WITH((server({.port = 0, .tls = {one.certificate_file(), other.key_file()}})),
                      Catch::Matchers::Contains("TLS key"));
    CHECK_THROWS_WITH((server({.port = 0, .tls = {one.key_file(), one.key_file()}})),
                      Catch::Matchers::Contains("cannot read the TLS certificate chain"));
    CHECK_THROWS_WITH(
        (server({.port = 0, .tls = {one.certificate_file(), one.certificate_file()}})),
        Catch::Matchers::Contains("cannot read the TLS key"));
}

TEST_CASE("connections beyond the limits are closed on a TLS listener, too") {
    secured const s(1, {.max_connections = 1});
    tls_client first(s.port());
    CHECK(first.get("/echo").status == 200);
    tls_client second(s.port());
    CHECK_FALSE(second.shake_hands());
    first.close();
    CHECK(eventually([&] { return tls_client(s.port()).shake_hands(); }));
}
