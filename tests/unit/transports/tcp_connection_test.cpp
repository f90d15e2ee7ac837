#include "tcp_connection.hpp"

#include "support/raw_client.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace anywire;
using namespace std::chrono_literals;

namespace {

/// A session that writes down what its carrier tells it.
struct told_session final : transport_events {
    std::string bytes{};
    std::vector<std::string> told{};
    void on_payload(transport&, std::string_view data, bool binary) override {
        CHECK(binary);
        bytes.append(data);
    }
    void on_alive(transport&) override {}
    void on_writable(transport&) override { told.emplace_back("writable"); }
    void on_closed(transport&, bool, close_event const& how) override {
        told.emplace_back(how.text);
    }
};

/// One connection on a host of its own, and the socket at its other end.
struct connected {
    explicit connected(tick linger = to_ticks(30s)) {
        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
        peer = ends[1];
        auto const settings = std::make_shared<tcp_settings const>(tcp_settings{
            .write_stall = to_ticks(30s),
            .tls_handshake = to_ticks(30s),
            .linger = linger,
            .refusal = [](std::string_view why) { return "no: " + std::string(why); }});
        over = new tcp_connection(host, byte_stream(ends[0], nullptr), settings, nullptr);
    }
    ~connected() {
        if (peer >= 0) ::close(peer);
    }

    /// Opens it; `at_once` with the session, else `heard` is for who says so later.
    void open(bool at_once = true) {
        host.start();
        over->start([&](tcp_connection&, std::function<void(transport_events*)> to) {
            heard = std::move(to);
        });
        if (at_once) heard(&session);
        turn();
    }
    /// Everything that can happen now has happened.
    void turn() {
        for (int i = 0; i < 8; ++i) {
            host.sockets().watch();
            context.restart();
            context.poll();
        }
    }
    void say(std::string_view text) {
        REQUIRE(::send(peer, text.data(), text.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(text.size()));
        turn();
    }
    /// All that has come; "$" at the end of the stream.
    std::string hear() {
        std::string all;
        std::array<char, 65536> room{};
        for (;;) {
            turn();
            auto const n = ::recv(peer, room.data(), room.size(), MSG_DONTWAIT);
            if (n == 0) return all + "$";
            if (n < 0) return all;
            all.append(room.data(), static_cast<std::size_t>(n));
        }
    }
    bool is_gone() const { return !host.has_connections(); }

    log_sink sink{};
    std::atomic<std::size_t> connections{0};
    net::io_context context{1};
    io_host host{0,
                 sink,
                 [](std::span<unsigned char>) {},
                 connections,
                 context.get_executor(),
                 [] { return true; }};
    told_session session{};
    std::function<void(transport_events*)> heard{};
    int peer = -1;
    tcp_connection* over = nullptr;
};

frame_ptr raw(std::string_view text) {
    return frame_ptr(frame::make(text, frame_kind::raw));
}

}  // namespace

TEST_CASE("bytes come as they are, and frames go out one after the other") {
    connected c;
    c.open();
    CHECK(c.over->name() == "tcp");
    CHECK(c.over->shape() == carrier::duplex);
    CHECK(c.over->gathers());
    c.say("one");
    c.say(std::string("\0two\xff", 5));
    CHECK(c.session.bytes == std::string("one\0two\xff", 8));
    std::vector<frame_ptr> const kept{
        raw("a"), frame_ptr(frame::make_headed("b", raw("c"), frame_kind::raw)), raw("d")};
    std::vector<frame*> batch;
    for (auto const& f : kept) batch.push_back(f.get());
    auto const r = c.over->write(batch);
    CHECK(r.taken == 3);
    CHECK(r.then == write_result::next::ready);
    CHECK(c.hear() == "abcd");
    c.over->abort();
    CHECK(c.is_gone());
    CHECK(c.session.told.empty());
}

TEST_CASE("what the peer does not read blocks the next write until it has") {
    connected c;
    c.open();
    auto const big = raw(std::string(4u << 20, 'x'));
    std::array<frame*, 1> const batch{big.get()};
    CHECK(c.over->write(batch).then == write_result::next::blocked);
    auto const waits = c.over->pending_bytes();
    CHECK(waits > 0);
    CHECK(waits < big->size());
    c.turn();
    CHECK(c.session.told.empty());
    CHECK(c.hear().size() == big->size());
    CHECK(c.session.told == std::vector<std::string>{"writable"});
    CHECK(c.over->pending_bytes() == 0);
}

TEST_CASE("nothing is read before it is known who hears of it") {
    connected c;
    c.open(false);
    c.say("early");
    CHECK(c.session.bytes.empty());
    SECTION("a session") {
        c.heard(&c.session);
        c.turn();
        CHECK(c.session.bytes == "early");
    }
    SECTION("nobody: it is told why") {
        c.over->close(close_code::policy_violation, "full");
        c.heard(nullptr);
        CHECK(c.hear() == "no: full$");
        CHECK_FALSE(c.is_gone());
        ::close(std::exchange(c.peer, -1));
        c.turn();
        CHECK(c.is_gone());
    }
    SECTION("not even that") {
        c.over->abort();
        CHECK(c.is_gone());
    }
}

TEST_CASE("who is paused reads no more; the end comes after all that was sent before") {
    connected c;
    c.open();
    c.over->pause_reading(true);
    c.say("first");
    ::close(std::exchange(c.peer, -1));
    c.turn();
    CHECK(c.session.bytes.empty());
    CHECK(c.session.told.empty());
    c.over->pause_reading(false);
    c.turn();
    CHECK(c.session.bytes == "first");
    CHECK(c.session.told == std::vector<std::string>{"the client closed the connection"});
    CHECK(c.is_gone());
}

TEST_CASE("a close lets out what waits, then ends its side, and waits for the other") {
    connected c;
    c.open();
    auto const big = raw(std::string(4u << 20, 'x'));
    std::array<frame*, 1> const batch{big.get()};
    CHECK(c.over->write(batch).then == write_result::next::blocked);
    c.over->close(close_code::normal, "never said");
    SECTION("a peer that goes on sending") {
        CHECK(c.hear() == std::string(big->text()) + "$");
        for (int i = 0; i < 4; ++i) c.say(std::string(65536, 'y'));
        CHECK_FALSE(c.is_gone());
        ::close(std::exchange(c.peer, -1));
    }
    SECTION("a peer that has ended its side already") {
        ::shutdown(c.peer, SHUT_WR);
        CHECK(c.hear() == std::string(big->text()) + "$");
    }
    c.turn();
    CHECK(c.is_gone());
    CHECK(c.session.told.empty());
    CHECK(c.session.bytes.empty());
}

TEST_CASE("a peer that does not end its side is cut off in time") {
    connected c(1);
    c.open();
    c.host.begin_event("a test");
    c.over->close(close_code::normal, {});
    c.host.end_event();
    CHECK(c.hear() == "$");
    auto const until = std::chrono::steady_clock::now() + test::patience;
    while (!c.is_gone() && std::chrono::steady_clock::now() < until) {
        c.host.sockets().watch();
        c.context.restart();
        (void)c.context.run_one_for(100ms);
    }
    CHECK(c.is_gone());
}

TEST_CASE("a reset is told as the connection's end") {
    connected c;
    c.open();
    c.over->pause_reading(true);
    c.say("unread");
    ::close(std::exchange(c.peer, -1));
    auto const f = raw("to nobody");
    std::array<frame*, 1> const batch{f.get()};
    (void)c.over->write(batch);
    c.turn();
    CHECK(c.session.told == std::vector<std::string>{"the connection broke"});
    CHECK(c.is_gone());
}
