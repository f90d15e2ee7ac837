// Who listens to the packets of one session, or of one client, and what they hear.

#include <anywire/test.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

using namespace anywire;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;

namespace {

struct traced_host {
    std::string last_id{};
    strings lines{};
    strings log{};
    testing::host host{options()};

    traced_host() {
        handlers const app{.on_open = [this](session& s) { last_id = s.id(); },
                           .on_message = [](session& s, message_view m) { s.send(m); }};
        host.mount("/ws", websocket_options{}, app);
        host.mount("/sockjs", sockjs_options{}, app);
        host.mount("/engine.io", engineio_options{}, app);
    }
    service_options options() {
        service_options o;
        o.log.write = [this](log_level, std::string_view line) { log.emplace_back(line); };
        return o;
    }
    trace_sink sink() {
        return [this](std::string_view line) { lines.emplace_back(line); };
    }
    /// The lines since the last call, less what they begin with.
    strings take() {
        for (auto& line : lines) {
            auto const who = line.find(last_id);
            line = who == line.npos ? line : line.substr(who + last_id.size() + 1);
        }
        return std::exchange(lines, {});
    }
};

}  // namespace

TEST_CASE("a session is traced by its id, and no other") {
    traced_host h;
    auto client = h.host.connect("/ws");
    auto const id = h.last_id;
    auto other = h.host.connect("/ws");
    auto const trace = h.host.trace({.session = id}, h.sink());
    h.host.settle();
    client.send("hello");
    other.send("not this");
    client.send("a\nb");
    CHECK(h.lines == strings{"/ws 127.0.0.1 " + id + " in websocket text 5: hello",
                             "/ws 127.0.0.1 " + id + " out websocket text 5: hello",
                             "/ws 127.0.0.1 " + id + R"( in websocket text 3: a\x0ab)",
                             "/ws 127.0.0.1 " + id + R"( out websocket text 3: a\x0ab)"});
    h.lines.clear();
    CHECK_FALSE(trace.is_over());
    trace.stop();
    CHECK(trace.is_over());
    client.send("hello");
    CHECK(h.lines.empty());
    CHECK(client.take().size() == 3);
}

TEST_CASE("the packets of each dialect are told as they cross the wire") {
    traced_host h;
    (void)h.host.trace({.address = "127.0.0.1"}, h.sink());
    h.host.settle();
    SECTION("SockJS over a WebSocket") {
        auto client = h.host.connect("/sockjs", testing::dialect::sockjs);
        client.send("x");
        CHECK(h.take() == strings{"out websocket text 1: o",
                                  R"(in websocket text 5: ["x"])",
                                  R"(out websocket text 6: a["x"])"});
        h.host.advance(26s);
        CHECK(h.take() == strings{"out websocket ping 0: "});
        client.close();
        CHECK(h.take() == strings{"out websocket closed 13: client_closed"});
    }
    SECTION("SockJS over polling") {
        CHECK(h.host.post("/sockjs/000/a/xhr").body() == "o\n");
        CHECK(h.host.post("/sockjs/000/a/xhr_send", R"(["x","y"])").status() == 204);
        CHECK(h.host.post("/sockjs/000/a/xhr").body() == "a[\"x\",\"y\"]\n");
        CHECK(h.take() == strings{"out xhr-polling text 1: o",
                                  "in xhr-polling body 1: x",
                                  "in xhr-polling body 1: y",
                                  R"(out xhr-polling text 6: a["x"])",
                                  R"(out xhr-polling text 6: a["y"])"});
    }
    SECTION("Engine.IO over polling and its upgrade") {
        auto const open = h.host.get("/engine.io/?EIO=4&transport=polling").body();
        auto const sid = open.substr(9, open.find('"', 9) - 9);
        CHECK(h.host
                  .post("/engine.io/?EIO=4&transport=polling&sid=" + sid,
                        "4x\x1e"
                        "4y")
                  .status() == 200);
        auto lines = h.take();
        CHECK(lines.at(0).starts_with("out polling text "));
        CHECK(lines.at(1) == R"(in polling body 5: 4x\x1e4y)");
        auto socket = h.host.connect("/engine.io/?EIO=4&transport=websocket&sid=" + sid);
        socket.send("2probe");
        socket.send("5");
        CHECK(h.take() == strings{"in websocket text 6: 2probe",
                                  "out websocket text 6: 3probe",
                                  "in websocket text 1: 5",
                                  "out websocket text 2: 4x",
                                  "out websocket text 2: 4y"});
    }
}

TEST_CASE("a trace ends by itself, and other traces go on") {
    traced_host h;
    auto client = h.host.connect("/ws");
    auto const two =
        h.host.trace({.session = h.last_id, .max_bytes = 1, .max_packets = 2}, h.sink());
    strings others;
    (void)h.host.trace({.address = "127.0.0.1"},
                       [&](std::string_view line) { others.emplace_back(line); });
    (void)h.host.trace({.address = "192.0.2.1"}, [](std::string_view) { FAIL("nobody is there"); });
    h.host.settle();
    client.send("abc");
    client.send("abc");
    CHECK(h.take() == strings{"in websocket text 3: a...", "out websocket text 3: a..."});
    CHECK(two.is_over());
    CHECK(others.size() == 4);
}

TEST_CASE("without a sink the lines go to the log, and a sink that throws harms nobody") {
    traced_host h;
    auto client = h.host.connect("/ws");
    (void)h.host.trace({.session = h.last_id, .max_packets = 1});
    h.host.settle();
    client.send("x");
    REQUIRE_FALSE(h.log.empty());
    CHECK(h.log.back() == "trace: /ws 127.0.0.1 " + h.last_id + " in websocket text 1: x");
    (void)h.host.trace({.session = h.last_id, .max_packets = 1},
                       [](std::string_view) { throw std::runtime_error("full"); });
    h.host.settle();
    client.send("x");
    CHECK(h.log.back() == "a trace threw: full");
    CHECK(client.take() == strings{"x", "x"});
}

TEST_CASE("a trace names a session or an address") {
    traced_host h;
    CHECK_THROWS_AS(h.host.trace({}), std::invalid_argument);
    CHECK_THROWS_AS(h.host.trace({.session = "a", .address = "b"}), std::invalid_argument);
    CHECK_FALSE(h.host.trace({.session = "of nobody"}).is_over());
    CHECK(packet_trace{}.is_over());
}
