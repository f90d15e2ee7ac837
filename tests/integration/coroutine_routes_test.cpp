// Routes whose handlers are coroutines, over real connections.

#include <anywire/coro.hpp>
#include <anywire/server.hpp>

#include "support/raw_client.hpp"
#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <cstddef>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

/// Callbacks that end when the test says so, on its thread.
class held_calls {
public:
    void add(std::function<void(std::string)> done) {
        {
            std::scoped_lock const lock(mutex_);
            all_.push_back(std::move(done));
        }
        seen.add("held");
    }
    std::function<void(std::string)> take() {
        std::scoped_lock const lock(mutex_);
        auto const last = std::move(all_.back());
        all_.pop_back();
        return last;
    }
    notes seen{};

private:
    std::mutex mutex_{};
    std::vector<std::function<void(std::string)>> all_{};
};

/// Notes its end.
struct local {
    notes& seen;
    ~local() { seen.add("destroyed"); }
};

task<std::string> ask(held_calls& calls) {
    auto begin = [&calls](auto done) { calls.add(done); };
    co_return co_await from_callback<std::string>(begin);
}

}  // namespace

TEST_CASE("a route's coroutine answers later, and has its request as long as it lives") {
    held_calls calls;
    running_server s(on_free_port(GENERATE(1u, 3u)), [&](server& at) {
        at.route("POST", "/:what/:who", [&](route_request const& r) -> task<http_answer> {
            auto const heard = co_await ask(calls);
            http_answer a{.status = 201};
            a.body = heard + " " + r.param("who") + " " + r.param("what") + " " +
                     r.query("q").value_or("") + " " + r.cookie("c").value_or("") + " " +
                     std::string(r.header("x-a")) + " " + std::string(r.body()) + " " +
                     std::string(r.method()) + " " + std::string(r.target()) + " " +
                     std::string(r.remote_address());
            co_return a;
        });
        at.route("GET", "/plain", [](route_request const&, http_responder to) -> task<> {
            to.answer(200, "at once");
            co_return;
        });
    });
    raw_client c(s.port());
    c.send(
        "POST /a%20b/ann?q=1 HTTP/1.1\r\nHost: a\r\nCookie: c=d\r\nX-A: b\r\n"
        "Content-Length: 4\r\n\r\nbody");
    REQUIRE(calls.seen.wait_for("held"));
    calls.take()("hello");
    auto const r = c.read_response();
    CHECK(r.status == 201);
    CHECK(r.body == "hello ann a b 1 d b body POST /a%20b/ann?q=1 127.0.0.1");
    CHECK(c.get("/plain").body == "at once");
}

TEST_CASE("a route's coroutine that throws, or ends without an answer, is answered 500") {
    held_calls calls;
    running_server s(on_free_port(), [&](server& at) {
        at.route("GET", "/throws", [&](route_request const&) -> task<http_answer> {
            (void)co_await ask(calls);
            throw std::runtime_error("oh");
        });
        at.route("GET", "/at-once", [](route_request const&) -> task<http_answer> {
            throw std::runtime_error("oh");
            co_return http_answer{};
        });
        at.route("GET", "/silent", [&](route_request const&, http_responder) -> task<> {
            (void)co_await ask(calls);
        });
        at.route("GET", "/lost", [&](route_request const&) -> task<http_answer> {
            auto begin = [](auto) {};
            (void)co_await from_callback<std::string>(begin);
            co_return http_answer{};
        });
    });
    raw_client c(s.port());
    CHECK(c.get("/at-once").status == 500);
    CHECK(c.get("/lost").status == 500);
    std::size_t held = 0;
    for (auto const* path : {"/throws", "/silent"}) {
        c.send(c.request_bytes("GET", path));
        REQUIRE(calls.seen.wait_for("held", ++held));
        calls.take()("");
        CHECK(c.read_response().status == 500);
    }
}

TEST_CASE("a route's coroutine ends with its client, its answer or its time, and runs no further") {
    held_calls calls;
    notes seen;
    running_server s(on_free_port(GENERATE(1u, 2u)), [&](server& at) {
        at.route("GET",
                 "/wait",
                 [&](route_request const&, http_responder to) -> task<> {
                     local const here{seen};
                     (void)co_await ask(calls);
                     seen.add("went on");
                     to.answer(200);
                     (void)co_await ask(calls);
                     seen.add("went too far");
                 },
                 {.answer_timeout = 1h});
        at.route("GET",
                 "/late",
                 [&](route_request const&) -> task<http_answer> {
                     local const here{seen};
                     http_answer a;
                     a.body = co_await ask(calls);
                     co_return a;
                 },
                 {.answer_timeout = 100ms});
    });
    SECTION("the client goes") {
        raw_client c(s.port());
        c.send(c.request_bytes("GET", "/wait"));
        REQUIRE(calls.seen.wait_for("held"));
        c.reset();  // one that only says it sends no more would still get its answer
        REQUIRE(eventually([&] { return s->snapshot().connections == 0; }));
        calls.take()("");
        CHECK(seen.wait_for("destroyed"));
        CHECK(seen.count("went on") == 0);
    }
    SECTION("it has answered") {
        raw_client c(s.port());
        c.send(c.request_bytes("GET", "/wait"));
        REQUIRE(calls.seen.wait_for("held"));
        calls.take()("");
        CHECK(c.read_response().status == 200);
        REQUIRE(calls.seen.wait_for("held", 2));
        calls.take()("");
        CHECK(seen.wait_for("destroyed"));
        CHECK(seen.count("went too far") == 0);
    }
    SECTION("the time is over") {
        raw_client c(s.port());
        CHECK(c.get("/late").status == 503);
        calls.take()("");
        CHECK(seen.wait_for("destroyed"));
    }
}

TEST_CASE("a route's coroutine may outlive its server, and is destroyed by who lets go of it") {
    held_calls calls;
    notes seen;
    {
        running_server s(on_free_port(), [&](server& at) {
            at.route("GET", "/wait", [&](route_request const& r) -> task<http_answer> {
                local const here{seen};
                auto const heard = co_await ask(calls);
                http_answer a;
                a.body = heard + std::string(r.path());
                co_return a;
            });
        });
        raw_client c(s.port());
        c.send(c.request_bytes("GET", "/wait"));
        REQUIRE(calls.seen.wait_for("held"));
    }
    CHECK(seen.count("destroyed") == 0);
    calls.take()("");
    CHECK(seen.count("destroyed") == 1);
}
