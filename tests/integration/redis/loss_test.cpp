// A server that goes, comes back, stops answering, or is too far behind.

#include "support/redis_bench.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using redis::channel_kind;

TEST_CASE("a server that is restarted is found again, and everything subscribed to again") {
    redis_server server;
    redis_bench b(quick_redis(server.url()));
    auto const plain = b.subscribe("c");
    auto const pattern = b.subscribe("p*", channel_kind::pattern);
    auto const sharded = b.subscribe("s", channel_kind::sharded);
    for (auto const* name : {"subscribed c", "subscribed p*", "subscribed s"})
        REQUIRE(b.seen.wait_for(name));
    REQUIRE(b.seen.wait_for("ready"));
    server.stop(SIGKILL);
    REQUIRE(b.seen.wait_for("lost"));
    CHECK(b.connection.current_state() == redis::state::lost);
    server.start();
    REQUIRE(b.seen.wait_for("ready", 2));
    CHECK(b.run("SET", "k", "v").answer.text == "OK");
    b.connection.publish("c", "1");
    b.connection.publish("p1", "2");
    b.connection.spublish("s", "3");
    CHECK(b.seen.wait_for("message c 1"));
    CHECK(b.seen.wait_for("message p1 2"));
    CHECK(b.seen.wait_for("message s 3"));
    auto const h = b.connection.health();
    CHECK(h.reconnects == 1);
    CHECK_FALSE(h.last_error.empty());
    // Once for each change, however many attempts there were.
    CHECK(b.log.count("Redis: cannot connect") <= 2);
    CHECK(b.seen.count("subscribed c") == 1);
}

TEST_CASE("a connection waits for a server that is not there yet") {
    redis_server server;
    server.stop();
    redis_bench b(quick_redis(server.url()));
    auto const kept = b.subscribe("c");
    auto first = b.begin("SET", "k", "v");
    auto second = b.begin("GET", "k");
    REQUIRE(b.log.wait_for("Redis: cannot connect"));
    CHECK(b.connection.health().waiting_commands == 2);
    server.start();
    CHECK(b.wait(std::move(first)).answer.text == "OK");
    CHECK(b.wait(std::move(second)).answer.text == "v");
    CHECK(b.seen.wait_for("subscribed c"));
}

TEST_CASE("a command that was sent when the server went is told so") {
    redis_server server;
    redis_bench b(quick_redis(server.url()));
    b.run("PING");
    auto waiting = b.begin("DEBUG", "SLEEP", "60");
    CHECK(eventually([&] { return b.connection.health().commands >= 2; }));
    server.stop(SIGKILL);
    CHECK(b.wait(std::move(waiting)).error == redis::errc::connection_lost);
    CHECK(b.connection.health().dropped == 1);
}

TEST_CASE("a server that stops answering is noticed, and used again when it goes on") {
    redis_server server;
    auto o = quick_redis(server.url());
    o.ping_interval = 300ms;
    redis_bench b(o);
    auto const kept = b.subscribe("c");
    REQUIRE(b.seen.wait_for("subscribed c"));
    server.pause();
    auto waiting = b.begin("PING");
    REQUIRE(b.seen.wait_for("lost"));
    CHECK(b.log.wait_for("Redis: 127.0.0.1:" + std::to_string(server.port()) +
                         " is silent, and does not answer"));
    CHECK(b.wait(std::move(waiting)).error == redis::errc::connection_lost);
    server.resume();
    REQUIRE(b.seen.wait_for("ready", 2));
    b.connection.publish("c", "back");
    CHECK(b.seen.wait_for("message c back"));
}

TEST_CASE("commands have a time to be answered in") {
    redis_server server;
    auto o = quick_redis(server.url());
    o.command_timeout = 200ms;
    SECTION("one that was sent") {
        redis_bench b(o);
        REQUIRE(b.seen.wait_for("ready"));
        server.pause();
        CHECK(b.run("GET", "k").error == redis::errc::timed_out);
        server.resume();
        CHECK(b.seen.wait_for("ready", 2));
    }
    SECTION("one that could not be sent") {
        server.stop();
        redis_bench b(o);
        CHECK(b.run("GET", "k").error == redis::errc::timed_out);
        CHECK(b.connection.health().dropped == 1);
    }
}

TEST_CASE("what waits is bounded, and what does not fit is told") {
    redis_server server;
    server.stop();
    auto o = quick_redis(server.url());
    o.limits.max_command = 1'000;
    SECTION("by number") {
        o.limits.max_waiting_commands = 2;
        redis_bench b(o);
        auto first = b.begin("SET", "a", "1");
        auto second = b.begin("SET", "b", "2");
        CHECK(b.run("SET", "c", "3").error == redis::errc::queue_full);
        CHECK(b.connection.health().dropped == 1);
        CHECK(b.connection.health().waiting_commands == 2);
        server.start();
        CHECK(b.wait(std::move(first)).answer.text == "OK");
        CHECK(b.wait(std::move(second)).answer.text == "OK");
        CHECK(b.run("EXISTS", "a", "b", "c").answer.integer == 2);
    }
    SECTION("by bytes") {
        o.limits.max_waiting_bytes = 1'500;
        redis_bench b(o);
        auto first = b.begin("SET", "a", std::string(900, 'x'));
        CHECK(b.run("SET", "b", std::string(900, 'x')).error == redis::errc::queue_full);
        server.start();
        CHECK(b.wait(std::move(first)).answer.text == "OK");
    }
    SECTION("one that is too long at any time") {
        redis_bench b(o);
        CHECK(b.run("SET", "b", std::string(1'001, 'x')).error == redis::errc::queue_full);
    }
    SECTION("channels") {
        server.start();
        o.limits.max_channels = 1;
        redis_bench b(o);
        auto const first = b.subscribe("a");
        auto const again = b.subscribe("a");
        auto const second = b.subscribe("b");
        CHECK(b.seen.wait_for("subscribed a", 2));
        CHECK(b.seen.wait_for("refused too much waits for Redis already"));
    }
}

TEST_CASE("channels are bounded by bytes, and so is what waits to be confirmed") {
    redis_server server;
    auto o = quick_redis(server.url());
    // Two names, and a word about each.
    o.limits.max_channel_bytes = 4 * (64 + 100);
    redis_bench b(o);
    std::string const first(100, 'a');
    std::string const second(100, 'b');
    SECTION("names that are there, and one that is too long") {
        auto const one = b.subscribe(first);
        auto const other = b.subscribe(second);
        REQUIRE(b.seen.wait_for("subscribed " + first));
        REQUIRE(b.seen.wait_for("subscribed " + second));
        CHECK(b.connection.health().channel_bytes == 2 * (64 + 100));
        auto const long_one = b.subscribe(std::string(400, 'c'));
        CHECK(b.seen.wait_for("refused too much waits for Redis already"));
        CHECK(b.connection.health().channels == 2);
    }
    SECTION("words that a server does not read") {
        {
            auto const one = b.subscribe(first);
            REQUIRE(b.seen.wait_for("subscribed " + first));
        }
        REQUIRE(eventually([&] { return b.connection.health().channel_bytes == 0; }));
        server.pause();
        // Each of them comes, and goes again, and leaves two words behind.
        int n = 0;
        while (b.seen.count("refused") == 0 && n < 100) {
            auto const one = b.subscribe(first);
            b.wait_for_turn();
            ++n;
        }
        CHECK(n < 4);
        CHECK(b.connection.health().channel_bytes <= o.limits.max_channel_bytes + 2 * (64 + 100));
        server.resume();
        REQUIRE(eventually([&] { return b.connection.health().channel_bytes == 0; }));
        auto const again = b.subscribe(second);
        CHECK(b.seen.wait_for("subscribed " + second));
    }
}

TEST_CASE("a stream goes on where it was, after its server was lost") {
    redis_server server({"appendonly yes", "appendfsync always"});
    redis_bench b(quick_redis(server.url()));
    auto const reading = b.read_stream({.key = "s"});
    REQUIRE(b.seen.wait_for("reading"));
    b.run("XADD", "s", "*", "n", "1");
    REQUIRE(b.seen.wait_for("entry n=1"));
    server.stop(SIGKILL);
    REQUIRE(b.seen.wait_for("lost"));
    server.start();
    for (int i = 2; i <= 50; ++i) b.run("XADD", "s", "*", "n", std::to_string(i));
    REQUIRE(b.seen.wait_for("entry n=50"));
    CHECK(b.seen.count("entry") == 50);
}
