// Clients that do not read: memory stays bounded and the mount's policy decides.

#include <anywire/server.hpp>

#include "support/raw_client.hpp"
#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t piece = 64 * 1024;
client_options const reads_little{.receive_buffer = 4096};
constexpr std::size_t most_queued = 512 * 1024;

/// A number in front of as many bytes as fill kernel buffers quickly.
std::string numbered(int n) {
    auto text = std::to_string(n) + ":";
    text.resize(piece, 'x');
    return text;
}
int number_of(std::string const& text) {
    return std::atoi(text.c_str());
}

/// A server whose sessions tell their ids, and a way to send to the only one of them.
struct flooded {
    explicit flooded(overflow_policy policy, std::chrono::milliseconds write_stall = 30s)
        : limits{.max_queued_bytes = most_queued,
                 .overflow = policy,
                 .max_burst_bytes = 0,
                 .write_stall = write_stall},
          running(on_free_port(), [&](server& at) {
              handlers app = noting_echo(seen);
              app.on_open = [this](session& s) {
                  {
                      std::scoped_lock const lock(mutex);
                      id = s.id();
                  }
                  seen.add("open");
              };
              app.on_drain = [this](session& s) {
                  seen.add("drain " + std::to_string(s.queued_bytes()));
              };
              ws = at.mount("/ws", websocket_options{.limits = limits, .ping_interval = 0ms}, app);
              sockjs = at.mount(
                  "/echo", sockjs_options{.limits = limits, .response_limit = 1u << 30}, app);
          }) {}

    /// Sends numbered messages, each in an event of its own, until `enough` of them were not just
    /// queued or the session has closed. Returns how many were sent.
    int flood(endpoint const& at, std::size_t enough = 1) {
        int n = 0;
        while (seen.count("failed") < enough && seen.count("close") == 0) {
            at.post(id_now(), [this, n](session& s) {
                auto const sent = s.send(numbered(n));
                if (s.queued_bytes() > most_queued + piece) seen.add("too much is queued");
                if (!sent) seen.add("failed " + sent.error().message());
                seen.add("sent " + std::to_string(n));
            });
            auto const is_over = [n](std::vector<std::string> const& lines) {
                return lines.back() == "sent " + std::to_string(n) ||
                       lines.back().starts_with("close");
            };
            REQUIRE(seen.wait_until(is_over));
            REQUIRE(++n < 10'000);
        }
        CHECK(seen.count("too much") == 0);
        return n;
    }
    /// What `ask` returns for the session, asked on its shard.
    template <class Ask>
    std::string ask(endpoint const& at, Ask ask) {
        at.post(id_now(), [this, ask](session& s) { seen.add("asked " + std::to_string(ask(s))); });
        REQUIRE(seen.wait_for("asked"));
        return seen.all().back();
    }
    std::string id_now() {
        std::scoped_lock const lock(mutex);
        return id;
    }

    notes seen;
    session_limits limits;
    std::mutex mutex{};
    std::string id{};
    endpoint ws{};
    endpoint sockjs{};
    running_server running;
};

}  // namespace

TEST_CASE("a WebSocket that is not read closes as a slow consumer, by default") {
    flooded f(overflow_policy::close);
    raw_client c(f.running.port(), reads_little);
    REQUIRE(c.upgrade("/ws").status == 101);
    REQUIRE(f.seen.wait_for("open"));
    auto const sent = f.flood(f.ws);
    CHECK(f.seen.wait_for("close slow_consumer 1013"));
    // What the kernel had taken is still read, in order.
    int next = 0;
    for (auto frame = c.read_frame(); frame.opcode == 1; frame = c.read_frame()) {
        if (number_of(frame.payload) != next++) FAIL("out of order at " << next);
        if (next == sent - 1) break;
    }
}

TEST_CASE("a full queue refuses, and on_drain says when to go on") {
    flooded f(overflow_policy::refuse);
    raw_client c(f.running.port(), reads_little);
    SECTION("on a WebSocket") {
        REQUIRE(c.upgrade("/ws").status == 101);
        REQUIRE(f.seen.wait_for("open"));
        auto const sent = f.flood(f.ws);
        CHECK(f.seen.count("failed") == 1);
        for (int i = 0; i < sent - 1; ++i)
            if (number_of(c.read_message()) != i) FAIL("out of order at " << i);
        CHECK(f.seen.wait_for("drain 0"));
        f.ws.post(f.id_now(), [](session& s) { (void)s.send("again"); });
        CHECK(c.read_message() == "again");
    }
    SECTION("on a stream") {
        c.send(c.request_bytes("POST", "/echo/000/abc/xhr_streaming"));
        CHECK(c.read_head().status == 200);
        REQUIRE(f.seen.wait_for("open"));
        auto const sent = f.flood(f.sockjs);
        (void)c.read_chunk();
        CHECK(c.read_chunk() == "o\n");
        for (int i = 0; i < sent - 1; ++i)
            if (number_of(c.read_chunk().substr(3)) != i) FAIL("out of order at " << i);
        CHECK(f.seen.wait_for("drain 0"));
    }
    SECTION("between polls") {
        CHECK(c.post("/echo/000/abc/xhr").body == "o\n");
        REQUIRE(f.seen.wait_for("open"));
        auto const sent = f.flood(f.sockjs);
        CHECK(static_cast<std::size_t>(sent) <= most_queued / piece + 1);
        auto const body = c.post("/echo/000/abc/xhr").body;
        CHECK(body.size() > static_cast<std::size_t>(sent - 1) * piece);
        CHECK(f.seen.wait_for("drain 0"));
    }
    CHECK(f.seen.count("close") == 0);
}

TEST_CASE("drop_oldest keeps the newest, drop_newest the oldest, and both count") {
    auto const oldest = GENERATE(true, false);
    CAPTURE(oldest);
    flooded f(oldest ? overflow_policy::drop_oldest : overflow_policy::drop_newest);
    auto const failing = [](session& s) { return s.dropped(); };
    std::vector<int> got;
    raw_client c(f.running.port(), reads_little);
    SECTION("on a WebSocket") {
        REQUIRE(c.upgrade("/ws").status == 101);
        REQUIRE(f.seen.wait_for("open"));
        // Sends with drop_oldest succeed: flood in one event, so that the queue cannot drain.
        f.ws.post(f.id_now(), [&](session& s) {
            for (int i = 0; i < 1000; ++i) (void)s.send(numbered(i));
        });
        auto const dropped = std::stoi(f.ask(f.ws, failing).substr(6));
        CHECK(dropped > 800);
        for (int i = 0; i < 1000 - dropped; ++i) got.push_back(number_of(c.read_message()));
    }
    SECTION("between polls") {
        CHECK(c.post("/echo/000/abc/xhr").body == "o\n");
        REQUIRE(f.seen.wait_for("open"));
        f.sockjs.post(f.id_now(), [&](session& s) {
            for (int i = 0; i < 1000; ++i) (void)s.send(numbered(i));
        });
        auto const dropped = std::stoi(f.ask(f.sockjs, failing).substr(6));
        auto const body = c.post("/echo/000/abc/xhr").body;
        for (std::size_t at = 2; at != std::string::npos && at < body.size();
             at = body.find(",\"", at) + 1) {
            got.push_back(number_of(body.substr(at + 1, 8)));
            if (body.find(",\"", at) == std::string::npos) break;
        }
        CHECK(static_cast<int>(got.size()) == 1000 - dropped);
    }
    CHECK(std::is_sorted(got.begin(), got.end()));
    REQUIRE_FALSE(got.empty());
    if (oldest) {
        // What the transport took at once, and what was left at the end.
        CHECK(got.back() == 999);
    } else {
        CHECK(got.front() == 0);
        CHECK(got.back() + 1 == static_cast<int>(got.size()));
    }
    CHECK(f.seen.count("close") == 0);
}

TEST_CASE("a blocked WebSocket drops whole messages, and what is on its way stays whole") {
    flooded f(overflow_policy::drop_newest);
    raw_client c(f.running.port(), reads_little);
    REQUIRE(c.upgrade("/ws").status == 101);
    REQUIRE(f.seen.wait_for("open"));
    auto const sent = f.flood(f.ws, 20);
    CHECK(f.seen.count("failed") == 20);
    int last = -1;
    for (int i = 0; i < sent - 20; ++i) {
        auto const message = c.read_message();
        REQUIRE(message.size() == piece);
        REQUIRE(number_of(message) > last);
        last = number_of(message);
    }
    f.ws.post(f.id_now(), [](session& s) { (void)s.send("whole"); });
    CHECK(c.read_message() == "whole");
}

TEST_CASE("a write that makes no progress ends the session as a slow consumer") {
    flooded f(overflow_policy::refuse, 200ms);
    raw_client c(f.running.port(), reads_little);
    SECTION("on a WebSocket") {
        REQUIRE(c.upgrade("/ws").status == 101);
        REQUIRE(f.seen.wait_for("open"));
        f.flood(f.ws);
    }
    SECTION("on a stream") {
        c.send(c.request_bytes("POST", "/echo/000/abc/xhr_streaming"));
        CHECK(c.read_head().status == 200);
        REQUIRE(f.seen.wait_for("open"));
        f.flood(f.sockjs);
    }
    SECTION("on the answer to a poll") {
        CHECK(c.post("/echo/000/abc/xhr").body == "o\n");
        REQUIRE(f.seen.wait_for("open"));
        f.sockjs.post(f.id_now(),
                      [](session& s) { (void)s.send(std::string(std::size_t{32} << 20, 'x')); });
        c.send(c.request_bytes("POST", "/echo/000/abc/xhr"));
    }
    CHECK(f.seen.wait_for("close slow_consumer"));
    CHECK(f.seen.count("close") == 1);
    // The server has let go of the connection, too.
    CHECK(eventually([&] { return !c.try_send("x"); }));
}

TEST_CASE("one message larger than the queue goes out when nothing waits") {
    flooded f(overflow_policy::close);
    raw_client c(f.running.port());
    REQUIRE(c.upgrade("/ws").status == 101);
    REQUIRE(f.seen.wait_for("open"));
    f.ws.post(f.id_now(), [](session& s) { (void)s.send(std::string(std::size_t{8} << 20, 'x')); });
    CHECK(c.read_message().size() == std::size_t{8} << 20);
    CHECK(f.seen.count("close") == 0);
}

// -- a burst is no slowness -----------------------------------------------------------------------

namespace {

/// A server with the default limits, whose every message is answered by a burst.
struct bursting {
    explicit bursting(std::string text, int pieces, session_limits const& limits = {})
        : running(on_free_port(), [&](server& at) {
              handlers app{.on_message =
                               [text, pieces](session& s, message_view) {
                                   for (int i = 0; i < pieces; ++i)
                                       (void)s.send(std::to_string(i) + text);
                               },
                           .on_close =
                               [this](session&, close_event const& how) {
                                   seen.add("close " + std::string(to_string(how.reason)));
                               }};
              at.mount("/ws", websocket_options{.limits = limits}, app);
              at.mount("/echo", sockjs_options{.limits = limits}, app);
          }) {}

    notes seen{};
    running_server running;
};

/// Checks that the messages of a SockJS frame are the next ones; how many there are after it.
int count_messages(std::string const& body, int got) {
    if (!body.starts_with("a[")) return got;
    for (auto at = body.find('"'); at != std::string::npos; at = body.find("\",\"", at)) {
        if (body[at + 1] == ',') at += 2;
        REQUIRE(std::atoi(body.c_str() + at + 1) == got);
        ++got;
    }
    return got;
}

}  // namespace

TEST_CASE("a client that reads gets a burst far beyond its bound, with the default limits") {
    constexpr int pieces = 150;  // 3 MB
    bursting b(std::string(20'000, 'x'), pieces);
    raw_client c(b.running.port());
    SECTION("on a WebSocket") {
        REQUIRE(c.upgrade("/ws").status == 101);
        c.send(client_frame(1, "go"));
        for (int i = 0; i < pieces; ++i) REQUIRE(number_of(c.read_message()) == i);
    }
    SECTION("on a SockJS WebSocket") {
        REQUIRE(c.upgrade("/echo/000/abc/websocket").status == 101);
        CHECK(c.read_message() == "o");
        c.send(client_frame(1, R"(["go"])"));
        for (int i = 0; i < pieces; ++i) REQUIRE(number_of(c.read_message().substr(3)) == i);
    }
    SECTION("between polls") {
        CHECK(c.post("/echo/000/abc/xhr").body == "o\n");
        CHECK(c.post("/echo/000/abc/xhr_send", R"(["go"])").status == 204);
        int got = 0;
        while (got < pieces) got = count_messages(c.post("/echo/000/abc/xhr").body, got);
        CHECK(got == pieces);
    }
    SECTION("on streams, one after the other") {
        auto const is_xhr = GENERATE(true, false);
        raw_client sender(b.running.port());
        int got = 0;
        while (got < pieces) {
            c.send(is_xhr ? c.request_bytes("POST", "/echo/000/abc/xhr_streaming")
                          : c.request_bytes("GET", "/echo/000/abc/eventsource"));
            CHECK(c.read_head().status == 200);
            for (auto chunk = c.read_chunk(); !chunk.empty(); chunk = c.read_chunk()) {
                if (!is_xhr && chunk.starts_with("data: ")) chunk.erase(0, 6);
                if (chunk.starts_with("o"))
                    CHECK(sender.post("/echo/000/abc/xhr_send", R"(["go"])").status == 204);
                got = count_messages(chunk, got);
            }
        }
        CHECK(got == pieces);
    }
    CHECK(b.seen.count("close") == 0);
}

TEST_CASE("a read full of tiny messages closes nobody who reads the answers") {
    bursting b("", 1);
    raw_client c(b.running.port());
    REQUIRE(c.upgrade("/ws").status == 101);
    std::string flood;
    constexpr int messages = 20'000;
    for (int i = 0; i < messages; ++i) flood.append(client_frame(1, "x"));
    c.send(flood);
    for (int i = 0; i < messages; ++i) REQUIRE(c.read_message() == "0");
    CHECK(b.seen.count("close") == 0);
}

TEST_CASE("who does not read a burst is closed when the grace is over, not before the hard bound") {
    session_limits const limits{.max_queued_bytes = 64 * 1024, .burst_grace = 300ms};
    bursting b(std::string(100'000, 'x'), 100, limits);
    raw_client c(b.running.port(), reads_little);
    REQUIRE(c.upgrade("/ws").status == 101);
    c.send(client_frame(1, "go"));
    CHECK(b.seen.wait_for("close slow_consumer"));
}

TEST_CASE("the bound over all sessions ends the worst, and the others live") {
    notes seen;
    notes lines;
    auto options = on_free_port();
    options.limits.max_queued_total = 16u << 20;
    options.log = {log_level::error,
                   [&](log_level, std::string_view line) { lines.add(std::string(line)); }};
    running_server running(options, [&](server& at) {
        handlers app = noting_echo(seen);
        app.on_close = [&](session&, close_event const& how) {
            seen.add("close " + std::string(to_string(how.reason)));
        };
        at.mount("/ws", websocket_options{.limits = {.max_message = 4u << 20}}, app);
    });
    raw_client innocent(running.port());
    REQUIRE(innocent.upgrade("/ws").status == 101);
    std::deque<raw_client> greedy;
    for (int i = 0; i < 4; ++i) {
        auto& c = greedy.emplace_back(running.port(), reads_little);
        REQUIRE(c.upgrade("/ws").status == 101);
        // The kernel takes some; more than the budget's share is left.
        for (int n = 0; n < 3; ++n) c.send(client_frame(1, std::string(std::size_t{3} << 20, 'x')));
        innocent.send(client_frame(1, "ping"));
        CHECK(innocent.read_message() == "ping");
    }
    CHECK(seen.wait_for("close slow_consumer"));
    CHECK(lines.wait_for("too much waits in all queues together"));
    innocent.send(client_frame(1, "still here"));
    CHECK(innocent.read_message() == "still here");
}
