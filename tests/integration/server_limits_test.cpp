// The bounds of the server itself: connections, heads, bodies, time.

#include <anywire/server.hpp>

#include "support/raw_client.hpp"
#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

void both_mounts(server& at) {
    at.mount("/ws", websocket_options{.limits = {.max_message = 1000}}, echo());
    at.mount("/echo", sockjs_options{.limits = {.max_message = 1000}}, echo());
}

running_server with(server_limits const& limits, unsigned threads = 1) {
    auto options = on_free_port(threads);
    options.limits = limits;
    return {options, both_mounts};
}

/// Whether a new connection is served; false when it is turned away with `status`.
bool is_served(std::uint16_t port, int status, client_options const& from = {}) {
    raw_client c(port, from);
    if (!c.try_send(c.request_bytes("GET", "/echo"))) return false;
    auto const answer = c.read_response();
    REQUIRE((answer.status == 200 || answer.status == status));
    if (answer.status != 200) {
        CHECK(answer.header("Connection") == "close");
        CHECK(c.is_ended_by_peer());
    }
    return answer.status == 200;
}

}  // namespace

TEST_CASE("connections beyond max_connections get 503, until one has gone") {
    auto const threads = GENERATE(1u, 3u);
    auto const s = with({.max_connections = 2}, threads);
    auto first = std::make_unique<raw_client>(s.port());
    CHECK(first->get("/echo").status == 200);
    raw_client second(s.port());
    REQUIRE(second.upgrade("/ws").status == 101);
    CHECK_FALSE(is_served(s.port(), 503));
    CHECK_FALSE(is_served(s.port(), 503));
    first.reset();
    CHECK(eventually([&] { return is_served(s.port(), 503); }));
    second.send_text("hello");
    CHECK(second.read_message() == "hello");
}

TEST_CASE("connections of one address beyond its share get 429, others are served") {
    auto const threads = GENERATE(1u, 3u);
    auto const s = with({.max_connections_per_address = 2}, threads);
    auto first = std::make_unique<raw_client>(s.port());
    CHECK(first->get("/echo").status == 200);
    raw_client second(s.port());
    REQUIRE(second.upgrade("/ws").status == 101);
    CHECK_FALSE(is_served(s.port(), 429));
    CHECK(is_served(s.port(), 429, {.source = "127.0.0.9"}));
    SECTION("a closed connection frees its place") {
        first.reset();
        CHECK(eventually([&] { return is_served(s.port(), 429); }));
    }
    SECTION("so does a WebSocket, which took the place over") {
        second.reset();
        CHECK(eventually([&] { return is_served(s.port(), 429); }));
    }
}

TEST_CASE("a stream that moved to another shard keeps its place in the count") {
    auto const s = with({.max_connections_per_address = 8}, 4);
    {
        std::vector<std::unique_ptr<raw_client>> streams;
        for (int i = 0; i < 8; ++i) {
            streams.push_back(std::make_unique<raw_client>(s.port()));
            auto& c = *streams.back();
            c.send(c.request_bytes("POST", "/echo/000/s" + std::to_string(i) + "/xhr_streaming"));
            CHECK(c.read_head().status == 200);
        }
        CHECK_FALSE(is_served(s.port(), 429));
    }
    CHECK(eventually([&] { return is_served(s.port(), 429); }));
}

namespace {

std::string forwarded(std::string const& client) {
    return "X-Forwarded-For: " + client + "\r\n";
}

running_server behind_proxy(server_limits const& limits, unsigned threads = 1) {
    auto options = on_free_port(threads);
    options.limits = limits;
    options.trusted_proxies = {"127.0.0.1"};
    return {options, both_mounts};
}

/// The status of a new polling session's first answer.
int open_poll(raw_client& c, std::string const& id, std::string const& fields = {}) {
    return c.post("/echo/000/" + id + "/xhr", {}, fields).status;
}

}  // namespace

TEST_CASE("a trusted proxy's connections are not counted, its clients' requests are") {
    auto const threads = GENERATE(1u, 4u);
    auto const s = behind_proxy({.max_connections_per_address = 2}, threads);
    raw_client opener(s.port());
    std::vector<std::unique_ptr<raw_client>> pool;
    for (int i = 0; i < 8; ++i) {
        pool.push_back(std::make_unique<raw_client>(s.port()));
        // One after the other, they take no more than one place each time.
        CHECK(pool.back()->get("/echo", forwarded("192.0.2.1")).status == 200);
        CHECK(open_poll(opener, "id" + std::to_string(i), forwarded("192.0.2.9")) == 200);
    }
    auto const hold_poll = [&](std::size_t i, std::string const& client) {
        pool[i]->send(pool[i]->request_bytes(
            "POST", "/echo/000/id" + std::to_string(i) + "/xhr", {}, forwarded(client)));
    };
    hold_poll(0, "192.0.2.1");
    settle(s);
    REQUIRE(pool[1]->upgrade("/ws", forwarded("192.0.2.1")).status == 101);
    CHECK(eventually([&] { return pool[2]->get("/echo", forwarded("192.0.2.1")).status == 429; }));
    CHECK(pool[2]->get("/echo", forwarded("192.0.2.2")).status == 200);
    CHECK(pool[2]->get("/echo").status == 200);  // of the proxy itself
    SECTION("an answered poll gives its place back") {
        CHECK(opener.post("/echo/000/id0/xhr_send", "[\"a\"]").status == 204);
        CHECK(pool[0]->read_response().body == "a[\"a\"]\n");
    }
    SECTION("so does a poll that is broken off") {
        pool[0].reset();
    }
    SECTION("and a WebSocket that ends") {
        pool[1].reset();
    }
    CHECK(eventually([&] { return pool[2]->get("/echo", forwarded("192.0.2.1")).status == 200; }));
}

TEST_CASE("IPv6 clients are counted by their network") {
    auto const s = behind_proxy({.max_connections_per_address = 1});
    raw_client c(s.port());
    raw_client other(s.port());
    REQUIRE(c.upgrade("/ws", forwarded("2001:db8:0:1::1")).status == 101);
    CHECK(other.get("/echo", forwarded("2001:db8:0:1:ffff::2")).status == 429);
    CHECK(other.get("/echo", forwarded("2001:db8:0:2::1")).status == 200);
}

TEST_CASE("sessions of one address beyond its share get 429, on every dialect, until one ends") {
    auto const threads = GENERATE(1u, 3u);
    auto const s = behind_proxy({.max_sessions_per_address = 2}, threads);
    auto const ada = forwarded("192.0.2.1");
    auto ws = std::make_unique<raw_client>(s.port());
    REQUIRE(ws->upgrade("/ws", ada).status == 101);
    raw_client c(s.port());
    REQUIRE(open_poll(c, "abc", ada) == 200);
    CHECK(eventually([&] { return open_poll(c, "def", ada) == 429; }));
    raw_client socket(s.port());
    auto const refused = socket.upgrade("/ws", ada);
    CHECK(refused.status == 429);
    CHECK(refused.header("Retry-After") == "5");
    CHECK(refused.body == "too many sessions of this address\n");
    CHECK(raw_client(s.port()).upgrade("/echo/websocket", ada).status == 429);
    // Another client, the living session, and what is of the proxy itself.
    CHECK(open_poll(c, "ghi", forwarded("192.0.2.2")) == 200);
    CHECK(c.post("/echo/000/abc/xhr_send", "[\"a\"]", ada).status == 204);
    CHECK(open_poll(c, "jkl") == 200);
    ws.reset();
    CHECK(eventually([&] { return open_poll(c, "mno", ada) == 200; }));
}

TEST_CASE("sessions beyond those of all mounts get 503") {
    auto const threads = GENERATE(1u, 3u);
    auto const s = with({.max_sessions = 2}, threads);
    auto ws = std::make_unique<raw_client>(s.port());
    REQUIRE(ws->upgrade("/ws").status == 101);
    raw_client c(s.port());
    REQUIRE(open_poll(c, "abc") == 200);
    CHECK(eventually([&] { return open_poll(c, "def") == 503; }));
    CHECK(raw_client(s.port()).upgrade("/ws").status == 503);
    CHECK(c.get("/echo").status == 200);
    ws.reset();
    CHECK(eventually([&] { return open_poll(c, "def") == 200; }));
}

TEST_CASE("requests that wait beyond max_parked_requests get 503, until one is answered") {
    auto const s = with({.max_parked_requests = 2});
    raw_client c(s.port());
    raw_client stream(s.port());
    raw_client poll(s.port());
    for (auto const* const id : {"a", "b", "c"}) REQUIRE(open_poll(c, id) == 200);
    stream.send(stream.request_bytes("POST", "/echo/000/a/xhr_streaming"));
    CHECK(stream.read_head().status == 200);
    poll.send(poll.request_bytes("POST", "/echo/000/b/xhr"));
    CHECK(c.get("/echo").status == 200);
    auto const refused = c.post("/echo/000/c/xhr");
    CHECK(refused.status == 503);
    CHECK(refused.body == "too many requests wait\n");
    CHECK(open_poll(c, "d") == 503);
    CHECK(c.post("/echo/000/c/xhr_send", "[\"x\"]").status == 204);
    SECTION("a poll that is answered") {
        CHECK(c.post("/echo/000/b/xhr_send", "[\"x\"]").status == 204);
        CHECK(poll.read_response().status == 200);
        CHECK(c.post("/echo/000/c/xhr").body == "a[\"x\"]\n");
    }
    SECTION("a stream that is broken off") {
        stream.close();
        CHECK(eventually([&] { return open_poll(c, "e") == 200; }));
    }
}

TEST_CASE("handshakes of one address beyond its rate get 429, all beyond theirs 503") {
    auto const s = behind_proxy({.max_handshakes_per_second = 5,
                                 .max_handshakes_per_second_per_address = 2,
                                 .handshake_burst = 1s});
    auto const ada = forwarded("192.0.2.1");
    auto const bob = forwarded("192.0.2.2");
    auto const opened_until = [&](int status, std::string const& fields) {
        int opened = 0;
        for (; opened < 1000; ++opened) {
            raw_client c(s.port());
            auto const got = c.upgrade("/ws", fields);
            if (got.status != 101) {
                CHECK(got.status == status);
                CHECK(got.header("Retry-After") == "5");
                break;
            }
        }
        return opened;
    };
    // At least what may come at once; more if this takes long enough for more to be allowed.
    CHECK(opened_until(429, ada) >= 2);
    CHECK(opened_until(429, bob) >= 2);
    CHECK(opened_until(503, {}) >= 1);
    // It is a rate: some time later there is room again.
    CHECK(eventually([&] { return raw_client(s.port()).upgrade("/ws", ada).status == 101; }));
}

TEST_CASE("a head beyond its limits is refused while it comes") {
    auto const s = with({.header = 512, .header_fields = 10});
    auto const status_of = [&](std::string const& bytes) {
        raw_client c(s.port());
        (void)c.try_send(bytes);
        auto const answer = c.read_response();
        CHECK((answer.header("Connection") == "close") == (answer.status != 200));
        return answer.status;
    };
    std::string const host = " HTTP/1.1\r\nHost: a\r\n";
    CHECK(status_of("GET /echo?" + std::string(600, 'x')) == 414);
    CHECK(status_of("GET /echo" + host + "X: " + std::string(600, 'x')) == 431);
    std::string many;
    for (int i = 0; i < 20; ++i) many.append("a: b\r\n");
    CHECK(status_of("GET /echo" + host + many + "\r\n") == 431);
    CHECK(status_of("GET /echo" + host + "\r\n") == 200);
}

TEST_CASE("chunk extensions and trailers have a limit of their own") {
    auto const s = with({.chunk_overhead = 64});
    raw_client c(s.port());
    c.send(
        "POST /echo/000/abc/xhr_send HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;" +
        std::string(100, 'x'));
    auto const answer = c.read_response();
    CHECK(answer.status >= 400);
    CHECK(answer.status < 500);
    CHECK(c.is_ended_by_peer());
}

TEST_CASE("a connection on which nothing comes is closed") {
    auto const s = with({.request_head = 100ms});
    raw_client c(s.port());
    CHECK(c.is_ended_by_peer());
}

TEST_CASE("a head that takes too long is answered 408, however busily it drips") {
    auto const s = with({.request_head = 150ms});
    raw_client c(s.port());
    c.send("GET /echo HTTP/1.1\r\n");
    SECTION("silence") {}
    SECTION("a field at a time") {
        while (c.received().empty()) {
            if (!c.try_send("X: y\r\n")) break;
            pollfd entry{c.descriptor(), POLLIN, 0};
            if (::poll(&entry, 1, 10) > 0) break;
        }
    }
    CHECK(c.read_response().status == 408);
    CHECK(c.is_ended_by_peer());
}

TEST_CASE("a body that takes too long is answered 408") {
    auto const s = with({.request_body = 150ms});
    raw_client c(s.port());
    SECTION("by length") {
        c.send("POST /echo/000/abc/xhr_send HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n[");
    }
    SECTION("in chunks") {
        c.send(
            "POST /echo/000/abc/xhr_send HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
            "chunked\r\n\r\n1\r\n[\r\n");
    }
    CHECK(c.read_response().status == 408);
    CHECK(c.is_ended_by_peer());
}

TEST_CASE("an idle connection is kept for keep_alive and no longer") {
    auto const s = with({.keep_alive = 150ms});
    raw_client c(s.port());
    CHECK(c.get("/echo").status == 200);
    CHECK(c.get("/echo").status == 200);
    CHECK(c.is_ended_by_peer());
}

TEST_CASE("the times of requests are not those of a parked poll, a stream or a WebSocket") {
    auto const s = with({.request_head = 100ms, .request_body = 100ms, .keep_alive = 100ms});
    raw_client ws(s.port());
    REQUIRE(ws.upgrade("/ws").status == 101);
    raw_client poll(s.port());
    CHECK(poll.post("/echo/000/abc/xhr").status == 200);
    poll.send(poll.request_bytes("POST", "/echo/000/abc/xhr"));
    raw_client stream(s.port());
    stream.send(stream.request_bytes("POST", "/echo/000/def/xhr_streaming"));
    CHECK(stream.read_head().status == 200);
    // Three connections one after the other that time out say that enough time has passed.
    for (int i = 0; i < 3; ++i) CHECK(raw_client(s.port()).is_ended_by_peer());
    ws.send_text("hello");
    CHECK(ws.read_message() == "hello");
    raw_client sender(s.port());
    CHECK(sender.post("/echo/000/abc/xhr_send", R"(["a"])").status == 204);
    CHECK(poll.read_response().body == "a[\"a\"]\n");
    CHECK(sender.post("/echo/000/def/xhr_send", R"(["b"])").status == 204);
    (void)stream.read_until("a[\"b\"]\n");
}

TEST_CASE("a body beyond max_message is refused with 413, before it comes") {
    auto const s = with({});
    raw_client c(s.port());
    SECTION("by its length at once") {
        c.send(
            "POST /echo/000/abc/xhr_send HTTP/1.1\r\nHost: a\r\nContent-Length: "
            "10000000000\r\n\r\n");
    }
    SECTION("in chunks as soon as they pass it") {
        std::string bytes(
            "POST /echo/000/abc/xhr_send HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
            "chunked\r\n\r\n");
        for (int i = 0; i < 11; ++i) bytes.append("64\r\n" + std::string(100, 'x') + "\r\n");
        c.send(bytes);
    }
    SECTION("by the size of one chunk") {
        c.send(
            "POST /echo/000/abc/xhr_send HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
            "chunked\r\n\r\nffffffff\r\n");
    }
    CHECK(c.read_response().status == 413);
    CHECK(c.is_ended_by_peer());
}

TEST_CASE("each mount refuses bodies by its own limit, before they come") {
    running_server const s(on_free_port(), [](server& at) {
        at.mount("/small", sockjs_options{.limits = {.max_message = 100}}, echo());
        at.mount("/large", sockjs_options{.limits = {.max_message = 100'000}}, echo());
    });
    raw_client c(s.port());
    auto const body = "[\"" + std::string(200, 'x') + "\"]";
    CHECK(c.post("/large/000/abc/xhr").body == "o\n");
    CHECK(c.post("/large/000/abc/xhr_send", body).status == 204);
    c.send("POST /small/000/abc/xhr_send HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n");
    CHECK(c.read_response().status == 413);
    CHECK(c.is_ended_by_peer());
}

TEST_CASE("a client that never closes is cut off after the last answer") {
    auto const s = with({});
    raw_client c(s.port());
    c.send("nonsense\r\n\r\n");
    CHECK(c.read_response().status == 400);
    // What it goes on sending is thrown away, up to a limit.
    std::string const junk(1 << 16, 'x');
    bool cut_off = false;
    for (int i = 0; i < 8000 && !cut_off; ++i) cut_off = !c.try_send(junk);
    CHECK(cut_off);
}
