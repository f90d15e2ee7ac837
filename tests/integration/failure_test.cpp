// What throws ends what it was about, is logged, and the server lives on.
#include "integration/echo_test_server.hpp"

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

server_options logging_to(notes& log) {
    server_options o;
    o.log.level = log_level::error;
    o.log.write = [&log](log_level, std::string_view line) { log.add(std::string(line)); };
    return o;
}

}  // namespace

TEST_CASE("a function that was posted and throws ends its session, and nobody else's") {
    auto const threads = GENERATE(1u, 4u);
    notes log;
    echo_test_server h({}, threads, logging_to(log));
    auto const ada = websocket(h.server.port(), "/ws?user=ada");
    auto const bob = websocket(h.server.port(), "/ws?user=bob");
    REQUIRE(h.seen.wait_for("open", 2));
    h.ws.post(h.people.id_of("ada"), [](session&) { throw std::runtime_error("oh"); });
    CHECK(ada->read_close().close_code() == 1011);
    CHECK(log.wait_for("a handler threw: oh"));
    bob->send_text("hello");
    CHECK(bob->read_message() == "hello");
}

TEST_CASE("a ticker that throws is called again") {
    notes log;
    auto options = logging_to(log);
    options.port = 0;
    running_server s(options, [](server& at) {
        at.mount("/echo", sockjs_options{}, echo());
        at.every(1ms, [] { throw std::runtime_error("tick"); });
        at.every(1ms, [] { throw 42; });
    });
    CHECK(log.wait_for("a ticker threw: tick", 2));
    CHECK(log.wait_for("a ticker threw something that is not a std::exception", 2));
    CHECK(raw_client(s.port()).get("/echo").status == 200);
}

TEST_CASE("a handler that throws ends its session whatever it was told of") {
    notes log;
    auto const which = GENERATE("open", "message", "after");
    CAPTURE(which);
    handlers more;
    if (which == std::string("open"))
        more.on_open = [](session&) { throw std::runtime_error("oh"); };
    if (which == std::string("message"))
        more.on_message = [](session&, message_view) { throw std::runtime_error("oh"); };
    if (which == std::string("after"))
        more.on_message = [](session& s, message_view) {
            s.after(1ms, [](session&) { throw std::runtime_error("oh"); });
        };
    echo_test_server h(more, 1, logging_to(log));
    raw_client c(h.server.port());
    REQUIRE(c.upgrade("/ws?user=ada").status == 101);
    c.send_text("x");
    CHECK(c.read_close().close_code() == 1011);
    CHECK(log.wait_for("a handler threw: oh"));
    CHECK(raw_client(h.server.port()).get("/echo").status == 200);
}

TEST_CASE("a log sink that throws costs its line and nothing else") {
    server_options o;
    o.log.level = log_level::debug;
    std::atomic<bool> breaks{false};
    o.log.write = [&](log_level, std::string_view) {
        if (breaks) throw std::runtime_error("the disk is full");
    };
    echo_test_server h({}, 1, o);
    auto const ada = websocket(h.server.port(), "/ws?user=ada");
    auto const bob = websocket(h.server.port(), "/ws?user=bob");
    REQUIRE(h.seen.wait_for("open", 2));
    breaks = true;
    ada->send(client_frame(2, "") + "\xff\xff\xff\xff");  // broken, which is a log line
    (void)ada->read_to_end();
    CHECK(h.seen.wait_for("close"));
    breaks = false;
    bob->send_text("hello");
    CHECK(bob->read_message() == "hello");
}

TEST_CASE("an event that holds its shard for long is logged, with the session it was in") {
    notes log;
    auto options = logging_to(log);
    options.limits.slow_event = GENERATE(20ms, 0ms);
    auto const logs = options.limits.slow_event.count() != 0;
    echo_test_server h(
        {.on_message =
             [](session& s, message_view m) {
                 // Until the coarse clock, which the server reads, has gone on for long enough.
                 auto const until = std::chrono::steady_clock::now() + 60ms;
                 while (m.data == "slow" && std::chrono::steady_clock::now() < until) {
                 }
                 (void)s.send(m);
             }},
        1,
        options);
    auto const c = websocket(h.server.port(), "/ws?user=ada");
    REQUIRE(h.seen.wait_for("open"));
    c->send_text("slow");
    CHECK(c->read_message() == "slow");
    CHECK(raw_client(h.server.port()).get("/echo").status == 200);
    CHECK(log.count("an event held its shard for ") == (logs ? 1u : 0u));
    auto const id = h.people.id_of("ada");
    if (logs) CHECK(log.all().front().find("handler of session " + id) != std::string::npos);
}
