// What a server counts of real connections, over every dialect, and how it is asked for it.

#include <anywire/server.hpp>
#include <anywire/socketio.hpp>

#include "integration/engineio_client.hpp"
#include "support/raw_client.hpp"
#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

/// A server with a mount of every dialect, its numbers and its health.
struct counted_server {
    explicit counted_server(server_options options)
        : server(std::move(options), [this](anywire::server& at) {
              at.mount("/ws", websocket_options{}, noting_echo(seen));
              at.mount("/echo", sockjs_options{.htmlfile = true, .jsonp = true}, noting_echo(seen));
              at.mount("/eio", engineio_options{}, noting_echo(seen));
              at.mount("/socket.io", io);
              at.mount_metrics("/metrics");
              at.mount_health("/");
          }) {}

    std::uint16_t port() const { return server.port(); }
    /// Waits until the sum of a number over all mounts is `n`.
    template <class Number>
    bool becomes(Number number, std::uint64_t n) {
        return eventually([&] {
            std::uint64_t all = 0;
            for (auto const& m : server->snapshot().mounts) all += m.*number;
            return all == n;
        });
    }

    notes seen{};
    socketio::server io{};
    running_server server;
};

std::uint64_t count(mount_numbers const& m, close_reason which) {
    for (auto const& [why, n] : m.closed)
        if (why == which) return n;
    return 0;
}

}  // namespace

TEST_CASE("sessions of all dialects, transports and shards are counted, and add up at the end") {
    auto const threads = GENERATE(1u, 4u);
    counted_server h(on_free_port(threads));
    {
        raw_client ws(h.port());
        REQUIRE(ws.upgrade("/ws").status == 101);
        ws.send_text("hello");
        CHECK(ws.read_message() == "hello");
        raw_client sockjs(h.port());
        REQUIRE(sockjs.upgrade("/echo/000/a/websocket").status == 101);
        raw_client raw(h.port());
        REQUIRE(raw.upgrade("/echo/websocket").status == 101);
        raw_client poll(h.port());
        CHECK(poll.post("/echo/000/b/xhr").body == "o\n");
        poll.send(poll.request_bytes("POST", "/echo/000/b/xhr"));
        raw_client stream(h.port());
        stream.send(stream.request_bytes("POST", "/echo/000/c/xhr_streaming"));
        (void)stream.read_until("o\n");
        raw_client eio(h.port());
        REQUIRE(eio.upgrade("/eio/?EIO=4&transport=websocket").status == 101);
        raw_client sio(h.port());
        REQUIRE(sio.upgrade("/socket.io/?EIO=4&transport=websocket").status == 101);
        CHECK(h.becomes(&mount_numbers::sessions, 7));
        CHECK(h.becomes(&mount_numbers::polls_waiting, 1));
        // A connection that became a WebSocket is two until the first has gone.
        CHECK(eventually([&] { return h.server->snapshot().connections == 7; }));

        auto const n = h.server->snapshot();
        CHECK(n.accepted == 7);
        CHECK(n.handshakes == 7);
        CHECK(n.parked_requests == 2);
        CHECK(n.bytes_in > 7 * 50);
        CHECK(n.bytes_out > 7 * 50);
        CHECK(n.shards.size() == threads);
        std::vector<std::string> transports;
        for (auto const& t : n.mounts.at(1).traffic)
            if (t.sessions != 0) {
                CHECK(t.sessions == 1);
                transports.push_back(t.dialect + " " + t.transport);
            }
        std::sort(transports.begin(), transports.end());
        CHECK(transports == std::vector<std::string>{"sockjs websocket",
                                                     "sockjs xhr-polling",
                                                     "sockjs xhr-streaming",
                                                     "websocket websocket-raw"});
    }
    CHECK(h.becomes(&mount_numbers::sessions, 0));
    for (auto const& m : h.server->snapshot().mounts) {
        INFO(m.path);
        std::uint64_t closed = 0;
        for (auto const& one : m.closed) closed += one.second;
        CHECK(closed == m.opened);
        CHECK(m.queued_bytes == 0);
        for (auto const& t : m.traffic) CHECK(t.carriers == 0);
    }
    CHECK(count(h.server->snapshot().mounts.at(0), close_reason::transport_lost) == 1);
}

TEST_CASE("connections that are turned away are counted") {
    auto options = on_free_port();
    options.limits.max_connections = 1;
    options.hosts = {"chat.example"};
    counted_server h(std::move(options));
    raw_client first(h.port());
    CHECK(first.get("/ws").status == 421);
    raw_client second(h.port());
    CHECK(second.read_response().status == 503);
    auto const refused = h.server->snapshot().refused;
    REQUIRE(refused.size() == 7);
    CHECK(refused.at(0) == std::pair{refusal_cause::max_connections, std::uint64_t{1}});
    CHECK(refused.at(3) == std::pair{refusal_cause::unknown_host, std::uint64_t{1}});
}

TEST_CASE("a bare check, as HAProxy sends it, is answered without a Host and without a session") {
    auto options = on_free_port();
    options.hosts = {"chat.example"};
    counted_server h(std::move(options));
    for (auto const* request :
         {"OPTIONS / HTTP/1.0\r\n\r\n",
          "GET /live HTTP/1.0\r\n\r\n",
          "HEAD /ready HTTP/1.1\r\nHost: 10.0.0.1\r\nConnection: close\r\n\r\n"}) {
        INFO(request);
        raw_client check(h.port());
        check.send(request);
        CHECK(check.read_head().status == 200);
    }
    CHECK(h.becomes(&mount_numbers::opened, 0));
    CHECK(h.server->snapshot().handshakes == 0);
}

TEST_CASE("while a server drains, a connection that is there is told that it is not ready") {
    counted_server h(on_free_port());
    raw_client ws(h.port());  // keeps the server
    REQUIRE(ws.upgrade("/ws").status == 101);
    raw_client slow(h.port());
    slow.send("GET / HTTP/1.1\r\nHost: a\r\n");
    CHECK(eventually([&] { return h.server->snapshot().connections == 2; }));
    settle(h.server);
    h.server->drain(10s);
    CHECK(eventually([&] { return h.server->snapshot().is_draining; }));
    CHECK(ws.read_close().close_code() == 1001);
    slow.send("\r\n");
    auto const answer = slow.read_response();
    CHECK(answer.status == 503);
    CHECK(answer.body == "draining\n");
}

TEST_CASE("how long handlers and the loop take is measured") {
    counted_server h(on_free_port());
    raw_client ws(h.port());
    REQUIRE(ws.upgrade("/ws").status == 101);
    for (int i = 0; i < 200; ++i) {
        ws.send_text("x");
        CHECK(ws.read_message() == "x");
    }
    auto const n = h.server->snapshot();
    CHECK(n.mounts.at(0).handler_time.count() >= 5);
    CHECK(n.mounts.at(0).handler_time.sum > 0ns);
    CHECK(h.server->snapshot().mounts.at(0).traffic.at(1).messages_in == 200);
}
