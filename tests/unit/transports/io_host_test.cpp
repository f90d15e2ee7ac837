#include "io_host.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include <array>
#include <atomic>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

using namespace anywire;

namespace {

struct hosted {
    std::vector<std::string> lines{};
    log_sink sink{log_level::error,
                  [this](log_level, std::string_view line) { lines.emplace_back(line); }};
    std::atomic<std::size_t> connections{0};
    net::io_context context{1};
    io_host host{0,
                 sink,
                 [](std::span<unsigned char>) {},
                 connections,
                 context.get_executor(),
                 [] { return true; }};
    /// Runs the loop until it is stopped, whatever an event throws beyond its edge.
    void run() {
        while (!host.guard("the event loop", [this] {
            host.sockets().watch();
            context.run();
        })) {
        }
    }
};

struct thrower final : timer_node {
    void on_timer(tick) override { throw std::runtime_error("late"); }
};

}  // namespace

TEST_CASE("a posted function that throws is logged, and the next ones are called") {
    hosted h;
    int called = 0;
    h.host.post([] { throw std::runtime_error("oh"); });
    h.host.post([&] { ++called; });
    h.host.post([] { throw 42; });
    h.host.post([&] {
        ++called;
        h.context.stop();
    });
    h.run();
    CHECK(called == 2);
    CHECK(h.lines == std::vector<std::string>{
                         "a posted function threw: oh",
                         "a posted function threw something that is not a std::exception"});
}

TEST_CASE("a timer that throws is logged, and the loop goes on") {
    hosted h;
    thrower t;
    struct stopper final : timer_node {
        net::io_context& context;
        explicit stopper(net::io_context& in) : context(in) {}
        void on_timer(tick) override { context.stop(); }
    } s(h.context);
    h.host.post([&] {
        h.host.loop().wheel().arm(t, h.host.loop().now() + 1);
        h.host.loop().wheel().arm(s, h.host.loop().now() + 2);
    });
    h.run();
    CHECK(h.lines == std::vector<std::string>{"a timer threw: late"});
}

TEST_CASE("what throws beyond the edge of every event does not end the loop") {
    hosted h;
    int called = 0;
    net::post(h.context, [] { throw std::runtime_error("nobody's"); });
    h.host.post([&] {
        ++called;
        h.context.stop();
    });
    h.run();
    CHECK(called == 1);
    CHECK(h.lines == std::vector<std::string>{"the event loop threw: nobody's"});
}

TEST_CASE("a host that has ended runs nothing that was posted, and may go before its executor") {
    net::io_context context{1};
    int called = 0;
    {
        log_sink const sink;
        std::atomic<std::size_t> connections{0};
        io_host host(
            0,
            sink,
            [](std::span<unsigned char>) {},
            connections,
            context.get_executor(),
            [] { return true; });
        host.start();
        host.post([&] { ++called; });
        context.poll();
        host.post([&] { ++called; });
        host.end();
        host.post([&] { ++called; });
        CHECK_FALSE(host.is_running());
    }
    context.run();
    CHECK(called == 1);
}

TEST_CASE("what a program does to sessions outside of events leaves in one of its own") {
    hosted h;
    h.host.start();
    h.host.loop().wake();
    h.host.loop().wake();
    // The look at the sockets, which waits, and one event.
    CHECK(h.context.poll() == 1);
    h.host.begin_event("a test");
    h.host.loop().wake();
    h.host.end_event();
    CHECK(h.context.poll() == 0);
}

TEST_CASE("a host that another one's event has used has its own when the turn ends") {
    hosted h;
    h.host.start();
    {
        host_turn const turn;
        h.host.loop().wake();
        h.host.loop().wake();
        CHECK(h.context.poll() == 0);
    }
    CHECK(h.context.poll() == 0);
    // It has been: what comes now asks for another.
    h.host.loop().wake();
    CHECK(h.context.poll() == 1);
}

TEST_CASE("a host that may not be touched where the turn ends has an event that is posted") {
    hosted h;
    bool is_here = true;
    io_host strict(
        0,
        h.sink,
        [](std::span<unsigned char>) {},
        h.connections,
        h.context.get_executor(),
        [&] { return is_here; });
    strict.start();
    {
        host_turn const turn;
        strict.loop().wake();
        is_here = false;
    }
    is_here = true;
    CHECK(h.context.poll() == 1);
    strict.end();
}

TEST_CASE("a host that goes before its turn has none") {
    host_turn const turn;
    hosted left;
    left.host.start();
    left.host.loop().wake();
    {
        hosted gone;
        gone.host.start();
        gone.host.loop().wake();
    }
    // One more than a turn has room for is posted.
    std::array<hosted, 3> more{};
    for (auto& h : more) {
        h.host.start();
        h.host.loop().wake();
    }
    CHECK(more[1].context.poll() == 0);
    CHECK(more[2].context.poll() == 1);
}
