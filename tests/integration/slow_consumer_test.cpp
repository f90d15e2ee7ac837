// Clients that do not read: memory stays bounded and the mount's policy decides.

#include <anywire/server.hpp>

#include "support/raw_client.hpp"
#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t piece = 64 * 1024;
constexpr client_options reads_little{.receive_buffer = 4096};
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
        : limits{.max_queued_bytes = most_queued, .overflow = policy, .write_stall = write_stall},
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
        CHECK(dropped > 900);
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
    CHECK(got.back() - got.front() + 1 == static_cast<int>(got.size()));
    CHECK((oldest ? got.back() == 999 : got.front() == 0));
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
