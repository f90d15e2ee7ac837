// What was asked of a connection, and the end of its last copy.

#include <anywire/client_context.hpp>
#include <anywire/executors.hpp>

#include "support/redis_bench.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

/// Its handlers must not be called after the last copy has gone.
void ask_much(redis::connection& c, std::atomic<bool> const& is_gone, std::atomic<int>& late) {
    for (int i = 0; i < 1'000; ++i)
        c.command({"INCR", "n"}, [&](error_code, redis::reply const&) {
            if (is_gone) ++late;
        });
    c.publish("c", "last words");
}

redis::options patient(std::string url) {
    auto o = quick_redis(std::move(url));
    o.finish_timeout = patience;
    return o;
}

}  // namespace

TEST_CASE("what was asked for is done before the last copy of a connection is gone") {
    redis_server server;
    redis_bench other(quick_redis(server.url()));
    auto const kept = other.subscribe("c");
    REQUIRE(other.seen.wait_for("subscribed c"));
    std::atomic<bool> is_gone = false;
    std::atomic<int> late = 0;
    auto c = std::make_optional<redis::connection>(patient(server.url()));
    auto is_heard = true;
    SECTION("from the first moment on") {
        ask_much(*c, is_gone, late);
    }
    SECTION("when it is ready") {
        REQUIRE(eventually([&] { return c->current_state() == redis::state::ready; }));
        ask_much(*c, is_gone, late);
    }
    SECTION("when the server comes back") {
        REQUIRE(eventually([&] { return c->current_state() == redis::state::ready; }));
        server.stop();
        REQUIRE(eventually([&] { return c->current_state() == redis::state::lost; }));
        ask_much(*c, is_gone, late);
        server.start();
        // The other one may come back later.
        is_heard = false;
    }
    is_gone = true;
    c.reset();
    CHECK(other.run("GET", "n").answer.text == "1000");
    if (is_heard) CHECK(other.seen.wait_for("message c last words"));
    CHECK(late == 0);
}

TEST_CASE("the last copy of a connection may go on its own thread with commands on their way") {
    redis_server server;
    redis_bench other(quick_redis(server.url()));
    auto kept = std::make_shared<redis::connection>(patient(server.url()));
    auto* const at = kept.get();
    at->post([kept = std::move(kept)]() mutable {
        kept->command({"SET", "k", "v"});
        kept.reset();
    });
    CHECK(eventually([&] { return other.run("GET", "k").answer.text == "v"; }));
}

TEST_CASE("a server that does not answer holds up the last copy for the time that is allowed") {
    redis_server server;
    auto o = quick_redis(server.url());
    o.finish_timeout = GENERATE(0ms, 20ms);
    auto c = std::make_optional<redis::connection>(o);
    REQUIRE(eventually([&] { return c->current_state() == redis::state::ready; }));
    SECTION("paused") {
        server.pause();
    }
    SECTION("gone") {
        server.stop();
    }
    SECTION("paused, with a connection that was closed") {
        server.pause();
        c->close();
    }
    c->command({"SET", "k", "v"});
    c.reset();
}

TEST_CASE("on a program's executor commands are finished after the last copy has gone") {
    redis_server server;
    redis_bench other(quick_redis(server.url()));
    boost::asio::io_context loop;
    auto context = std::make_optional<client_context>(executors(loop.get_executor()));
    std::atomic<bool> is_gone = false;
    std::atomic<int> late = 0;
    {
        redis::connection c(*context, patient(server.url()));
        ask_much(c, is_gone, late);
        is_gone = true;
    }
    SECTION("while it runs") {
        CHECK(eventually([&] {
            loop.poll();
            return other.run("GET", "n").answer.text == "1000";
        }));
    }
    SECTION("and end with their context") {
        loop.poll();
    }
    context.reset();
    CHECK(late == 0);
}
