// Names and arguments of events on their way between the wire and handlers.
#include "integration/socketio_client.hpp"

#include <any>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;

TEST_CASE("handlers take what their signatures say") {
    auto const threads = GENERATE(1u, 4u);
    socketio_test_server tested(threads, [](sio::server const& io, notes&) {
        io.on("none", [](sio::ack<int> done) { done(0); });
        io.on("values",
              [](sio::socket&, int a, std::string b, double c, bool d, sio::ack<std::string> done) {
                  done(std::to_string(a) + b + std::to_string(c) + (d ? "y" : "n"));
              });
        io.on("maybe",
              [](std::optional<int> a, std::optional<std::string> b, sio::ack<bool, bool> done) {
                  done(a.has_value(), b.has_value());
              });
        io.on("either", [](std::variant<int, std::string> x, sio::ack<std::size_t> done) {
            done(x.index());
        });
        io.on("rest", [](int first, sio::arguments rest, sio::ack<int, sio::arguments> done) {
            done(first, rest);
        });
        io.on("bytes", [](std::vector<std::byte> const& b, sio::ack<std::vector<std::byte>> done) {
            done(b);
        });
    });
    sio_client c(tested.port());
    (void)c.join();
    auto const answer = [&](std::string_view event) {
        c.packet(std::string("21").append(event));
        return c.next();
    };
    CHECK(answer(R"(["none"])") == "31[0]");
    CHECK(answer(R"(["values",1,"b",2.5,true])") == R"(31["1b2.500000y"])");
    CHECK(answer(R"(["maybe"])") == "31[false,false]");
    CHECK(answer(R"(["maybe",1,null])") == "31[true,false]");
    CHECK(answer(R"(["either",7])") == "31[0]");
    CHECK(answer(R"(["either","x"])") == "31[1]");
    CHECK(answer(R"(["rest",5,{"a":[1]},null])") == R"(31[5,{"a":[1]},null])");
    c.packet(R"(51-1["bytes",{"_placeholder":true,"num":0}])");
    c.attachment("\1\2");
    CHECK(c.next() == R"(61-1[{"_placeholder":true,"num":0}])");
    CHECK(c.next() == "\1\2");
}

TEST_CASE("arguments that do not fit are told to the client, or to a hook") {
    sio::options o;
    std::atomic<int> hooked{0};
    auto const with_hook = GENERATE(false, true);
    if (with_hook)
        o.on_bad_arguments =
            [&](sio::socket&, sio::event const& e, sio::argument_error const& wrong) {
                ++hooked;
                e.answer(std::string(e.name()) + " " + std::to_string(wrong.index));
            };
    socketio_test_server tested(
        1,
        [](sio::server const& io, notes&) {
            io.on("sum", [](int a, int b, sio::ack<int> done) { done(a + b); });
        },
        o);
    sio_client c(tested.port());
    (void)c.join();
    c.packet(R"(21["sum",1,"x"])");
    CHECK(c.next() ==
          (with_hook ? R"(31["sum 2"])" : R"(31[{"error":"argument 2: expected integer"}])"));
    c.packet(R"(2["sum",1])");
    c.packet(R"(22["sum",1,2])");
    CHECK(c.next() == "32[3]");
    CHECK(hooked == (with_hook ? 2 : 0));
}

TEST_CASE("reserved names cannot be emitted") {
    socketio_test_server tested(1);
    sio_client c(tested.port());
    auto const id = c.join().sid;
    CHECK(tested.with(id, [](sio::socket& s) {
        for (auto const* name : {"connect",
                                 "connect_error",
                                 "disconnect",
                                 "disconnecting",
                                 "newListener",
                                 "removeListener"})
            CHECK_THROWS_AS(s.emit(name, 1), std::invalid_argument);
    }));
    CHECK_THROWS_AS(tested.io.emit("disconnect"), std::invalid_argument);
    CHECK_THROWS_AS(tested.io.to("a").emit("connect", 1), std::invalid_argument);
    CHECK_THROWS_AS(tested.io.server_side_emit("connection"), std::invalid_argument);
}

TEST_CASE("a handler for what is no event throws, and says what to write; so does an empty one") {
    socketio_test_server tested(1);
    using Catch::Contains;
    auto const nothing = [] {};
    CHECK_THROWS_WITH(tested.io.on("connection", [](sio::socket&) {}),
                      Contains("write io.on_connection("));
    CHECK_THROWS_WITH(tested.io.of("/a").on("disconnect", nothing),
                      Contains("socket.on_disconnect(...)"));
    sio_client c(tested.port());
    auto const id = c.join().sid;
    CHECK(tested.with(id, [&](sio::socket& s) {
        CHECK_THROWS_WITH(s.on("disconnect", nothing), Contains("socket.on_disconnect("));
        CHECK_THROWS_WITH(s.once("error", nothing), Contains("socket.on_error("));
        CHECK_THROWS_WITH(s.on_any(nullptr), "on_any: the function given to it is empty");
        CHECK_THROWS_AS(s.on_disconnect({}), std::invalid_argument);
        CHECK_THROWS_AS(s.on_drain({}), std::invalid_argument);
        CHECK_THROWS_AS(s.after(1ms, {}), std::invalid_argument);
        CHECK_THROWS_AS(s.use({}), std::invalid_argument);
        CHECK_THROWS_AS(s.emit("e", std::function<void(int)>()), std::invalid_argument);
    }));
    CHECK_THROWS_AS(tested.io.on("e", std::function<void()>()), std::invalid_argument);
    CHECK_THROWS_WITH(tested.io.on_connection({}),
                      "on_connection: the function given to it is empty");
    CHECK_THROWS_AS(tested.io.use({}), std::invalid_argument);
    CHECK_THROWS_AS(tested.io.on_room({}), std::invalid_argument);
    CHECK_THROWS_AS(tested.io.on_new_namespace({}), std::invalid_argument);
    CHECK_THROWS_AS(tested.io.on_server_side({}), std::invalid_argument);
    CHECK_THROWS_AS(tested.io.fetch_sockets({}), std::invalid_argument);
    CHECK_THROWS_AS(tested.io.post(id, {}), std::invalid_argument);
    CHECK_THROWS_AS(tested.io.of(std::function<bool(std::string_view, sio::json_view)>()),
                    std::invalid_argument);
    CHECK_THROWS_AS(tested.server->every(1s, {}), std::invalid_argument);
    CHECK(c.flush().empty());
}

TEST_CASE("clients may send events called error and connection; the second can be heard") {
    socketio_test_server tested(1, [](sio::server const& io, notes& seen) {
        io.on_connection([&seen](sio::socket& s) {
            s.on_any([&seen](sio::event const& e) { seen.add("any " + std::string(e.name())); });
            s.on_error([&seen](sio::connect_error const&) { seen.add("never"); });
            s.on("connection", [&seen](int n) { seen.add("heard " + std::to_string(n)); });
        });
    });
    sio_client c(tested.port());
    (void)c.join();
    c.packet(R"(2["error"])");
    c.packet(R"(2["error",{"message":"x"}])");
    c.packet(R"(2["connection",1])");
    CHECK(c.flush().empty());
    CHECK(tested.seen.all() ==
          strings{
              "connection /", "any error", "any error", "any connection", "heard 1", "any flush"});
}
