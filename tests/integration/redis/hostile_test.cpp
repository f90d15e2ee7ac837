// Servers that mean harm, or are none: nothing that they send makes a connection hold more than its
// limits, each is left with a reason, and the next one is tried.

#include "support/redis_bench.hpp"
#include "support/scripted_server.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <string_view>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t most = 64u << 20;

redis::options with_small_limits(scripted_server const& server) {
    auto o = quick_redis(server.url("", "redis"));
    o.limits.max_string = 100'000;
    o.limits.max_reply = 200'000;
    o.limits.max_elements = 1'000;
    return o;
}

/// Lets a connection in.
raw_peer welcome(scripted_server& server) {
    auto peer = server.accept();
    (void)peer.read_until("PING\r\n");
    peer.send("+OK\r\n+PONG\r\n");
    return peer;
}

}  // namespace

TEST_CASE("answers that never end, or are none, are cut off at the limits") {
    scripted_server server;
    redis_bench b(with_small_limits(server));
    auto peer = welcome(server);
    REQUIRE(b.seen.wait_for("ready"));
    auto waiting = b.begin("GET", "k");
    (void)peer.read_until("k\r\n");
    std::string const piece(8'192, 'x');
    SECTION("a string whose length is honest") {
        peer.send("$99999999\r\n");
        CHECK(peer.send_endlessly(piece, most) < most);
    }
    SECTION("a line without an end") {
        peer.send("+");
        CHECK(peer.send_endlessly(piece, most) < most);
    }
    SECTION("many large elements") {
        peer.send("*1000\r\n");
        CHECK(peer.send_endlessly("$90000\r\n" + std::string(90'000, 'x') + "\r\n", most) < most);
    }
    SECTION("a huge count") {
        peer.send("*2147483647\r\n");
    }
    SECTION("a count beyond all numbers") {
        peer.send("*99999999999999999999999\r\n");
    }
    SECTION("deep nesting") {
        CHECK(peer.send_endlessly("*1\r\n", most) < most);
    }
    SECTION("another protocol") {
        peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    }
    CHECK(b.wait(std::move(waiting)).error == redis::errc::connection_lost);
    REQUIRE(b.seen.wait_for("lost"));
    CHECK(b.connection.health().last_error.find("has sent ") != std::string::npos);
    // It comes back, and all is well again.
    auto again = welcome(server);
    REQUIRE(b.seen.wait_for("ready", 2));
    auto next = b.begin("GET", "k");
    (void)again.read_until("k\r\n");
    again.send("$2\r\nok\r\n");
    CHECK(b.wait(std::move(next)).answer.text == "ok");
}

TEST_CASE("answers that nobody asked for end the connection") {
    scripted_server server;
    redis_bench b(with_small_limits(server));
    auto peer = welcome(server);
    REQUIRE(b.seen.wait_for("ready"));
    peer.send("+SURPRISE\r\n");
    CHECK(b.seen.wait_for("lost 127.0.0.1:" + std::to_string(server.port()) +
                          " has answered what nobody asked"));
}

TEST_CASE("a server that says nothing is left") {
    scripted_server server;
    auto o = with_small_limits(server);
    SECTION("from the beginning") {
        o.connect_timeout = 200ms;
        redis_bench b(o);
        auto const peer = server.accept();
        CHECK(b.log.wait_for("Redis: 127.0.0.1:" + std::to_string(server.port()) +
                             " did not answer in time"));
    }
    SECTION("later") {
        o.ping_interval = 1'000ms;
        redis_bench b(o);
        auto peer = welcome(server);
        REQUIRE(b.seen.wait_for("ready"));
        (void)peer.read_until("PING\r\n");
        CHECK(b.seen.wait_for("lost"));
    }
    SECTION("and reads nothing") {
        o.ping_interval = 1'000ms;
        redis_bench b(o);
        auto peer = welcome(server);
        REQUIRE(b.seen.wait_for("ready"));
        auto waiting = b.begin("SET", "k", std::string(15'000'000, 'x'));
        CHECK(b.wait(std::move(waiting)).error == redis::errc::connection_lost);
    }
}

TEST_CASE("what is no message on a channel's socket ends it") {
    scripted_server server;
    redis_bench b(with_small_limits(server));
    auto commands = welcome(server);
    REQUIRE(b.seen.wait_for("ready"));
    auto const kept = b.subscribe("c");
    auto peer = welcome(server);
    (void)peer.read_until("c\r\n");
    SECTION("another answer") {
        peer.send(":1\r\n");
    }
    SECTION("a message with too few parts") {
        peer.send("*2\r\n$7\r\nmessage\r\n$1\r\nc\r\n");
    }
    SECTION("the confirmation of another channel") {
        peer.send("*3\r\n$9\r\nsubscribe\r\n$1\r\nd\r\n:1\r\n");
    }
    SECTION("an empty array") {
        peer.send("*0\r\n");
    }
    CHECK(peer.read_to_end().empty());
    auto again = welcome(server);
    (void)again.read_until("c\r\n");
    again.send("*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n");
    CHECK(b.seen.wait_for("subscribed c"));
}

TEST_CASE("a server whose sockets end one after the other is lost once") {
    scripted_server server;
    redis_bench b(with_small_limits(server));
    auto commands = welcome(server);
    REQUIRE(b.seen.wait_for("ready"));
    auto const kept = b.subscribe("c");
    constexpr std::string_view confirmed =
        "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"
        "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n";
    auto channels = welcome(server);
    (void)channels.read_until("c\r\n");
    channels.send(confirmed);
    REQUIRE(b.seen.wait_for("message c hi"));
    std::optional<raw_peer> again;
    std::optional<raw_peer> other_again;
    SECTION("that of commands first") {
        commands.close();
        REQUIRE(b.seen.wait_for("lost"));
        again.emplace(welcome(server));
        (void)channels.read_until("PING\r\n");
        auto const waiting = b.begin("GET", "k");
        (void)again->read_until("k\r\n");
        CHECK(b.connection.current_state() == redis::state::lost);
        SECTION("the other one then") {
            channels.close();
            other_again.emplace(welcome(server));
            (void)other_again->read_until("c\r\n");
            other_again->send(confirmed);
        }
        SECTION("the other one lives") {
            channels.send("*2\r\n$4\r\npong\r\n$0\r\n\r\n");
        }
        SECTION("the other one lives, and may not be asked") {
            channels.send("-NOPERM this user has no permissions to run the 'ping' command\r\n");
        }
    }
    SECTION("that of channels first") {
        channels.close();
        REQUIRE(b.seen.wait_for("lost"));
        (void)commands.read_until("PING\r\n");
        again.emplace(welcome(server));
        (void)again->read_until("c\r\n");
        again->send(confirmed);
        REQUIRE(b.seen.wait_for("message c hi", 2));
        CHECK(b.connection.current_state() == redis::state::lost);
        SECTION("the other one then") {
            commands.close();
            other_again.emplace(welcome(server));
        }
        SECTION("the other one lives") {
            commands.send("+PONG\r\n");
        }
    }
    CHECK(b.seen.wait_for("ready", 2));
    CHECK(b.seen.count("lost") == 1);
    CHECK(b.connection.health().reconnects == 1);
    CHECK(b.connection.health().dropped == 0);
}

TEST_CASE("messages of channels that nobody has subscribed to are passed over") {
    scripted_server server;
    redis_bench b(with_small_limits(server));
    auto commands = welcome(server);
    auto const kept = b.subscribe("c");
    auto peer = welcome(server);
    (void)peer.read_until("c\r\n");
    peer.send("*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n");
    peer.send(
        "*3\r\n$7\r\nmessage\r\n$1\r\nd\r\n$1\r\nx\r\n*3\r\n$11\r\nunsubscribe\r\n$1\r\nd\r\n:"
        "1\r\n");
    peer.send("*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\ny\r\n");
    CHECK(b.seen.wait_for("message c y"));
    CHECK(b.seen.count("message") == 1);
}

TEST_CASE("sharded channels of a server before Redis 7 are refused in a word") {
    scripted_server server;
    redis_bench b(with_small_limits(server));
    auto commands = welcome(server);
    auto const kept = b.subscribe("c", redis::channel_kind::sharded);
    auto peer = welcome(server);
    (void)peer.read_until("c\r\n");
    // As Redis 6 says it.
    peer.send("-ERR unknown command `ssubscribe`, with args beginning with: `c`, \r\n");
    CHECK(b.seen.wait_for("refused Redis, or this connection, does not do that c"));
    auto done = std::make_shared<std::promise<error_code>>();
    b.connection.spublish(
        "c", "x", [done](error_code ec, redis::reply const&) { done->set_value(ec); });
    (void)commands.read_until("x\r\n");
    commands.send("-ERR unknown command `spublish`, with args beginning with: `c`, `x`, \r\n");
    CHECK(b.wait(done->get_future()) == redis::errc::unsupported);
}
