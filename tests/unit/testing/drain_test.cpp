// How a service takes leave of many clients, in time that is told.

#include <anywire/test.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

using namespace anywire;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t many = 400;

/// Clients of one kind, each with what says that it was told goodbye.
using crowd = std::vector<std::function<bool()>>;

std::size_t told(crowd const& all) {
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [](auto const& is_told) { return is_told(); }));
}

crowd websockets(testing::host& host, std::string const& at, testing::dialect speaks) {
    crowd all;
    for (std::size_t i = 0; i < many; ++i)
        all.emplace_back([c = host.connect(at, speaks)] { return c.closed_with().has_value(); });
    return all;
}

crowd sockjs_polls(testing::host& host) {
    crowd all;
    for (std::size_t i = 0; i < many; ++i) {
        auto const target = "/sockjs/000/s" + std::to_string(i) + "/xhr";
        REQUIRE(host.post(target).body() == "o\n");
        all.emplace_back([poll = host.post(target)] {
            return poll.body() == "c[1001,\"server shutting down\"]\n";
        });
    }
    return all;
}

crowd sockjs_streams(testing::host& host) {
    crowd all;
    for (std::size_t i = 0; i < many; ++i)
        all.emplace_back([stream = host.get("/sockjs/000/t" + std::to_string(i) + "/eventsource")] {
            return stream.is_complete() && stream.body().ends_with("down\"]\r\n\r\n");
        });
    return all;
}

crowd engineio_polls(testing::host& host) {
    std::string const target = "/engine.io/?EIO=4&transport=polling";
    crowd all;
    for (std::size_t i = 0; i < many; ++i) {
        auto const body = host.get(target).body();
        auto const at = body.find("\"sid\":\"") + 7;
        auto const sid = body.substr(at, body.find('"', at) - at);
        all.emplace_back([&host, sid, target, poll = host.get(target + "&sid=" + sid)]() mutable {
            if (!poll.is_complete() || poll.body() != "2") return poll.body() == "1";
            // A heartbeat between: the client answers, and asks again.
            (void)host.post(target + "&sid=" + sid, "3");
            poll = host.get(target + "&sid=" + sid);
            return false;
        });
    }
    return all;
}

void mount_all(testing::host& host) {
    host.mount("/ws", websocket_options{}, handlers{});
    host.mount("/sockjs", sockjs_options{}, handlers{});
    host.mount("/engine.io", engineio_options{}, handlers{});
}

}  // namespace

TEST_CASE("goodbyes are spread over the time that a drain has for them, in every dialect") {
    testing::host host;
    mount_all(host);
    crowd all;
    SECTION("WebSocket") {
        all = websockets(host, "/ws", testing::dialect::websocket);
    }
    SECTION("SockJS over WebSocket") {
        all = websockets(host, "/sockjs", testing::dialect::sockjs);
    }
    SECTION("SockJS over polls") {
        all = sockjs_polls(host);
    }
    SECTION("SockJS over streams") {
        all = sockjs_streams(host);
    }
    SECTION("Engine.IO over WebSocket") {
        all = websockets(host, "/engine.io", testing::dialect::engineio);
    }
    SECTION("Engine.IO over polls") {
        all = engineio_polls(host);
    }
    bool has_ended = false;
    host.drain({.deadline = 12s, .spread = 10s}, [&] { has_ended = true; });
    for (std::size_t second = 1; second < 10; ++second) {
        host.advance(1s);
        auto const n = told(all);
        INFO(second);
        CHECK(n >= second * many / 10 - 2);
        CHECK(n <= second * many / 10 + 2);
        CHECK_FALSE(has_ended);
    }
    host.advance(1100ms);
    CHECK(told(all) == many);
}

TEST_CASE("each mount has the whole time of a drain, and a few clients need not wait for it") {
    testing::host host;
    mount_all(host);
    auto const some = websockets(host, "/ws", testing::dialect::websocket);
    auto const others = websockets(host, "/sockjs", testing::dialect::sockjs);
    crowd const few{[c = host.connect("/engine.io", testing::dialect::engineio)] {
                        return c.closed_with().has_value();
                    },
                    [c = host.connect("/engine.io", testing::dialect::engineio)] {
                        return c.closed_with().has_value();
                    }};
    SECTION("half of the deadline, where nothing is said") {
        host.drain(20s);
    }
    SECTION("no longer than the deadline") {
        host.drain({.deadline = 10s, .spread = 1h});
    }
    host.advance(100ms);
    CHECK(told(few) == 2);
    host.advance(4900ms);
    for (auto const* all : {&some, &others}) {
        CHECK(told(*all) >= many / 2 - 4);
        CHECK(told(*all) <= many / 2 + 4);
    }
    host.advance(5100ms);
    CHECK(told(some) == many);
    CHECK(told(others) == many);
}

TEST_CASE("a drain may tell all clients at once") {
    testing::host host;
    mount_all(host);
    auto const all = websockets(host, "/ws", testing::dialect::websocket);
    host.drain({.deadline = 10s, .spread = 1ms});
    host.advance(100ms);
    CHECK(told(all) == many);
}
