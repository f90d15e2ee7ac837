#include <anywire/coro.hpp>
#include <anywire/json.hpp>

#include "support/stomp_peer.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

struct line {
    std::string from{};
    int size = 0;
};
ANYWIRE_JSON(line, from, size)

std::string send(std::string const& to, std::string const& body, std::string const& more = "x:x") {
    return frame_of("SEND", {"destination:" + to, more}, body);
}
std::string subscribe(std::string const& id,
                      std::string const& to,
                      std::string const& more = "x:x") {
    return frame_of("SUBSCRIBE", {"id:" + id, "destination:" + to, more});
}

}  // namespace

TEST_CASE("arguments are decoded from the handler's signature") {
    std::vector<std::string> heard;
    auto const hear = [&](std::string text) { heard.push_back(std::move(text)); };
    stomp_host at([&](stomp::server& s) {
        s.on_message("/app/none", [=] { hear("none"); });
        s.on_message("/app/client", [=](stomp::client& c) { hear(c.user()); });
        s.on_message("/app/text", [=](std::string text) { hear(text); });
        s.on_message("/app/line", [=](line l) { hear(l.from + std::to_string(l.size)); });
        s.on_message("/app/rooms/{room}/{number}",
                     [=](stomp::client&, std::string room, int number, line l) {
                         hear(room + std::to_string(number) + l.from);
                     });
        s.on_message("/app/rooms/{room}/all", [=](std::string room) { hear("all " + room); });
        s.on_message("/app/raw", [=](stomp::message const& m) {
            hear(std::string(m.header("own").value_or("")) + std::string(m.body()));
        });
        s.on_message("/app/bytes", [=](message_view m) { hear(m.binary ? "bytes" : "text"); });
    });
    auto peer = at.connected();
    peer.send(send("/app/none", "") + send("/app/client", "") + send("/app/text", "as it is") +
              send("/app/text", "\"json\"", "content-type:application/json;charset=utf-8") +
              send("/app/line", R"({"from":"ann","size":3})") +
              send("/app/rooms/a/7", R"({"from":"bob","size":3})") + send("/app/rooms/b/all", "") +
              send("/app/raw", "!", "own:header") +
              send("/app/bytes", "x", "content-type:application/octet-stream") +
              send("/app/bytes", "x"));
    CHECK(
        heard ==
        std::vector<std::string>{
            "none", "", "as it is", "json", "ann3", "a7bob", "all b", "header!", "bytes", "text"});
    CHECK(peer.take().empty());
}

TEST_CASE("what a handler returns goes to the topic of the same name") {
    stomp_host at([](stomp::server& s) {
        s.on_message("/app/rooms/{room}", [](std::string room, line l) {
            return line{room + "/" + l.from, l.size};
        });
        s.on_message("/app/text", [] { return "a text"; });
    });
    auto peer = at.connected();
    peer.send(subscribe("a", "/topic/rooms/1") + subscribe("b", "/topic/text"));
    peer.send(send("/app/rooms/1", R"({"from":"ann","size":3})", "receipt:r"));
    auto const all = peer.take();
    REQUIRE(all.size() == 2);
    CHECK(all[0].body == R"({"from":"1/ann","size":3})");
    CHECK(all[0].header("content-type") == "application/json");
    CHECK(all[1].header("receipt-id") == "r");
    peer.send(send("/app/text", ""));
    auto const text = peer.take_one();
    CHECK(text.body == "a text");
    CHECK(text.header("content-type") == "text/plain;charset=UTF-8");
}

TEST_CASE("what a handler throws is told, and ends a session only where a receipt was asked for") {
    std::vector<std::string> faults;
    stomp_host at([&](stomp::server& s) {
        s.on_message("/app/throw", [] { throw std::runtime_error("secret"); });
        s.on_message("/app/line", [](line) {});
        s.on_message("/app/number/{n}", [](int) {});
        s.on_message("/app/refuse", [] { throw stomp::refusal("not now"); });
        s.on_error([&](stomp::client&, stomp::failure const& f) {
            faults.push_back(std::to_string(static_cast<int>(f.what)) + std::string(f.destination));
        });
    });
    auto peer = at.connected();
    peer.send(send("/app/throw", "") + send("/app/line", "{") +
              send("/app/line", "{\"size\":\"x\"}") + send("/app/number/x", "") +
              send("/app/nothing", ""));
    CHECK(faults ==
          std::vector<std::string>{
              "0/app/throw", "1/app/line", "1/app/line", "1/app/number/x", "2/app/nothing"});
    CHECK(peer.take().empty());
    CHECK(peer.wire().is_open());
    for (auto const* to : {"/app/throw", "/app/line", "/app/nothing"}) {
        auto asking = at.connected();
        asking.send(send(to, "{", "receipt:r"));
        auto const answer = asking.take_one();
        CHECK(answer.command == "ERROR");
        CHECK(answer.header("receipt-id") == "r");
        CHECK(answer.body.find("secret") == answer.body.npos);
        CHECK_FALSE(asking.wire().is_open());
    }
    peer.send(send("/app/refuse", ""));
    CHECK(peer.take_one().header("message") == "not now");
    CHECK(peer.wire().closed_with() == close_code::policy_violation);
}

TEST_CASE("a coroutine handles a message: its receipt, and those after it, wait for its end") {
    stomp_host at([](stomp::server& s) {
        s.on_message("/app/slow", [](stomp::client& c, std::string text) -> task<std::string> {
            co_await c.session().async_wait(1s);
            if (text == "throw") throw std::runtime_error("late");
            co_return text + " in the end";
        });
        s.on_message("/app/quick", [] {});
    });
    auto peer = at.connected();
    peer.send(subscribe("a", "/topic/slow"));
    peer.send(send("/app/slow", "1", "receipt:1") + send("/app/quick", "", "receipt:2"));
    CHECK(peer.take().empty());
    SECTION("it ends") {
        at.host.advance(2s);
        auto const all = peer.take();
        REQUIRE(all.size() == 3);
        CHECK(all[0].body == "1 in the end");
        CHECK(all[1].header("receipt-id") == "1");
        CHECK(all[2].header("receipt-id") == "2");
    }
    SECTION("DISCONNECT waits for it") {
        peer.send(frame_of("DISCONNECT", {"receipt:3"}));
        CHECK(peer.take().empty());
        at.host.advance(2s);
        CHECK(peer.take().size() == 4);
        CHECK_FALSE(peer.wire().is_open());
    }
    SECTION("DISCONNECT waits for it, and it throws") {
        auto other = at.connected();
        other.send(send("/app/slow", "throw") + frame_of("DISCONNECT", {"receipt:3"}));
        CHECK(other.take().empty());
        at.host.advance(2s);
        CHECK(other.take_one().header("receipt-id") == "3");
        CHECK_FALSE(other.wire().is_open());
    }
    SECTION("it throws") {
        peer.send(send("/app/slow", "throw", "receipt:3"));
        at.host.advance(2s);
        auto const all = peer.take();
        REQUIRE(all.size() == 4);
        CHECK(all[3].header("receipt-id") == "3");
        CHECK(all[3].command == "ERROR");
    }
    SECTION("its client goes meanwhile") {
        peer.wire().cut();
        at.host.advance(2s);
    }
}

TEST_CASE("SUBSCRIBE to the application is answered once, and no subscription is kept") {
    stomp_host at([](stomp::server& s) {
        s.on_subscribe("/app/rooms", [] { return std::vector<int>{1, 2}; });
        s.on_subscribe("/app/rooms/{room}",
                       [](stomp::client& c, std::string room) { return room + c.user(); });
        s.on_subscribe("/app/slow", [](stomp::client& c) -> task<int> {
            co_await c.session().async_wait(1s);
            co_return 7;
        });
    });
    auto peer = at.connected();
    peer.send(subscribe("a", "/app/rooms", "receipt:r"));
    auto const all = peer.take();
    REQUIRE(all.size() == 2);
    CHECK(all[0].body == "[1,2]");
    CHECK(all[0].header("subscription") == "a");
    CHECK(all[0].header("destination") == "/app/rooms");
    CHECK(all[1].command == "RECEIPT");
    CHECK(at.broker.numbers().subscriptions == 0);
    peer.send(subscribe("a", "/app/rooms/x") + frame_of("UNSUBSCRIBE", {"id:a"}));
    CHECK(peer.take_one().body == "x");
    peer.send(subscribe("b", "/app/slow"));
    CHECK(peer.take().empty());
    at.host.advance(2s);
    CHECK(peer.take_one().body == "7");
    peer.send(subscribe("c", "/app/nothing"));
    CHECK(peer.take().empty());
    peer.send(subscribe("d", "/app/nothing", "receipt:r"));
    CHECK(peer.take_one().command == "ERROR");
    for (auto const* to : {"/app/rooms/..", "/app//rooms", "/app/rooms/", "/app/rooms/a\\nb"}) {
        auto other = at.connected();
        other.send(subscribe("a", to));
        CHECK(other.take_one().command == "ERROR");
    }
}

TEST_CASE("a new subscriber gets the state first") {
    int state = 1;
    stomp_host at([&](stomp::server& s) {
        s.snapshot("/topic/price/{of}", [&](std::string) { return state; });
    });
    auto peer = at.connected();
    peer.send(subscribe("a", "/topic/price/x"));
    CHECK(at.broker.send("/topic/price/x", 2));
    auto const all = peer.take();
    REQUIRE(all.size() == 2);
    CHECK(all[0].body == "1");
    CHECK(all[1].body == "2");
}

TEST_CASE("a client's own destinations reach all sessions of a user, or one, and nobody else") {
    stomp_host at([](stomp::server& s) {
        s.on_connect([](stomp::connect const& c, stomp::admission in) {
            in.accept({.user = std::string(c.login())});
        });
        s.allow_send("/user/**");
    });
    auto ann = at.connected("login:ann/1\n");
    auto ann_too = at.connected("login:ann/1\n", "/sockjs");
    auto nobody = at.connected();
    auto const listen = subscribe("q", "/user/queue/x");
    for (auto* who : {&ann, &ann_too, &nobody}) who->send(listen);
    CHECK(at.broker.send_to_user("ann/1", "/queue/x", "to ann"));
    CHECK(ann.take_one().header("destination") == "/user/queue/x");
    CHECK(ann_too.take_one().body == "to ann");
    CHECK(nobody.take().empty());
    auto const others = at.broker.clients_of("");
    REQUIRE(others.size() == 1);
    CHECK(others.front().subscriptions == std::vector<std::string>{"/user/queue/x"});
    CHECK(at.broker.send_to_client(others.front().id, "/queue/x", "to one"));
    CHECK(nobody.take_one().body == "to one");
    CHECK(ann.take().empty());
    nobody.send(send("/user/ann%2F1/queue/x", "from nobody"));
    CHECK(ann.take_one().body == "from nobody");
    CHECK(ann_too.take().size() == 1);
    CHECK(at.broker.send_to_user("bob", "/queue/x", "gone"));
    CHECK(at.broker.send_to_user("ann/1", "/queue/other", "gone"));
    CHECK(ann.take().empty());
    SECTION("another's cannot be named") {
        for (auto const* to : {"/user/ann%2F1/queue/x/..", "/user/*/x", "/queue/x-user*"}) {
            auto spy = at.connected();
            spy.send(subscribe("s", to));
            CHECK(spy.take_one().command == "ERROR");
        }
        auto spy = at.connected("login:spy\n");
        spy.send(subscribe("s", "/user/ann%2F1/queue/x"));
        CHECK(at.broker.send_to_user("ann/1", "/queue/x", "secret"));
        CHECK(spy.take().empty());
    }
    SECTION("a user is sent away") {
        at.broker.disconnect_user("ann/1", "elsewhere");
        at.host.settle();
        for (auto* who : {&ann, &ann_too}) {
            auto const last = who->take();
            CHECK(last.back().header("message") == "elsewhere");
            CHECK_FALSE(who->wire().is_open());
        }
        CHECK(nobody.wire().is_open());
        CHECK(at.broker.clients().size() == 1);
    }
}

TEST_CASE("what the application hears of clients and subscriptions") {
    std::vector<std::string> events;
    stomp_host at([&](stomp::server& s) {
        s.on_connect([](stomp::connect const& c, stomp::admission in) {
            in.accept({.user = std::string(c.login()), .data = 42});
        });
        s.on_connected([&](stomp::client& c) { events.push_back("+" + c.user()); });
        s.on_subscribed([&](stomp::client&, std::string_view to) { events.emplace_back(to); });
        s.on_unsubscribed(
            [&](stomp::client&, std::string_view to) { events.push_back("-" + std::string(to)); });
        s.on_disconnect([&](stomp::client& c, close_event const& how) {
            events.push_back("-" + c.user() + std::to_string(std::any_cast<int>(c.data())) +
                             std::string(to_string(how.reason)));
        });
    });
    auto peer = at.connected("login:ann\n");
    peer.send(subscribe("a", "/topic/x") + subscribe("b", "/queue/y") +
              frame_of("UNSUBSCRIBE", {"id:a"}));
    auto const id = at.broker.clients().front().id;
    std::vector<std::string> now;
    at.broker.post(id, [&](stomp::client& c) { now = c.subscriptions(); });
    at.host.settle();
    CHECK(now == std::vector<std::string>{"/queue/y"});
    peer.wire().cut();
    at.host.settle();
    CHECK(events == std::vector<std::string>{
                        "+ann", "/topic/x", "/queue/y", "-/topic/x", "-ann42transport_lost"});
    CHECK(at.broker.numbers().subscriptions == 0);
    CHECK(at.broker.numbers().clients == 0);
    at.broker.post(id, [&](stomp::client&) { FAIL("it has gone"); });
    at.host.settle();
}

TEST_CASE("what is set up wrongly says so at once") {
    stomp::server s;
    CHECK_THROWS_AS(s.on_message("/topic/x", [] {}), std::invalid_argument);
    CHECK_THROWS_AS(s.on_message("/app/{a}", [] {}), std::invalid_argument);
    CHECK_THROWS_AS(s.on_message("/app/{a}", [](line) {}), std::invalid_argument);
    CHECK_THROWS_AS(s.on_message("/app/{a}", [](std::string, line, line) {}),
                    std::invalid_argument);
    CHECK_THROWS_AS(s.on_message("/app/{a", [](std::string) {}), std::invalid_argument);
    CHECK_THROWS_AS(s.on_subscribe("/app/x", [] {}), std::invalid_argument);
    CHECK_THROWS_AS(s.snapshot("/app/x", [] { return 1; }), std::invalid_argument);
    CHECK_THROWS_AS(s.snapshot("/topic/x", []() -> task<int> { co_return 1; }),
                    std::invalid_argument);
    CHECK_THROWS_AS(s.allow_send("/topic/{a}", [](stomp::client const&) { return true; }),
                    std::invalid_argument);
    CHECK_THROWS_AS(s.on_connect({}), std::invalid_argument);
    s.on_message("/app/x", [] {});
    CHECK_THROWS_AS(s.on_message("/app/x", [] {}), std::invalid_argument);
    testing::host host;
    host.mount("/stomp", websocket_options{}, s);
    CHECK_THROWS_AS(s.on_message("/app/y", [] {}), std::logic_error);
    testing::host other;
    CHECK_THROWS_AS(other.mount("/stomp", websocket_options{}, s), std::logic_error);
    for (auto const& o : {stomp::options{.prefixes = {"/a", "/a/b"}},
                          stomp::options{.prefixes = {"a"}},
                          stomp::options{.queues = {"/other"}},
                          stomp::options{.application = "/topic"},
                          stomp::options{.separator = ':'},
                          stomp::options{.max_frame = 1}})
        CHECK_THROWS_AS(stomp::server(o), std::invalid_argument);
}
