// Socket.IO within the bounds of its sessions: floods of a client, bursts of the application,
// volatile packets, refused broadcasts.
#include "integration/socketio_client.hpp"

#include <string>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view polling = "/socket.io/?EIO=4&transport=polling";

/// A polling session that has joined nothing; its id.
std::string open_polling(std::uint16_t port) {
    raw_client c(port);
    return member(c.get(polling).body, "sid");
}

std::string many_connects(std::size_t bytes) {
    std::string body("40/a,");
    while (body.size() + 6 < bytes)
        body.append(
            "\x1e"
            "40/a,");
    return body;
}

/// A server that answers "burst" with so many events of that size.
socketio_test_server::set_up bursts(int events, std::size_t size, bool is_volatile) {
    return [=](sio::server const& io, notes&) {
        io.on("burst", [=](sio::socket& s, sio::ack<> done) {
            std::string const text(size, 'x');
            for (int i = 0; i < events; ++i)
                is_volatile ? (void)s.volatile_().emit("e", i, text) : (void)s.emit("e", i, text);
            done();
        });
        io.on("broadcast", [=](sio::ack<> done) {
            std::string const text(size, 'x');
            for (int i = 0; i < events; ++i)
                is_volatile ? io.volatile_().emit("e", i, text) : io.emit("e", i, text);
            done();
        });
    };
}

}  // namespace

TEST_CASE("a flood of CONNECTs in one POST ends its session, and delays nobody") {
    socketio_test_server tested(1);
    sio_client innocent(tested.port());
    (void)innocent.join();
    auto const sid = open_polling(tested.port());
    raw_client c(tested.port());
    auto const body = many_connects(900'000);
    auto const target = std::string(polling) + "&sid=" + sid;
    c.send(c.request_bytes("POST", target, body));
    CHECK(innocent.flush().empty());
    (void)c.read_response();
    CHECK(innocent.flush().empty());
    // Each is refused, and the refusals wait for polls: so many as may, and the goodbye after them.
    std::size_t waited = 0;
    auto answer = raw_client(tested.port()).get(target);
    for (; answer.status == 200; answer = raw_client(tested.port()).get(target)) {
        waited += answer.body.size();
        REQUIRE(waited < 1u << 20);
    }
    CHECK(answer.status == 400);
    CHECK(eventually([&] { return tested.io.connection_count() == 1; }));
}

TEST_CASE("a flood of CONNECTs on a WebSocket that reads nothing ends its session") {
    socketio_test_server tested(1);
    raw_client c(tested.port(), {.receive_buffer = 4096});
    REQUIRE(c.upgrade(sio_client::v4).status == 101);
    std::string flood;
    for (int i = 0; i < 10'000; ++i) flood.append(client_frame(1, "40/a,"));
    for (int i = 0; i < 100 && c.try_send(flood); ++i)
        if (tested.io.connection_count() == 0) break;
    CHECK(eventually([&] { return tested.io.connection_count() == 0; }));
}

TEST_CASE("a burst of events reaches a client that reads, with the default limits") {
    auto const event = GENERATE(std::string("burst"), std::string("broadcast"));
    constexpr int events = 150;  // 3 MB
    socketio_test_server tested(1, bursts(events, 20'000, false));
    sio_client c(tested.port());
    (void)c.join();
    c.packet("21[\"" + event + "\"]");
    for (int i = 0; i < events; ++i)
        REQUIRE(c.until("2").starts_with("2[\"e\"," + std::to_string(i) + ","));
    CHECK(c.until("31") == "31[]");
    CHECK(tested.seen.count("disconnect") == 0);
}

TEST_CASE("volatile events are dropped, never a reason to close") {
    auto const event = GENERATE(std::string("burst"), std::string("broadcast"));
    auto const size = GENERATE(std::size_t{20'000}, std::size_t{600'000});
    socketio_test_server tested(1, bursts(size == 20'000 ? 53 : 2, size, true));
    SECTION("on a WebSocket that reads") {
        sio_client c(tested.port());
        (void)c.join();
        c.packet("21[\"" + event + "\"]");
        CHECK(c.until("31") == "31[]");
        CHECK(c.flush().empty());
        CHECK(tested.seen.count("disconnect") == 0);
    }
    SECTION("between polls") {
        auto const sid = open_polling(tested.port());
        raw_client c(tested.port());
        auto const target = std::string(polling) + "&sid=" + sid;
        CHECK(c.post(target, "40").body == "ok");
        CHECK(c.get(target).body.starts_with("40{"));
        CHECK(c.post(target, "421[\"" + event + "\"]").body == "ok");
        CHECK(c.get(target).body == "431[]");
        CHECK(tested.seen.count("disconnect") == 0);
    }
}

TEST_CASE("a broadcast that the policy refuses is counted, and the socket is told of the drain") {
    sio::options o;
    o.engine.limits.max_queued_bytes = 10'000;
    o.engine.limits.max_burst_bytes = 0;
    o.engine.limits.overflow = overflow_policy::refuse;
    socketio_test_server tested(
        1,
        [](sio::server const& io, notes& seen) {
            io.on_connection([&seen](sio::socket& s) {
                s.on_drain([&seen, &s] { seen.add("drain " + std::to_string(s.dropped())); });
            });
        },
        o);
    auto const sid = open_polling(tested.port());
    raw_client c(tested.port());
    auto const target = std::string(polling) + "&sid=" + sid;
    CHECK(c.post(target, "40").body == "ok");
    CHECK(c.get(target).body.starts_with("40{"));
    for (int i = 0; i < 5; ++i) tested.io.emit("e", i, std::string(3000, 'x'));
    CHECK(eventually([&] { return tested.seen.count("connection /") == 1; }));
    auto const got = c.get(target).body;
    CHECK(got.find("[\"e\",2,") != std::string::npos);
    CHECK(got.find("[\"e\",3,") == std::string::npos);
    CHECK(tested.seen.wait_for("drain 2"));
    tested.io.emit("again");
    CHECK(c.get(target).body == "42[\"again\"]");
}
