// Four shards: requests of one session arrive on any of them and work as on one.

#include <anywire/server.hpp>

#include "support/raw_client.hpp"
#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <linux/sockios.h>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <sys/ioctl.h>
#include <thread>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

constexpr unsigned threads = 4;

struct tested {
    explicit tested(handlers const* app = nullptr)
        : server(on_free_port(threads), [&](anywire::server& at) {
              auto const used = app ? *app : noting_echo(seen);
              ws = at.mount("/ws", websocket_options{}, used);
              sockjs = at.mount("/echo", sockjs_options{.jsonp = true}, used);
          }) {}
    raw_client connect() const { return raw_client(server.port()); }

    notes seen{};
    endpoint ws{};
    endpoint sockjs{};
    running_server server;
};

std::string path_of(int session) {
    return "/echo/000/session" + std::to_string(session);
}

}  // namespace

TEST_CASE("polls and sends of one session work over many connections, in order") {
    tested const h;
    // Each request on a connection of its own, so that it arrives on any shard.
    CHECK(h.connect().post(path_of(1) + "/xhr").body == "o\n");
    std::string all;
    for (int i = 0; i < 50; ++i) {
        auto const body = "[\"" + std::to_string(i) + "\"]";
        CHECK(h.connect().post(path_of(1) + "/xhr_send", body).status == 204);
        all += h.connect().post(path_of(1) + "/xhr").body;
    }
    std::string expected;
    for (int i = 0; i < 50; ++i) expected += "a[\"" + std::to_string(i) + "\"]\n";
    CHECK(all == expected);
}

TEST_CASE("a parked poll is answered wherever the send arrives") {
    tested const h;
    for (int s = 0; s < 12; ++s) {
        raw_client poll(h.server.port());
        CHECK(poll.post(path_of(s) + "/xhr").body == "o\n");
        poll.send(poll.request_bytes("POST", path_of(s) + "/xhr"));
        for (int i = 0; i < 8; ++i) {
            CHECK(h.connect().post(path_of(s) + "/xhr_send", R"(["x"])").status == 204);
            CHECK(poll.read_response().body == "a[\"x\"]\n");
            poll.send(poll.request_bytes("POST", path_of(s) + "/xhr"));
        }
    }
}

TEST_CASE("a second receiver is turned away, wherever it arrives") {
    tested const h;
    for (int s = 0; s < 12; ++s) {
        CAPTURE(s);
        raw_client poll(h.server.port());
        CHECK(poll.post(path_of(s) + "/xhr").body == "o\n");
        raw_client stream(h.server.port());
        stream.send(stream.request_bytes("POST", path_of(s) + "/xhr_streaming"));
        (void)stream.read_head();
        CHECK(stream.read_chunk().size() == 2049);
        CHECK(h.connect().post(path_of(s) + "/xhr").body ==
              "c[2010,\"Another connection still open\"]\n");
        CHECK(h.connect().get(path_of(s) + "/eventsource").body.find("c[2010,") !=
              std::string::npos);
        CHECK(h.connect().post(path_of(s) + "/xhr_send", R"(["still"])").status == 204);
        CHECK(stream.read_chunk() == "a[\"still\"]\n");
    }
}

TEST_CASE("a stream moves to its session's shard with the bytes after its request") {
    tested const h;
    for (int s = 0; s < 16; ++s) {
        CAPTURE(s);
        raw_client c(h.server.port());
        // HTTP/1.1 pipelining: the stream's answer comes first, then, when it ended, the next.
        c.send(c.request_bytes("POST", path_of(s) + "/xhr_streaming") +
               c.request_bytes("GET", "/echo/info") + c.request_bytes("GET", "/echo"));
        CHECK(c.read_head().status == 200);
        (void)c.read_chunk();
        CHECK(c.read_chunk() == "o\n");
        h.sockjs.broadcast("end");
        CHECK(c.read_chunk() == "a[\"end\"]\n");
        CHECK(h.connect().post(path_of(s) + "/xhr_send", R"(["x"])").status == 204);
        CHECK(c.read_chunk() == "a[\"x\"]\n");
    }
}

TEST_CASE("a request after a stream is answered when the stream has ended") {
    handlers const app{.on_message = [](session& s, message_view) { s.close(); }};
    tested const h(&app);
    for (int s = 0; s < 16; ++s) {
        CAPTURE(s);
        raw_client c(h.server.port());
        c.send(c.request_bytes("GET", "/echo") +
               c.request_bytes("POST", path_of(s) + "/xhr_streaming") +
               c.request_bytes("GET", "/echo/info"));
        CHECK(c.read_response().status == 200);
        CHECK(c.read_head().status == 200);
        (void)c.read_chunk();
        CHECK(c.read_chunk() == "o\n");
        CHECK(h.connect().post(path_of(s) + "/xhr_send", R"(["x"])").status == 204);
        CHECK(c.read_chunk() == "c[1000,\"\"]\n");
        CHECK(c.read_chunk().empty());
        CHECK(c.read_response().body.starts_with("{\"websocket\":true"));
    }
}

TEST_CASE("forwarded requests keep their place in a pipeline") {
    tested const h;
    raw_client c(h.server.port());
    std::string all;
    for (int s = 0; s < 16; ++s) all += c.request_bytes("POST", path_of(s) + "/xhr");
    for (int s = 0; s < 16; ++s)
        all += c.request_bytes("POST", path_of(s) + "/xhr_send", "[\"" + std::to_string(s) + "\"]");
    for (int s = 0; s < 16; ++s) all += c.request_bytes("POST", path_of(s) + "/xhr");
    c.send(all);
    for (int s = 0; s < 16; ++s) CHECK(c.read_response().body == "o\n");
    for (int s = 0; s < 16; ++s) CHECK(c.read_response().status == 204);
    for (int s = 0; s < 16; ++s)
        CHECK(c.read_response().body == "a[\"" + std::to_string(s) + "\"]\n");
}

TEST_CASE("a forwarded request keeps its headers, its address and its body") {
    handlers const app{.on_open = [](session& s) {
        auto const& r = s.request();
        (void)s.send(std::string(r.target()) + " " + std::string(r.header("x-thing")) + " " +
                     std::string(r.remote_address()));
    }};
    tested const h(&app);
    for (int s = 0; s < 12; ++s) {
        raw_client c(h.server.port(), {.source = "127.0.0.7"});
        auto const target = path_of(s) + "/jsonp?c=f&x=" + std::to_string(s);
        auto const opened = c.get(target, "X-Thing: a thing\r\nSec-Fetch-Site: same-origin\r\n");
        CHECK(opened.body.starts_with("/**/f(\"o\");"));
        auto const told = c.get(target, "Sec-Fetch-Site: same-origin\r\n");
        CHECK(told.body.find(target + " a thing 127.0.0.7") != std::string::npos);
        CHECK(told.header("Content-Type") == "application/javascript; charset=UTF-8");
    }
}

TEST_CASE("many sessions of every kind live side by side over all shards") {
    tested h;
    struct one {
        std::unique_ptr<raw_client> c;
        int kind;
    };
    std::vector<one> all;
    for (int i = 0; i < 200; ++i) {
        auto c = std::make_unique<raw_client>(h.server.port());
        auto const kind = i % 5;
        if (kind == 0) REQUIRE(c->upgrade("/ws").status == 101);
        if (kind == 1) {
            REQUIRE(c->upgrade(path_of(i) + "/websocket").status == 101);
            REQUIRE(c->read_message() == "o");
        }
        if (kind == 2) {
            REQUIRE(c->post(path_of(i) + "/xhr").body == "o\n");
            c->send(c->request_bytes("POST", path_of(i) + "/xhr"));
        }
        if (kind == 3) {
            c->send(c->request_bytes("POST", path_of(i) + "/xhr_streaming"));
            (void)c->read_until("o\n");
        }
        if (kind == 4) {
            c->send(c->request_bytes("GET", path_of(i) + "/eventsource"));
            (void)c->read_until("data: o\r\n");
        }
        all.push_back({std::move(c), kind});
    }
    REQUIRE(h.seen.wait_for("open", 200));
    CHECK(h.ws.session_count() == 40);
    CHECK(h.sockjs.session_count() == 160);

    std::thread([&] {
        h.ws.broadcast("hello");
        h.sockjs.broadcast("hello");
    }).join();
    for (auto const& [c, kind] : all) {
        if (kind == 0) CHECK(c->read_message() == "hello");
        if (kind == 1) CHECK(c->read_message() == "a[\"hello\"]");
        if (kind == 2) CHECK(c->read_response().body == "a[\"hello\"]\n");
        if (kind >= 3) (void)c->read_until("a[\"hello\"]");
    }
    for (std::size_t i = 0; i < all.size(); ++i) i % 2 == 0 ? all[i].c->reset() : all[i].c->close();
    CHECK(h.seen.wait_for("close", 200));
    CHECK(eventually([&] { return h.ws.session_count() + h.sockjs.session_count() == 0; }));
    CHECK(h.seen.count("close") == 200);
}

TEST_CASE("groups hold members of all shards") {
    std::mutex mutex;
    std::vector<std::string> ids;
    notes seen;
    handlers app = noting_echo(seen);
    app.on_open = [&](session& s) {
        {
            std::scoped_lock const lock(mutex);
            ids.emplace_back(s.id());
        }
        s.join("all");
        seen.add("open");
    };
    tested const h(&app);
    std::vector<std::unique_ptr<raw_client>> clients;
    for (int i = 0; i < 32; ++i) {
        clients.push_back(std::make_unique<raw_client>(h.server.port()));
        REQUIRE(clients.back()->upgrade("/ws").status == 101);
    }
    REQUIRE(seen.wait_for("open", 32));
    h.ws.to("all").send("one");
    for (auto const& c : clients) CHECK(c->read_message() == "one");
    // In the order of this thread: left before "two".
    for (std::size_t i = 0; i < 16; ++i) h.ws.leave(ids[i], "all");
    h.ws.to("all").send("two");
    h.ws.broadcast("three");
    int both = 0;
    for (auto const& c : clients) {
        auto const first = c->read_message();
        if (first == "two") {
            ++both;
            CHECK(c->read_message() == "three");
        } else {
            CHECK(first == "three");
        }
    }
    CHECK(both == 16);
}

TEST_CASE("a client that goes while its poll is forwarded ends its session") {
    auto const by_reset = GENERATE(true, false);
    tested h;
    for (int s = 0; s < 16; ++s) {
        raw_client c(h.server.port());
        CHECK(c.post(path_of(s) + "/xhr").body == "o\n");
        c.send(c.request_bytes("POST", path_of(s) + "/xhr"));
        by_reset ? c.reset() : c.close();
    }
    // Whether the poll was read before the end was seen, or not at all.
    CHECK(h.seen.wait_for("close transport_lost", 16));
    CHECK(eventually([&] { return h.sockjs.session_count() == 0; }));
    CHECK(h.seen.count("close") == 16);
}

TEST_CASE("an answer too long for a client that has gone harms nobody") {
    handlers const app{
        .on_open = [](session& s) { (void)s.send(std::string(std::size_t{4} << 20, 'x')); }};
    tested const h(&app);
    for (int s = 0; s < 12; ++s) {
        raw_client c(h.server.port(), {.receive_buffer = 4096});
        CHECK(c.post(path_of(s) + "/xhr").body == "o\n");
        c.send(c.request_bytes("POST", path_of(s) + "/xhr"));
        (void)c.read_head();
        c.reset();
        CHECK(h.connect().get("/echo").status == 200);
    }
    CHECK(eventually([&] { return h.sockjs.session_count() == 0; }));
}

TEST_CASE("a body moves with its request to another shard, whatever the method") {
    running_server const server(on_free_port(threads), [](anywire::server& at) {
        at.mount("/echo", sockjs_options{.origins = {"*"}, .jsonp = true}, echo());
        at.mount("/engine.io", engineio_options{}, echo());
    });
    for (int i = 0; i < 16; ++i) {
        raw_client c(server.port());
        auto const sid = std::to_string(i);
        auto const jsonp = i % 2 == 0;
        auto const target = jsonp ? "/echo/000/" + sid + "/jsonp?c=cb"
                                  : "/engine.io/?EIO=4&transport=polling&sid=" + sid;
        // Whoever lost the length would take the body for a request.
        auto const body = c.request_bytes("GET", "/nowhere");
        c.send(c.request_bytes(jsonp ? "GET" : "PUT", target, body) +
               c.request_bytes("GET", "/echo"));
        CHECK(c.read_response().status == (jsonp ? 200 : 400));
        CHECK(c.read_response().body == "Welcome to SockJS!\n");
    }
}

namespace {

/// Bytes of `c` that the server has read and not answered yet: what it keeps of them.
std::size_t kept_of(raw_client const& c, std::size_t sent, std::size_t answered) {
    int unsent = 0;
    REQUIRE(::ioctl(c.descriptor(), SIOCOUTQ, &unsent) == 0);
    sockaddr_in own{};
    socklen_t size = sizeof own;
    ::getsockname(c.descriptor(), reinterpret_cast<sockaddr*>(&own), &size);
    char remote[8];
    std::snprintf(remote, sizeof remote, ":%04X ", ntohs(own.sin_port));
    std::ifstream all("/proc/net/tcp");
    std::size_t unread = 0;
    for (std::string line; std::getline(all, line);) {
        // "sl local remote state tx_queue:rx_queue": the server's end has our port as remote.
        auto const at = line.find(remote, 20);
        if (at == line.npos || at > 30) continue;
        unread = std::strtoul(line.c_str() + line.find(':', at + 6) + 1, nullptr, 16);
    }
    return sent - static_cast<std::size_t>(unsent) - unread - answered;
}

}  // namespace

TEST_CASE("requests ahead of their turn are not read without end, also when each moves") {
    // A POST whose session pauses keeps what is after it waiting.
    handlers const app{.on_message = [](session& s, message_view) {
        s.pause();
        s.after(std::chrono::milliseconds(1), [](session& self) { self.resume(); });
    }};
    tested const h(&app);
    auto c = h.connect();
    std::string requests;
    std::vector<std::unique_ptr<raw_client>> polls;
    for (int i = 0; i < 4; ++i) {
        polls.push_back(std::make_unique<raw_client>(h.server.port()));
        CHECK(polls.back()->post(path_of(i) + "/xhr").body == "o\n");
        polls.back()->send(polls.back()->request_bytes("POST", path_of(i) + "/xhr"));
        requests += c.request_bytes("POST", path_of(i) + "/xhr_send", "[\"x\"]");
    }
    std::size_t sent = 0;
    auto const fill = [&] {
        for (;;) {
            auto const from = std::string_view(requests).substr(sent % requests.size());
            auto const n =
                ::send(c.descriptor(), from.data(), from.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            if (n <= 0) break;
            sent += static_cast<std::size_t>(n);
        }
    };
    constexpr std::size_t answers = 24;
    for (std::size_t i = 0; i < answers; ++i) {
        fill();
        CHECK(c.read_response().status == 204);
    }
    // 64 KB and what one read brings.
    CHECK(kept_of(c, sent, answers * requests.size() / 4) <= 2 * 64 * 1024);
}
