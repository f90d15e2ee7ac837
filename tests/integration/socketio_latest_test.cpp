// Events of Socket.IO of which only the latest counts, and what is posted to sockets.
#include "integration/socketio_client.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using strings = std::vector<std::string>;

namespace {

/// A server that calls `then` on an event "go", and answers "flush" behind what that emits.
struct going {
    explicit going(std::function<void(sio::server const&, sio::socket&)> then,
                   sio::options o = {},
                   unsigned threads = 1)
        : tested(
              threads,
              [then = std::move(then)](sio::server const& io, notes&) {
                  (void)io.of("/other");
                  io.on("go", [&io, then](sio::socket& s) { then(io, s); });
              },
              std::move(o)) {}
    strings go(sio_client& c) {
        c.packet(R"(2["go"])");
        return c.flush();
    }
    socketio_test_server tested;
};

}  // namespace

TEST_CASE("the latest event of a key takes the place of the one that waits") {
    std::uint64_t replaced = 0;
    going g([&](sio::server const&, sio::socket& s) {
        CHECK(s.latest("EUR").emit("price", 1));
        CHECK(s.emit("chat", "a"));
        CHECK(s.latest("USD").emit("price", 2));
        CHECK(s.latest("EUR").emit("price", 3));
        CHECK(s.compress(false).latest("EUR").emit("price", 4));
        CHECK(s.latest("").emit("plain", 5));
        CHECK(s.latest("").emit("plain", 6));
        replaced = s.replaced();
    });
    sio_client c(g.tested.port());
    (void)c.join();
    strings const once{R"(2["price",4])",
                       R"(2["chat","a"])",
                       R"(2["price",2])",
                       R"(2["plain",5])",
                       R"(2["plain",6])"};
    CHECK(g.go(c) == once);
    CHECK(replaced == 2);
    // What has left stays sent.
    CHECK(g.go(c) == once);
}

TEST_CASE("a broadcast replaces what waits with its key, and an emit what a broadcast left") {
    going g([&](sio::server const& io, sio::socket& s) {
        io.everybody().latest("EUR").emit("price", 1);
        io.to(s.id()).latest("EUR").emit("price", 2);
        CHECK(s.latest("EUR").emit("price", 3));
        io.everybody().latest("EUR").emit("price", 4);
        // Of another namespace, and of no key at all.
        io.of("/other").everybody().latest("EUR").emit("price", 5);
        io.emit("price", 6);
    });
    sio_client c(g.tested.port());
    (void)c.join();
    (void)c.join("/other");
    CHECK(g.go(c) == strings{R"(2["price",4])", R"(2/other,["price",5])", R"(2["price",6])"});
}

TEST_CASE("what is several frames, or asks for an answer, is not replaced") {
    std::vector<std::byte> const bytes(2);
    strings wrong;
    going g([&](sio::server const& io, sio::socket& s) {
        auto const sent = s.latest("k").emit("bytes", bytes);
        if (sent.has_error()) wrong.emplace_back(sent.error().message());
        io.everybody().latest("k").emit("bytes", bytes);
        CHECK_THROWS_AS(s.latest("k").emit("ask", [](bool) {}), std::invalid_argument);
        CHECK_THROWS_AS(io.everybody().latest("k").emit("ask", [](std::vector<bool>) {}),
                        std::invalid_argument);
        // What may be dropped at any time has no place to keep.
        CHECK(s.volatile_().latest("k").emit("v", 1));
        CHECK(s.volatile_().latest("k").emit("v", 2));
    });
    sio_client c(g.tested.port());
    (void)c.join();
    CHECK(g.go(c) == strings{R"(2["v",1])", R"(2["v",2])"});
    CHECK(wrong == strings{make_error_code(errc::message_dropped).message()});
    CHECK(g.tested.log.count("socket.io: 'bytes' was not sent: it has bytes beside its text") == 1);
}

TEST_CASE("recovery keeps no event of which only the latest counts") {
    sio::options o;
    o.recovery.enabled = true;
    going g(
        [&](sio::server const& io, sio::socket& s) {
            CHECK(s.latest("k").emit("price", 1));
            io.everybody().latest("k").emit("price", 2);
            CHECK(s.emit("kept"));
        },
        o);
    sio_client c(g.tested.port());
    REQUIRE_FALSE(c.join().pid.empty());
    auto const all = g.go(c);
    REQUIRE(all.size() == 2);
    CHECK(all.at(0) == R"(2["price",2])");
    CHECK(all.at(1).starts_with(R"(2["kept",")"));
}

// -- what is posted -------------------------------------------------------------------------------

namespace {

/// A server whose middleware keeps its decisions, and notes whose they are.
struct waiting_server {
    explicit waiting_server(unsigned threads)
        : tested(threads, [this](sio::server const& io, notes& seen) {
              auto const n = io.of("/m");
              n.use([this, &seen](sio::socket& s, sio::next go_on) {
                  std::scoped_lock const lock(mutex);
                  ids.push_back(s.id());
                  decisions.push_back(go_on);
                  seen.add("waiting");
              });
              n.use([](sio::socket&, sio::next go_on) { go_on(); });
              n.on_connection([&seen](sio::socket& s) { seen.add("connected " + s.id()); });
          }) {}

    void post(std::string const& id, std::string const& what) {
        tested.io.of("/m").post(
            id,
            [this, what](sio::socket& s) {
                tested.seen.add(what + (s.is_connected() ? " connected" : " not connected"));
            },
            [this, what] { tested.seen.add(what + " lost"); });
    }
    std::string id(std::size_t i) {
        std::scoped_lock const lock(mutex);
        return ids.at(i);
    }
    sio::next decision(std::size_t i) {
        std::scoped_lock const lock(mutex);
        return decisions.at(i);
    }

    std::mutex mutex{};
    std::vector<std::string> ids{};
    std::vector<sio::next> decisions{};
    socketio_test_server tested;
};

}  // namespace

TEST_CASE("what is posted to a socket that is still joining arrives when it has joined") {
    waiting_server w(GENERATE(1u, 4u));
    auto& seen = w.tested.seen;
    sio_client c(w.tested.port());
    (void)c.join();
    c.packet("0/m,");
    REQUIRE(seen.wait_for("waiting"));
    w.post(w.id(0), "first");
    w.post(w.id(0), "second");
    // Whatever was posted before this has come to its shard.
    (void)c.flush();
    CHECK(seen.count("first") == 0);
    w.decision(0)();
    REQUIRE(seen.wait_for("second"));
    auto const all = seen.all();
    auto const at = [&](std::string const& line) {
        return std::find(all.begin(), all.end(), line) - all.begin();
    };
    CHECK(at("connected " + w.id(0)) < at("first connected"));
    CHECK(at("first connected") < at("second connected"));
    w.post(w.id(0), "third");
    CHECK(seen.wait_for("third connected"));
    CHECK(seen.count("first lost") == 0);
}

TEST_CASE("what is posted to a socket that never joins, or is not there, fails visibly") {
    waiting_server w(GENERATE(1u, 4u));
    auto& seen = w.tested.seen;
    w.post("nobody", "unknown");
    CHECK(seen.wait_for("unknown lost"));
    {
        sio_client c(w.tested.port());
        (void)c.join();
        c.packet("0/m,");
        REQUIRE(seen.wait_for("waiting"));
        w.post(w.id(0), "refused");
        (void)c.flush();
        w.decision(0)({.message = "no"});
        CHECK(seen.wait_for("refused lost"));
        c.packet("0/m,");
        REQUIRE(seen.wait_for("waiting", 2));
        w.post(w.id(1), "gone");
        (void)c.flush();
        c.reset();
    }
    CHECK(seen.wait_for("gone lost"));
    CHECK(seen.count("refused connected") + seen.count("gone connected") == 0);
}

TEST_CASE(
    "what is posted to a server that ends, has ended or is not mounted is not lost silently") {
    auto left = 0;
    auto const post = [&](sio::server const& io) {
        io.post(
            "nobody", [](sio::socket&) {}, [&] { ++left; });
    };
    sio::server never;
    {
        sio::server io;
        running_server at(on_free_port(), [&](anywire::server& s) { s.mount("/socket.io/", io); });
        post(io);
        never = io;
    }
    CHECK(left == 1);
    post(never);
    CHECK(left == 2);
    CHECK_THROWS_AS(never.post("nobody", nullptr), std::invalid_argument);
}
