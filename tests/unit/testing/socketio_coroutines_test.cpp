#include <anywire/coro.hpp>
#include <anywire/socketio.hpp>
#include <anywire/test.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace anywire {
namespace {

using namespace std::chrono_literals;
namespace sio = socketio;
using strings = std::vector<std::string>;

/// A server and one client of it, which speaks packets.
struct server_and_client {
    testing::host host{};
    sio::server io{};

    testing::client connect(std::string const& auth = {}) {
        if (!mounted_) host.mount("/socket.io/", io);
        mounted_ = true;
        auto c = host.connect("/socket.io/", testing::dialect::engineio);
        c.send("0" + auth);
        return c;
    }

private:
    bool mounted_ = false;
};

/// What came but for the answer to the connect.
strings packets(testing::client& c) {
    auto all = c.take();
    std::erase_if(all, [](std::string const& p) { return p.starts_with("0{"); });
    return all;
}

}  // namespace

TEST_CASE("a socket's answer is awaited", "[coroutines][socketio]") {
    server_and_client t;
    std::vector<std::string> heard;
    t.io.on_connection([&](sio::socket& s) -> task<> {
        auto const sure = co_await s.async_emit<bool>("sure");
        heard.push_back(sure ? (*sure ? "true" : "false") : sure.error().message());
        auto const sum = co_await s.timeout(1s).async_emit<int>("sum", 1, 2);
        heard.push_back(sum ? std::to_string(*sum) : sum.error().message());
        auto const both = co_await s.async_emit<std::string, bool>("both");
        heard.push_back(both ? std::get<0>(*both) : both.error().message());
        auto const none = co_await s.async_emit("none");
        heard.push_back(none ? "none" : none.error().message());
    });
    auto c = t.connect();
    REQUIRE(packets(c) == strings{R"(20["sure"])"});
    c.send("30[true]");
    REQUIRE(packets(c) == strings{R"(21["sum",1,2])"});
    c.send("31[3]");
    REQUIRE(packets(c) == strings{R"(22["both"])"});
    c.send(R"(32["yes",true])");
    REQUIRE(packets(c) == strings{R"(23["none"])"});
    c.send("33[]");
    REQUIRE(heard == strings{"true", "3", "yes", "none"});
}

TEST_CASE("an awaited answer may not come", "[coroutines][socketio]") {
    server_and_client t;
    std::optional<error_code> why;
    int after = 0;
    t.io.on_connection([&](sio::socket& s) -> task<> {
        auto const answer = co_await s.timeout(1s).async_emit<int>("ask");
        why = answer.error();
        co_await s.async_wait(100ms);
        ++after;
    });
    auto c = t.connect();
    SECTION("in time") {
        t.host.advance(1100ms);
        REQUIRE(why == make_error_code(errc::ack_timeout));
        t.host.advance(200ms);
        REQUIRE(after == 1);
    }
    SECTION("of the right type") {
        c.send(R"(30["no number"])");
        REQUIRE(why == make_error_code(errc::bad_arguments));
    }
    SECTION("from one that leaves") {
        c.send("1");
        REQUIRE(why == make_error_code(errc::session_closed));
        t.host.advance(1s);
        REQUIRE(after == 0);
    }
    SECTION("from one whose connection breaks") {
        c.cut();
        t.host.settle();
        REQUIRE(why == make_error_code(errc::session_closed));
        t.host.advance(1s);
        REQUIRE(after == 0);
    }
}

TEST_CASE("an event's handler may be a coroutine that answers late", "[coroutines][socketio]") {
    server_and_client t;
    t.io.on("double",
            [](sio::socket& s, std::string const& text, sio::ack<std::string> done) -> task<> {
                co_await s.async_wait(50ms);
                done(text + text);
            });
    t.io.on_connection([](sio::socket& s) {
        s.once("once", [&s](std::string text) -> task<> {
            co_await s.async_wait(50ms);  // its function is still there, though no listener is
            s.emit("was", text);
        });
    });
    auto c = t.connect();
    c.send(R"(27["double","a text too long for the string's own room"])");
    c.send(R"(2["once","x"])");
    REQUIRE(packets(c).empty());
    t.host.advance(75ms);
    REQUIRE(
        packets(c) ==
        strings{
            R"(37["a text too long for the string's own rooma text too long for the string's own room"])",
            R"(2["was","x"])"});
}

TEST_CASE("a middleware may take its time, on another thread", "[coroutines][socketio]") {
    server_and_client t;
    std::function<void(std::optional<std::string>)> found;
    t.io.use([&](sio::socket& s, sio::next go_on) -> task<> {
        auto const token = s.auth().find("token");
        auto const text = token ? token->as_string().value_or("") : std::string();
        auto begin = [&](auto done) { found = [done](auto user) { done(std::move(user)); }; };
        auto const user = co_await from_callback<std::optional<std::string>>(begin);
        if (user)
            go_on.accept(*user + " with " + text);
        else
            go_on(sio::connect_error{"unknown"});
    });
    t.io.on_connection([](sio::socket& s) { s.emit("hello", s.data_as<std::string>()); });
    auto c = t.connect(R"({"token":"t1"})");
    REQUIRE(c.take().empty());
    SECTION("and let the socket in with data") {
        std::thread([&] { found("ann"); }).join();
        t.host.settle();
        REQUIRE(packets(c) == strings{R"(2["hello","ann with t1"])"});
    }
    SECTION("and refuse") {
        std::thread([&] { found(std::nullopt); }).join();
        t.host.settle();
        REQUIRE(c.take() == strings{R"(4{"message":"unknown"})"});
    }
    SECTION("and find the socket gone") {
        c.cut();
        t.host.settle();
        std::thread([&] { found("ann"); }).join();
        t.host.settle();
        REQUIRE(t.io.socket_count() == 0);
    }
    SECTION("and outlive the server") {
        t.host.stop();
        t.host.settle();
        std::thread([&] { found("ann"); }).join();
        REQUIRE(t.io.socket_count() == 0);
    }
}

TEST_CASE("authorize of a namespace sees what the client gave", "[coroutines][socketio]") {
    server_and_client t;
    t.io.authorize([](sio::socket& s, decision decide) {
        auto const user = s.auth().find("user");
        if (!user) return decide.refuse(401, "who are you?");
        decide.accept(user->as_string().value_or(""));
    });
    t.io.on_connection([](sio::socket& s) { s.emit("hello", s.data_as<std::string>()); });
    auto ann = t.connect(R"({"user":"ann"})");
    REQUIRE(packets(ann) == strings{R"(2["hello","ann"])"});
    auto nobody = t.connect();
    REQUIRE(nobody.take() == strings{R"(4{"message":"who are you?","data":{"status":401}})"});
}

TEST_CASE("many are asked, and listed, in a coroutine", "[coroutines][socketio]") {
    server_and_client t;
    strings heard;
    t.io.on("go", [&](sio::socket& s) -> task<> {
        auto const all = co_await s.nsp().to("players").timeout(1s).async_emit<int>("roll");
        heard.push_back(std::to_string(all.values.size()) + (all.error ? " and an error" : ""));
        auto const sockets = co_await s.nsp().async_fetch_sockets();
        heard.push_back(sockets ? std::to_string(sockets->size()) : "?");
        auto const ids = co_await s.nsp().to("players").async_socket_ids();
        heard.push_back(ids ? std::to_string(ids->size()) : "?");
        auto const rooms = co_await s.nsp().async_all_rooms();
        heard.push_back(rooms ? std::to_string(rooms->size()) : "?");
    });
    t.io.on("join", [](sio::socket& s) { s.join("players"); });
    auto a = t.connect();
    auto b = t.connect();
    a.send(R"(2["join"])");
    b.send(R"(2["join"])");
    (void)packets(a), (void)packets(b);
    a.send(R"(2["go"])");
    REQUIRE(packets(b).size() == 1);
    a.send("30[4]");
    t.host.advance(1500ms);
    REQUIRE(heard == strings{"1 and an error", "2", "2", "3"});
}

}  // namespace anywire
