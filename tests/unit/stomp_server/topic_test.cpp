#include "support/stomp_peer.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;

namespace {

std::string subscribe(std::string const& id, std::string const& to, std::string const& more = {}) {
    std::vector<std::string> headers{"id:" + id, "destination:" + to};
    if (!more.empty()) headers.push_back(more);
    return frame_of("SUBSCRIBE", headers);
}

std::vector<std::string> bodies(std::vector<got_frame> const& all) {
    std::vector<std::string> texts;
    for (auto const& f : all) texts.push_back(f.body);
    return texts;
}

}  // namespace

TEST_CASE("a topic gives each message to each subscription, on whatever dialect") {
    stomp_host at(allow_all);
    auto ws = at.connected();
    auto sockjs = at.connected({}, "/sockjs");
    auto engine = at.connected({}, "/engine.io");
    ws.send(subscribe("a", "/topic/x") + subscribe("b", "/topic/x"));
    sockjs.send(subscribe("c", "/topic/x"));
    engine.send(subscribe("d", "/topic/x") + subscribe("e", "/topic/y"));
    ws.send(frame_of("SEND",
                     {"destination:/topic/x", "content-type:text/x", "own:1\\n2", "receipt:r"},
                     "hello"));
    auto const mine = ws.take();
    REQUIRE(mine.size() == 3);
    CHECK(mine[0].header("subscription") == "a");
    CHECK(mine[1].header("subscription") == "b");
    CHECK(mine[2].command == "RECEIPT");
    auto const other = sockjs.take_one();
    CHECK(other.command == "MESSAGE");
    CHECK(other.body == "hello");
    CHECK(other.header("destination") == "/topic/x");
    CHECK(other.header("content-type") == "text/x");
    CHECK(other.header("own") == "1\n2");
    CHECK(other.header("content-length") == "5");
    CHECK_FALSE(other.has("receipt"));
    CHECK_FALSE(other.has("ack"));
    CHECK(engine.take_one().header("subscription") == "d");
}

TEST_CASE("after UNSUBSCRIBE nothing comes, and one that is not there does no harm") {
    stomp_host at(allow_all);
    auto peer = at.connected();
    peer.send(subscribe("a", "/topic/x") + frame_of("UNSUBSCRIBE", {"id:a"}) +
              frame_of("UNSUBSCRIBE", {"id:a", "receipt:1"}));
    CHECK(peer.take_one().header("receipt-id") == "1");
    CHECK(at.broker.send("/topic/x", "gone"));
    CHECK(peer.take().empty());
    peer.send(subscribe("a", "/topic/x"));
    CHECK(at.broker.send("/topic/x", "here"));
    CHECK(peer.take_one().body == "here");
    CHECK(at.broker.numbers().subscriptions == 1);
}

TEST_CASE("subscriptions that are wrong end the session, with an ERROR and no RECEIPT") {
    stomp_host at(allow_all);
    for (auto const& wrong : {subscribe("a", "/topic/x", "receipt:r") + subscribe("a", "/topic/y"),
                              frame_of("SUBSCRIBE", {"destination:/topic/x", "receipt:r"}),
                              subscribe("a", "/topic/x", "ack:foo"),
                              frame_of("SUBSCRIBE", {"id:a"}),
                              subscribe("a", "/other/x"),
                              subscribe("a", "/topic"),
                              subscribe("a", "/topic/../x"),
                              subscribe("a", "/topic//x"),
                              subscribe("a", "/topicx/y"),
                              subscribe("a", "/topic/*"),
                              subscribe("a", "/user/../x"),
                              subscribe("a", "/topic/" + std::string(300, 'x'))}) {
        auto peer = at.connected();
        peer.send(wrong);
        auto const all = peer.take();
        REQUIRE_FALSE(all.empty());
        CHECK(all.back().command == "ERROR");
        CHECK_FALSE(peer.wire().is_open());
    }
}

TEST_CASE("clients send to the broker only where they are allowed to") {
    stomp_host at([](stomp::server& s) {
        s.allow_send("/topic/open/{room}");
        s.allow_send("/topic/own/{user}",
                     [](stomp::client const& c, std::string user) { return c.user() == user; });
        s.on_connect([](stomp::connect const& c, stomp::admission in) {
            in.accept({.user = std::string(c.login())});
        });
    });
    auto const is_refused = [&](std::string const& to) {
        auto peer = at.connected("login:ann\n");
        peer.send(frame_of("SEND", {"destination:" + to, "receipt:r"}, "x"));
        auto const answer = peer.take_one();
        CHECK(answer.header("receipt-id") == "r");
        CHECK(peer.wire().is_open() == (answer.command == "RECEIPT"));
        return answer.command == "ERROR";
    };
    CHECK_FALSE(is_refused("/topic/open/1"));
    CHECK_FALSE(is_refused("/topic/own/ann"));
    CHECK(is_refused("/topic/own/bob"));
    CHECK(is_refused("/topic/x"));
    CHECK(is_refused("/queue/x"));
    CHECK(is_refused("/user/bob/queue/x"));
    CHECK(is_refused("/nowhere"));
    CHECK(at.broker.numbers().refused_sends == 5);
}

TEST_CASE("of two headers of a name the first counts, and is the one that is judged") {
    stomp_host at([](stomp::server& s) { s.allow_send("/topic/open"); });
    auto listener = at.connected();
    listener.send(subscribe("a", "/topic/open") + subscribe("b", "/topic/closed"));
    auto good = at.connected();
    good.send(frame_of("SEND", {"destination:/topic/open", "destination:/topic/closed"}, "1"));
    CHECK(listener.take_one().header("subscription") == "a");
    auto bad = at.connected();
    bad.send(frame_of("SEND", {"destination:/topic/closed", "destination:/topic/open"}, "1"));
    CHECK(bad.take_one().command == "ERROR");
    CHECK(listener.take().empty());
}

TEST_CASE("with rules clients subscribe only where one says so") {
    stomp_host at(
        [](stomp::server& s) {
            s.allow_subscribe("/topic/rooms/{room}",
                              [](stomp::client const&, int room) { return room < 10; });
            s.allow_subscribe("/topic/all/**");
        },
        {.patterns = true});
    auto const is_refused = [&](std::string const& to) {
        auto peer = at.connected();
        peer.send(subscribe("a", to));
        auto const all = peer.take();
        return !all.empty() && all.back().command == "ERROR";
    };
    CHECK_FALSE(is_refused("/topic/rooms/9"));
    CHECK(is_refused("/topic/rooms/10"));
    CHECK(is_refused("/topic/rooms/x"));  // what throws refuses
    CHECK(is_refused("/topic/rooms/*"));
    CHECK_FALSE(is_refused("/topic/all/**"));
    CHECK(is_refused("/topic/**"));
    CHECK(is_refused("/queue/x"));
    CHECK_FALSE(is_refused("/user/queue/x"));
}

TEST_CASE("patterns, where they are switched on") {
    stomp_host at(allow_all, {.patterns = true});
    auto peer = at.connected();
    peer.send(subscribe("one", "/topic/*") + subscribe("all", "/topic/**") +
              subscribe("exact", "/topic/a"));
    CHECK(at.broker.send("/topic/a", "1"));
    CHECK(peer.take().size() == 3);
    CHECK(at.broker.send("/topic/a/b", "2"));
    CHECK(peer.take_one().header("subscription") == "all");
    peer.send(frame_of("UNSUBSCRIBE", {"id:all"}));
    CHECK(at.broker.send("/topic/a/b", "3"));
    CHECK(peer.take().empty());
    peer.send(subscribe("q", "/queue/*"));
    CHECK(peer.take_one().command == "ERROR");
}

TEST_CASE("headers of the application make no other header and no other frame") {
    stomp_host at(allow_all);
    auto peer = at.connected();
    peer.send(subscribe("a:b", "/topic/x"));
    CHECK(at.broker.send("/topic/x",
                         "body",
                         {{"a\nb", "1\r\n\nMESSAGE"},
                          {"nul", std::string("x\0y", 3)},
                          {"destination", "/topic/other"},
                          {"message-id", "forged"},
                          {"subscription", "forged"},
                          {"", "empty"}}));
    auto const got = peer.take_one();
    CHECK(got.header("subscription") == "a:b");
    CHECK(got.header("destination") == "/topic/x");
    CHECK(got.header("a\nb") == "1\r\n\nMESSAGE");
    CHECK(got.header("nul") == "x y");
    CHECK(got.header("message-id") != "forged");
    CHECK(got.body == "body");
}

TEST_CASE("what a client says as the server's is not passed on") {
    stomp_host at(allow_all);
    auto peer = at.connected();
    peer.send(subscribe("a", "/topic/x"));
    peer.send(frame_of("SEND",
                       {"destination:/topic/x",
                        "message-id:m",
                        "subscription:s",
                        "simpOrigDestination:/d",
                        "user-name:root",
                        "receipt:r",
                        "ack:k",
                        "redelivered:true"},
                       "x"));
    auto const all = peer.take();
    REQUIRE(all.size() == 2);
    CHECK(all[0].header("subscription") == "a");
    CHECK(all[0].header("message-id") != "m");
    for (auto const* name : {"simpOrigDestination", "user-name", "receipt", "ack", "redelivered"})
        CHECK_FALSE(all[0].has(name));
}

TEST_CASE("nor is what clients take for the server's when they trim it") {
    stomp_host at(allow_all);
    auto peer = at.connected();
    peer.send(subscribe("a", "/topic/x"));
    peer.send(frame_of("SEND",
                       {"destination:/topic/x",
                        "ack :k",
                        " redelivered:true",
                        "ack\\n:k",
                        "\xc2\xa0user-name\xe2\x80\x83:root",
                        "content-length :7",
                        "own name :kept"},
                       ""));
    auto const all = peer.take();
    REQUIRE(all.size() == 1);
    CHECK(all[0].header("own name ") == "kept");
    for (auto const* name :
         {"ack ", " redelivered", "ack\n", "\xc2\xa0user-name\xe2\x80\x83", "content-length "})
        CHECK_FALSE(all[0].has(name));
}

TEST_CASE("order is kept, of one client and of the application") {
    stomp_host at(allow_all);
    auto peer = at.connected();
    peer.send(subscribe("a", "/topic/x"));
    std::string burst;
    std::vector<std::string> expected;
    for (int i = 0; i < 100; ++i) {
        burst += frame_of("SEND", {"destination:/topic/x"}, std::to_string(i));
        expected.push_back(std::to_string(i));
    }
    peer.send(burst);
    CHECK(bodies(peer.take()) == expected);
}

TEST_CASE("what is not UTF-8 goes as bytes, or not at all where a dialect has only text") {
    std::vector<std::string> faults;
    stomp_host at([&](stomp::server& s) {
        s.on_error([&](stomp::client&, stomp::failure const& f) { faults.emplace_back(f.text); });
    });
    auto ws = at.connected();
    auto sockjs = at.connected({}, "/sockjs");
    ws.send(subscribe("a", "/topic/x"));
    sockjs.send(subscribe("a", "/topic/x"));
    CHECK(at.broker.send("/topic/x", message_view("\xff\xfe", true)));
    CHECK(ws.take_one().body == "\xff\xfe");
    CHECK(sockjs.take().empty());
    CHECK(faults.size() == 1);
    CHECK(sockjs.wire().is_open());
}

TEST_CASE("what is not UTF-8 goes in base64, where that is wanted and a dialect has only text") {
    std::vector<std::string> faults;
    stomp_host at(
        [&](stomp::server& s) {
            allow_all(s);
            s.on_error(
                [&](stomp::client&, stomp::failure const& f) { faults.emplace_back(f.text); });
        },
        {.base64_over_text = true});
    auto ws = at.connected();
    auto sockjs = at.connected({}, "/sockjs");
    for (auto* const peer : {&ws, &sockjs}) peer->send(subscribe("a", "/topic/x"));
    stomp::payload const bytes{"\xff\xfe", "image/png"};
    CHECK(at.broker.send("/topic/x", bytes));
    auto const plain = ws.take_one();
    CHECK(plain.body == "\xff\xfe");
    CHECK_FALSE(plain.has("content-transfer-encoding"));
    auto const encoded = sockjs.take_one();
    CHECK(encoded.body == "//4=");
    CHECK(encoded.header("content-transfer-encoding") == "base64");
    CHECK(encoded.header("content-type") == "image/png");
    CHECK(encoded.header("content-length") == "4");
    sockjs.send(subscribe("q", "/queue/x"));
    CHECK(at.broker.send("/queue/x", bytes));
    CHECK(sockjs.take_one().body == "//4=");
    CHECK(at.broker.send("/topic/x", "text"));
    CHECK(sockjs.take_one().body == "text");
    CHECK(faults.empty());
    CHECK(at.broker.numbers().queued_messages == 0);
}

TEST_CASE("what is told of a delivery may be sent while others are still delivered") {
    stomp_host at(
        [](stomp::server& s) {
            s.on_error([s](stomp::client&, stomp::failure const& f) {
                (void)s.send("/topic/errors", std::string(f.text));
            });
        },
        {.patterns = true});
    std::vector<stomp_peer> peers;
    for (int i = 0; i < 8; ++i) {
        peers.push_back(at.connected({}, "/sockjs"));
        peers.back().send(subscribe("all", "/topic/**"));
    }
    CHECK(at.broker.send("/topic/x", message_view("\xff", true)));
    for (auto& p : peers) CHECK(p.take().size() == peers.size());
}

TEST_CASE("the application's sends say when they cannot be") {
    stomp::server unmounted;
    CHECK(unmounted.send("/topic/x", 1).error() == errc::session_closed);
    stomp_host at;
    CHECK(at.broker.send("/topic/x", 1));
    CHECK(at.broker.send("/app/x", 1).error() == errc::bad_arguments);
    CHECK(at.broker.send("/other/x", 1).error() == errc::bad_arguments);
    CHECK(at.broker.send("/topic//x", 1).error() == errc::bad_arguments);
    CHECK(at.broker.send("topic/x", 1).error() == errc::bad_arguments);
    CHECK(at.broker.send("/topic/x\ny", 1).error() == errc::bad_arguments);
}

TEST_CASE("a client has no more subscriptions to one destination than it may") {
    stomp_host at(allow_all, {.max_same_subscriptions = 2});
    auto peer = at.connected();
    peer.send(subscribe("a", "/topic/x") + subscribe("b", "/topic/x") + subscribe("c", "/topic/y"));
    CHECK(peer.take().empty());
    peer.send(subscribe("d", "/topic/x"));
    CHECK(peer.take_one().header("message") == "too many subscriptions");
}
