// Commands and channels against a real redis-server.

#include <anywire/client_context.hpp>
#include <anywire/executors.hpp>

#include "support/redis_bench.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include <string>
#include <thread>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using redis::channel_kind;

TEST_CASE("commands are answered, in order, whatever they are made of") {
    redis_server server;
    redis_bench b(quick_redis(server.url()));
    std::string const binary("\0\r\n\xff$", 5);
    CHECK(b.run("SET", "k", binary).answer.text == "OK");
    auto const got = b.run("GET", "k");
    CHECK(got.answer.is_string());
    CHECK(got.answer.text == binary);
    CHECK(b.run("GET", "none").answer.is_nil());
    CHECK(b.run("LPUSH", "l", "a", "b").answer.integer == 2);
    auto const list = b.run("LRANGE", "l", "0", "-1").answer;
    REQUIRE(list.is_array());
    CHECK(list.elements.at(0).text == "b");
    std::vector<std::future<redis_outcome>> all;
    for (int i = 0; i < 1'000; ++i) all.push_back(b.begin("INCR", "n"));
    for (int i = 0; i < 1'000; ++i)
        CHECK(b.wait(std::move(all[static_cast<std::size_t>(i)])).answer.integer == i + 1);
    auto const long_value = std::string(3'000'000, 'x');
    CHECK(b.run("SET", "long", long_value).answer.text == "OK");
    CHECK(b.run("GET", "long").answer.text == long_value);
}

TEST_CASE("errors of the server come with its words") {
    redis_server server;
    redis_bench b(quick_redis(server.url()));
    b.run("SET", "k", "v");
    auto const wrong = b.run("LPUSH", "k", "v");
    CHECK(wrong.error == redis::errc::error_reply);
    CHECK(wrong.answer.text.starts_with("WRONGTYPE"));
    CHECK(b.run("NOSUCHCOMMAND").error == redis::errc::unsupported);
    CHECK(b.run("SUBSCRIBE", "c").error == redis::errc::unsupported);
    CHECK(b.run("BLPOP", "l", "0").error == redis::errc::unsupported);
    CHECK(b.run("PING").answer.text == "PONG");
}

TEST_CASE("a transaction is one unit, with one answer") {
    redis_server server;
    redis_bench b(quick_redis(server.url()));
    b.run("SET", "k", "v");
    auto const run = [&](std::vector<std::vector<std::string>> commands) {
        auto done = std::make_shared<std::promise<redis_outcome>>();
        b.connection.transaction(std::move(commands), [done](error_code ec, redis::reply r) {
            done->set_value({ec, std::move(r)});
        });
        return b.wait(done->get_future());
    };
    auto const got = run({{"GET", "k"}, {"DEL", "k"}, {"LPUSH", "k", "x"}, {"INCR", "k"}});
    CHECK_FALSE(got.error);
    REQUIRE(got.answer.elements.size() == 4);
    CHECK(got.answer.elements[0].text == "v");
    CHECK(got.answer.elements[1].integer == 1);
    CHECK(got.answer.elements[3].is_error());
    auto const refused = run({{"GET", "k"}, {"SET"}});
    CHECK(refused.error == redis::errc::error_reply);
    CHECK(refused.answer.text.find("wrong number of arguments") != std::string::npos);
    CHECK(run({}).error == redis::errc::unsupported);
    CHECK(run({{"SUBSCRIBE", "c"}}).error == redis::errc::unsupported);
    CHECK(b.run("LLEN", "k").answer.integer == 1);
}

TEST_CASE("what is published comes, in order, to every subscriber of the channel") {
    redis_server server;
    redis_bench b(quick_redis(server.url()));
    auto const kind = GENERATE(channel_kind::plain, channel_kind::sharded);
    auto first = b.subscribe("c", kind);
    auto second = b.subscribe("c", kind, "second");
    REQUIRE(b.seen.wait_for("subscribed c", 2));
    CHECK(b.count("c", kind) == 1);
    auto const publish = [&](std::string text) {
        if (kind == channel_kind::plain)
            b.connection.publish("c", std::move(text));
        else
            b.connection.spublish("c", std::move(text));
    };
    for (int i = 0; i < 100; ++i) publish(std::to_string(i));
    REQUIRE(b.seen.wait_for("message c 99"));
    REQUIRE(b.seen.wait_for("second c 99"));
    int next = 0;
    for (auto const& line : b.seen.all())
        if (line.starts_with("message ")) CHECK(line == "message c " + std::to_string(next++));
    second.reset();
    publish("more");
    REQUIRE(b.seen.wait_for("message c more"));
    CHECK(b.seen.count("second c more") == 0);
    first.reset();
    CHECK(eventually([&] { return b.count("c", kind) == 0; }));
    // And again, after it had gone.
    auto third = b.subscribe("c", kind, "third");
    REQUIRE(b.seen.wait_for("subscribed c", 3));
    publish("back");
    CHECK(b.seen.wait_for("third c back"));
}

TEST_CASE("patterns take all channels that fit") {
    redis_server server;
    redis_bench b(quick_redis(server.url()));
    auto const all = b.subscribe("chat.*", channel_kind::pattern);
    auto const one = b.subscribe("chat.a", channel_kind::plain, "one");
    REQUIRE(b.seen.wait_for("subscribed chat.*"));
    REQUIRE(b.seen.wait_for("subscribed chat.a"));
    b.connection.publish("chat.a", "x");
    b.connection.publish("chat.b", "y");
    CHECK(b.seen.wait_for("message chat.b y"));
    CHECK(b.seen.wait_for("one chat.a x"));
    CHECK(b.seen.count("message chat.a x") == 1);
}

TEST_CASE("a subscription that has gone while it was asked for is not in the way") {
    redis_server server;
    redis_bench b(quick_redis(server.url()));
    for (int i = 0; i < 50; ++i) (void)b.subscribe("c");
    auto const last = b.subscribe("c");
    REQUIRE(b.seen.wait_for("subscribed c"));
    CHECK(eventually([&] { return b.count("c") == 1; }));
    b.connection.publish("c", "x");
    CHECK(b.seen.wait_for("message c x"));
}

TEST_CASE("a stream is read from where it is, or from its beginning") {
    redis_server server;
    auto o = quick_redis(server.url());
    o.ping_interval = 500ms;
    redis_bench b(o);
    b.run("XADD", "s", "*", "n", "old");
    SECTION("from now on") {
        auto const reading = b.read_stream({.key = "s"});
        REQUIRE(b.seen.wait_for("reading"));
        for (int i = 0; i < 250; ++i)
            b.connection.command({"XADD", "s", "*", "n", std::to_string(i)});
        REQUIRE(b.seen.wait_for("entry n=249"));
        CHECK(b.seen.count("entry n=old") == 0);
        CHECK(b.seen.count("entry") == 250);
    }
    SECTION("all of it") {
        auto const reading = b.read_stream({.key = "s", .from = "0", .count = 7});
        CHECK(b.seen.wait_for("entry n=old"));
    }
    SECTION("before it is there") {
        auto const reading = b.read_stream({.key = "later"});
        REQUIRE(b.seen.wait_for("reading"));
        b.run("XADD", "later", "*", "a", "1", "b", "2");
        CHECK(b.seen.wait_for("entry a=1 b=2"));
    }
    SECTION("a request that is held longer than the time between two pings") {
        auto const reading = b.read_stream({.key = "s", .block = 1'100ms});
        REQUIRE(b.seen.wait_for("reading"));
        // Pings of the other socket tell the time: the request was held to its end, and made again.
        auto const sent = b.connection.health().commands;
        CHECK(eventually([&] { return b.connection.health().commands >= sent + 6; }));
        b.run("XADD", "s", "*", "n", "new");
        CHECK(b.seen.wait_for("entry n=new"));
        CHECK(b.log.count("Redis: the reading of a stream was lost") == 0);
    }
    SECTION("one that is none") {
        b.run("SET", "text", "x");
        auto const reading = b.read_stream({.key = "text"});
        CHECK(b.seen.wait_for("refused Redis answered with an error"));
    }
}

TEST_CASE("what is counted fits what was done") {
    redis_server server;
    redis_bench b(quick_redis(server.url()));
    CHECK(b.connection.current_state() == redis::state::connecting);
    auto const kept = b.subscribe("c");
    REQUIRE(b.seen.wait_for("subscribed c"));
    REQUIRE(b.seen.wait_for("ready reached 127.0.0.1:"));
    b.connection.publish("c", "x");
    REQUIRE(b.seen.wait_for("message c x"));
    auto const h = b.connection.health();
    CHECK(h.state == redis::state::ready);
    CHECK(h.channels == 1);
    CHECK(h.messages == 1);
    CHECK(h.commands >= 2);
    CHECK(h.waiting_commands == 0);
    CHECK(h.queued_bytes == 0);
    CHECK(h.reconnects == 0);
    CHECK(h.dropped == 0);
    CHECK(h.last_error.empty());
}

TEST_CASE("closing tells everybody who waits") {
    redis_server server;
    redis_bench b(quick_redis(server.url()));
    b.run("PING");
    server.pause();
    auto waiting = b.begin("GET", "k");
    auto const channel = b.subscribe("c");
    b.connection.close();
    CHECK(b.wait(std::move(waiting)).error == redis::errc::closed);
    CHECK(b.seen.wait_for("refused the connection to Redis was closed c"));
    CHECK(b.seen.wait_for("closed the connection was closed"));
    CHECK(b.run("PING").error == redis::errc::closed);
    auto const late = b.subscribe("late");
    CHECK(b.seen.wait_for("refused the connection to Redis was closed late"));
    CHECK(b.connection.health().waiting_commands == 0);
}

TEST_CASE("a handler that throws, or lets the last handle go, does no harm") {
    redis_server server;
    notes seen;
    SECTION("throws") {
        redis_bench b(quick_redis(server.url()));
        b.connection.command({"PING"}, [](error_code, redis::reply const&) { throw 1; });
        CHECK(b.run("PING").answer.text == "PONG");
        CHECK(b.log.wait_for("a handler of a Redis connection threw"));
    }
    SECTION("lets go") {
        auto kept = std::make_shared<redis::connection>(quick_redis(server.url()));
        auto const at = kept.get();
        at->command({"PING"},
                    [&seen, kept = std::move(kept)](error_code, redis::reply const&) mutable {
                        kept.reset();
                        seen.add("gone");
                    });
        CHECK(seen.wait_for("gone"));
    }
    SECTION("a subscription goes after its connection") {
        redis::subscription late;
        {
            redis::connection c(quick_redis(server.url()));
            late = c.subscribe("c", [](redis::channel_message const&) {});
        }
        late.reset();
        CHECK_FALSE(late);
    }
}

TEST_CASE("a connection runs on an executor of the program's") {
    redis_server server;
    boost::asio::io_context loop;
    client_context context{executors(loop.get_executor())};
    redis::connection c(context, quick_redis(server.url()));
    std::string got;
    auto const sub = c.subscribe(
        "c",
        [&](redis::channel_message const& m) {
            got = std::string(m.payload);
            CHECK(c.is_here());
            loop.stop();
        },
        [&](error_code ec) {
            CHECK_FALSE(ec);
            c.publish("c", "hello");
        });
    loop.run_for(patience);
    CHECK(got == "hello");
}

TEST_CASE("many threads use one connection") {
    redis_server server;
    redis_bench b(quick_redis(server.url()));
    std::vector<std::thread> all;
    for (int t = 0; t < 4; ++t)
        all.emplace_back([&] {
            for (int i = 0; i < 500; ++i) {
                b.connection.command({"INCR", "n"});
                (void)b.subscribe("c" + std::to_string(i % 7));
                (void)b.connection.health();
            }
        });
    for (auto& t : all) t.join();
    CHECK(b.run("GET", "n").answer.text == "2000");
    CHECK(eventually([&] { return b.connection.health().channels == 0; }));
}
