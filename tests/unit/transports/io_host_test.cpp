#include "io_host.hpp"

#include <catch2/catch.hpp>

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
    io_host host{0, sink, [](std::span<unsigned char>) {}, connections};
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
        h.host.context().stop();
    });
    h.host.run_events();
    CHECK(called == 2);
    CHECK(h.lines == std::vector<std::string>{
                         "a posted function threw: oh",
                         "a posted function threw something that is not a std::exception"});
}

TEST_CASE("a timer that throws is logged, and the loop goes on") {
    hosted h;
    thrower t;
    struct stopper final : timer_node {
        io_host& host;
        explicit stopper(io_host& in) : host(in) {}
        void on_timer(tick) override { host.context().stop(); }
    } s(h.host);
    h.host.post([&] {
        h.host.loop().wheel().arm(t, h.host.loop().now() + 1);
        h.host.loop().wheel().arm(s, h.host.loop().now() + 2);
    });
    h.host.run_events();
    CHECK(h.lines == std::vector<std::string>{"a timer threw: late"});
}

TEST_CASE("what throws beyond the edge of every event does not end the loop") {
    hosted h;
    int called = 0;
    net::post(h.host.context(), [] { throw std::runtime_error("nobody's"); });
    h.host.post([&] {
        ++called;
        h.host.context().stop();
    });
    h.host.run_events();
    CHECK(called == 1);
    CHECK(h.lines == std::vector<std::string>{"the event loop threw: nobody's"});
}
