// The client against the server of this library.
#include <anywire/coro.hpp>

#include "support/socketio_client_pair.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <set>

namespace anywire::test {

using namespace std::chrono_literals;
using bytes = std::vector<std::byte>;

namespace {

struct place {
    double x = 0;
    std::string name{};
};
ANYWIRE_JSON(place, x, name)

}  // namespace

TEST_CASE("events, answers and bytes go both ways", "[socketio_client][pair]") {
    auto const with_msgpack = GENERATE(false, true);
    auto const parser = with_msgpack ? sio::msgpack_parser() : nullptr;
    client_and_server t({.parser = parser}, {.parser = parser});
    strings heard;
    t.server.on_connection([&](sio::socket& s) {
        s.emit("welcome", s.auth_as<std::map<std::string, std::string>>()->at("name"));
        s.emit("where", [&](place p) { heard.push_back("client at " + p.name); });
    });
    t.server.on("move", [&](place p, bytes raw, sio::ack<bytes, int> done) {
        heard.push_back("server: " + p.name);
        raw.push_back(std::byte{1});
        done(raw, static_cast<int>(raw.size()));
    });
    auto& s = t.io.socket("/", {.auth = {{"name", "Ann"}}});
    s.on("welcome", [&](std::string name) { heard.push_back("welcome " + name); });
    s.on("where", [](sio::ack<place> done) { done({1.5, "home"}); });
    s.emit("move", place{2, "Rome"}, bytes(3), [&](bytes raw, int n) {
        heard.push_back("answer " + std::to_string(raw.size()) + " " + std::to_string(n));
    });
    s.connect();
    t.settle();
    REQUIRE(std::set<std::string>(heard.begin(), heard.end()) ==
            std::set<std::string>{"welcome Ann", "client at home", "server: Rome", "answer 4 4"});
    REQUIRE(s.id().size() == 20);
}

TEST_CASE("namespaces, middlewares and both kinds of leaving", "[socketio_client][pair]") {
    client_and_server t;
    strings heard;
    t.server.of("/admin").use([](sio::socket& s, sio::next go_on) {
        if (s.auth().find("token")) return go_on();
        go_on({.message = "who are you?", .data = sio::to_json(401)});
    });
    t.server.of("/chat").on("kick me", [](sio::socket& s) { s.disconnect(); });
    t.server.of("/chat").on("close", [](sio::socket& s) { s.disconnect(true); });
    t.server.of("/chat").on_connection([&](sio::socket& s) {
        s.on_disconnect([&](sio::disconnect_reason why) {
            heard.push_back("server: " + std::string(to_string(why)));
        });
    });
    auto& admin = t.io.socket("/admin");
    auto& chat = t.io.socket("/chat");
    auto& none = t.io.socket("/none");
    note_all(admin, heard);
    note_all(none, heard);
    t.io.connect();
    t.settle();
    REQUIRE(heard == strings{"error who are you? 401", "error Invalid namespace"});
    admin.set_auth({{"token", "x"}});
    admin.connect();
    t.settle();
    REQUIRE(admin.is_connected());
    heard.clear();
    note_all(chat, heard);
    SECTION("the server's, of one namespace") {
        chat.emit("kick me");
        t.settle();
        REQUIRE(heard ==
                strings{"server: server namespace disconnect", "disconnect io server disconnect"});
        REQUIRE(admin.is_connected());
        chat.connect();
        t.settle();
        REQUIRE(chat.is_connected());
    }
    SECTION("the server's, of all") {
        chat.emit("close");
        t.settle();
        REQUIRE(!chat.is_active());
        REQUIRE(!admin.is_active());
    }
    SECTION("the client's") {
        chat.disconnect();
        t.settle();
        REQUIRE(heard ==
                strings{"server: client namespace disconnect", "disconnect io client disconnect"});
        admin.disconnect();
        t.settle();
        REQUIRE(t.server.connection_count() == 0);
        REQUIRE(!t.io.is_open());
        t.io.connect();
        t.settle();
        REQUIRE(chat.is_connected());
    }
}

TEST_CASE("a server's coroutine may ask a client, and the other way", "[socketio_client][pair]") {
    client_and_server t;
    strings heard;
    t.server.on("ask", [](sio::socket& s, sio::ack<int> done) -> task<> {
        auto const n = co_await s.timeout(1s).async_emit<int>("number");
        done(n ? *n + 1 : -1);
    });
    auto& s = t.io.socket();
    s.on("number", [](sio::ack<int> done) { done(41); });
    s.on_connect([&]() -> task<> {
        auto const n = co_await s.timeout(1s).async_emit<int>("ask");
        heard.push_back(n ? std::to_string(*n) : n.error().message());
    });
    s.connect();
    t.settle();
    REQUIRE(heard == strings{"42"});
}

namespace {

/// Numbers that a client sends while its connection is cut now and then, and what the server saw.
struct numbers_under_cuts {
    std::vector<int> seen{};
    int acknowledged = 0;

    void run(client_and_server& t, sio::client_socket& s, unsigned seed) {
        std::mt19937 random(seed);
        auto const chance = [&](unsigned of) { return random() % of == 0; };
        t.server.on("n", [this](int n, sio::ack<> done) {
            seen.push_back(n);
            done();
        });
        s.connect();
        for (int n = 0; n < 100; ++n) {
            s.emit("n", n, [this](error_code error) { acknowledged += !error; });
            for (auto steps = random() % 4; steps != 0; --steps) (void)t.step();
            if (chance(6)) t.wire.is_losing = true;
            if (t.wire.is_losing && chance(2)) t.cut();
        }
        if (t.wire.is_losing) t.cut();
        t.settle();
        t.pass(10s);
    }
};

}  // namespace

TEST_CASE("with retries nothing is lost, and the order holds", "[socketio_client][pair]") {
    auto const seed = GENERATE(range(1u, 21u));
    client_and_server t;
    auto& s = t.io.socket("/", {.retries = 1'000, .ack_timeout = 500ms});
    numbers_under_cuts n;
    n.run(t, s, seed);
    std::vector<int> once;
    for (auto const each : n.seen)
        if (once.empty() || once.back() != each) once.push_back(each);
    std::vector<int> all(100);
    for (int i = 0; i < 100; ++i) all[static_cast<std::size_t>(i)] = i;
    REQUIRE(once == all);
    REQUIRE(n.acknowledged == 100);
    REQUIRE(n.seen.size() > 100);  // some came twice: the server has to know them
}

TEST_CASE("without retries nothing comes twice, and the order holds", "[socketio_client][pair]") {
    auto const seed = GENERATE(range(1u, 21u));
    client_and_server t;
    numbers_under_cuts n;
    n.run(t, t.io.socket(), seed);
    REQUIRE(std::is_sorted(n.seen.begin(), n.seen.end()));
    REQUIRE(std::adjacent_find(n.seen.begin(), n.seen.end()) == n.seen.end());
    REQUIRE(n.seen.size() < 100);
}

TEST_CASE("with recovery a client misses nothing, and sees nothing twice",
          "[socketio_client][pair]") {
    auto const seed = GENERATE(range(1u, 21u));
    client_and_server t({.recovery = {.enabled = true}});
    std::mt19937 random(seed);
    auto& s = t.io.socket();
    std::vector<int> seen;
    int recovered = 0;
    int connected = 0;
    s.on("n", [&](int n) { seen.push_back(n); });
    s.on("raw", [&](int n, bytes raw) {
        REQUIRE(raw.size() == 3);
        seen.push_back(n);
    });
    s.on_connect([&] {
        ++connected;
        recovered += s.recovered();
    });
    s.connect();
    t.settle();
    for (int n = 0; n < 300; ++n) {
        n % 5 == 0 ? t.server.emit("raw", n, bytes(3)) : t.server.emit("n", n);
        for (auto steps = random() % 8; steps != 0; --steps) (void)t.step();
        if (random() % 20 == 0) t.cut();
    }
    t.settle();
    REQUIRE(connected > 1);
    REQUIRE(recovered == connected - 1);
    REQUIRE(seen.size() == 300);
    REQUIRE(std::is_sorted(seen.begin(), seen.end()));
    REQUIRE(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
}

}  // namespace anywire::test
