#include "support/stomp_peer.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

TEST_CASE("a client gets the highest version in common") {
    stomp_host at;
    auto const version_for = [&](std::vector<std::string> const& headers, char const* command) {
        auto peer = at.peer();
        peer.send(frame_of(command, headers));
        auto const answer = peer.take_one();
        CHECK(answer.command == "CONNECTED");
        CHECK(answer.has("session"));
        CHECK(answer.header("heart-beat") == "0,0");
        return answer.header("version");
    };
    CHECK(version_for({"accept-version:1.0,1.1,1.2"}, "CONNECT") == "1.2");
    CHECK(version_for({"accept-version: 1.1 , 1.2 "}, "STOMP") == "1.2");
    CHECK(version_for({"accept-version:1.1"}, "CONNECT") == "1.1");
    CHECK(version_for({"accept-version:1.0,2.0"}, "CONNECT") == "1.0");
    CHECK(version_for({}, "CONNECT") == "1.0");
}

TEST_CASE("without a version in common there is an ERROR that lists them, then the end") {
    stomp_host at;
    auto peer = at.peer();
    peer.send(frame_of("CONNECT", {"accept-version:2.0"}));
    auto const answer = peer.take_one();
    CHECK(answer.command == "ERROR");
    CHECK(answer.header("version") == "1.0,1.1,1.2");
    CHECK(peer.wire().closed_with() == close_code::protocol_error);
    CHECK(at.broker.numbers().refused_connects == 1);
}

TEST_CASE("nothing but CONNECT comes before CONNECTED") {
    std::vector<std::string> heard;
    stomp_host at([&](stomp::server& s) {
        s.on_message("/app/x", [&](std::string body) { heard.push_back(body); });
        s.on_connect([](stomp::connect const&, stomp::admission in) { in.refuse("not you"); });
    });
    auto const send = frame_of("SEND", {"destination:/app/x"}, "1");
    SECTION("a frame of another kind") {
        auto peer = at.peer();
        peer.send(send + frame_of("CONNECT", {"accept-version:1.2"}));
        auto const answer = peer.take_one();
        CHECK(answer.header("message") == "not connected");
        CHECK(peer.wire().closed_with() == close_code::protocol_error);
    }
    SECTION("what follows a refused CONNECT in its message is dropped") {
        auto peer = at.peer();
        peer.send(frame_of("CONNECT", {"accept-version:1.2"}) + send);
        auto const answer = peer.take_one();
        CHECK(answer.header("message") == "not you");
        CHECK(peer.wire().closed_with() == close_code::policy_violation);
    }
    at.host.settle();
    CHECK(heard.empty());
    CHECK(at.broker.clients().empty());
}

TEST_CASE("a second CONNECT ends the session") {
    stomp_host at;
    auto peer = at.connected();
    peer.send(frame_of("CONNECT", {"accept-version:1.2"}));
    CHECK(peer.take_one().header("message") == "already connected");
    CHECK(peer.wire().closed_with() == close_code::protocol_error);
}

TEST_CASE("who may connect can be decided later, from another thread; what comes meanwhile waits") {
    std::optional<stomp::admission> decide;
    std::string seen;
    stomp_host at([&](stomp::server& s) {
        s.on_connect([&](stomp::connect const& c, stomp::admission in) {
            seen.append(c.header("token")).append(c.login()).append(c.passcode());
            decide = in;
        });
        s.on_message("/app/who",
                     [](stomp::client& c, std::string body) { return c.user() + body; });
        s.allow_send("/topic/**");
    });
    auto peer = at.peer();
    auto const connect =
        frame_of("CONNECT", {"accept-version:1.2", "token:t", "login:ann", "passcode:p:\\n"});
    peer.send(connect + frame_of("SUBSCRIBE", {"id:0", "destination:/topic/who"}));
    peer.send(frame_of("SEND", {"destination:/app/who"}, "!"));
    CHECK(seen == "tannp:\\n");  // CONNECT has no escapes
    CHECK(peer.take().empty());
    REQUIRE(decide);
    SECTION("let in") {
        std::thread([&] { decide->accept({.user = "ann"}); }).join();
        at.host.settle();
        auto const all = peer.take();
        REQUIRE(all.size() == 2);
        CHECK(all[0].command == "CONNECTED");
        CHECK(all[0].header("user-name") == "ann");
        CHECK(all[1].body == "ann!");
        decide->refuse();  // has no effect any more
        at.host.settle();
        CHECK(peer.wire().is_open());
    }
    SECTION("refused") {
        decide->refuse("no");
        at.host.settle();
        CHECK(peer.take_one().header("message") == "no");
        CHECK(peer.wire().closed_with() == close_code::policy_violation);
    }
    SECTION("never answered") {
        decide.reset();
        at.host.settle();
        CHECK(peer.take_one().header("message") == "Access refused");
    }
    SECTION("gone meanwhile") {
        peer.wire().cut();
        at.host.settle();
        decide->accept();
        at.host.settle();
        CHECK(at.broker.clients().empty());
    }
    SECTION("too late") {
        at.host.advance(11s);
        CHECK(peer.take_one().header("message") == "no CONNECT in time");
        decide->accept();
        at.host.settle();
        CHECK(at.broker.clients().empty());
    }
}

TEST_CASE("who does not connect in time, or not wholly, is let go") {
    stomp_host at;
    auto silent = at.peer();
    auto half = at.peer();
    half.send("CONNECT\naccept-ver");
    at.host.advance(9s);
    CHECK(silent.wire().is_open());
    at.host.advance(2s);
    CHECK(silent.take_one().command == "ERROR");
    CHECK(half.take_one().command == "ERROR");
    CHECK(half.wire().closed_with() == close_code::policy_violation);
}

TEST_CASE("heart-beats are negotiated") {
    stomp_host at(no_set_up, {.heart_beat = {.out_min = 2s, .in_min = 3s}});
    auto const granted = [&](std::string const& asked) {
        auto peer = at.peer();
        peer.send(frame_of("CONNECT", {"accept-version:1.2", "heart-beat:" + asked}));
        auto const answer = peer.take_one();
        return answer.command == "CONNECTED" ? answer.header("heart-beat") : answer.command;
    };
    CHECK(granted("0,0") == "0,0");
    CHECK(granted("1000,0") == "0,3000");
    CHECK(granted("0,1000") == "2000,0");
    CHECK(granted("10000,20000") == "20000,10000");
    CHECK(granted("99999999999999999999,0") == "0,86400000");
    for (auto const* wrong : {"abc", "-1,5", "1", "1,", "1,2,3", " 1,2", "+1,2"})
        CHECK(granted(wrong) == "ERROR");
}

TEST_CASE("the server beats while it has nothing to say, and not otherwise") {
    stomp_host at(allow_all, {.heart_beat = {.out_min = 1s}});
    auto peer = at.connected("heart-beat:0,10000\n");
    at.host.advance(8s);
    CHECK(peer.take().empty());
    at.host.advance(1s);
    CHECK(peer.take_one().command.empty());
    at.host.advance(30s);
    CHECK(peer.take().size() == 3);
    peer.send(frame_of("SUBSCRIBE", {"id:0", "destination:/topic/a"}));
    for (int i = 0; i < 30; ++i) {
        (void)at.broker.send("/topic/a", "x");
        at.host.advance(1s);
    }
    for (auto const& f : peer.take()) CHECK(f.command == "MESSAGE");
}

TEST_CASE("a client that keeps no promise of heart-beats is let go") {
    SECTION("strictly") {
        stomp_host at(no_set_up, {.heart_beat = {.in_min = 1s, .grace = 0s}});
        auto peer = at.connected("heart-beat:1000,0\n");
        for (int i = 0; i < 10; ++i) {
            at.host.advance(2s);
            peer.send("\n");
        }
        CHECK(peer.wire().is_open());
        at.host.advance(4s);
        CHECK_FALSE(peer.wire().is_open());
        CHECK(peer.take().empty());
    }
    SECTION("but not while nobody listens to it") {
        stomp_host at(
            [](stomp::server& s) {
                s.on_message("/app/pause", [](stomp::client& c) { c.session().pause(); });
            },
            {.heart_beat = {.in_min = 1s, .grace = 0s}});
        auto peer = at.connected("heart-beat:1000,0\n");
        auto const id = at.broker.clients().front().id;
        peer.send(frame_of("SEND", {"destination:/app/pause"}));
        at.host.advance(20s);
        CHECK(peer.wire().is_open());
        at.broker.post(id, [](stomp::client& c) { c.session().resume(); });
        peer.send("\n");
        at.host.advance(2s);
        CHECK(peer.wire().is_open());
        at.host.advance(2s);
        CHECK_FALSE(peer.wire().is_open());
    }
    SECTION("after the grace that hidden pages need") {
        stomp_host at(no_set_up, {.heart_beat = {.in_min = 1s}});
        auto peer = at.connected("heart-beat:1000,0\n");
        // sockjs-client over HTTP, whose timers run once a minute.
        for (int i = 0; i < 5; ++i) {
            at.host.advance(122s);
            peer.send("\n");
        }
        CHECK(peer.wire().is_open());
        at.host.advance(152s);
        CHECK_FALSE(peer.wire().is_open());
    }
}

TEST_CASE("subprotocols: the highest that is offered") {
    stomp_host at;
    auto const chosen = [&](std::string const& offered) {
        auto const r = at.host.connect(
            "/stomp", testing::dialect::websocket, {{"Sec-WebSocket-Protocol", offered}});
        return r.is_open();
    };
    CHECK(chosen("v10.stomp, v11.stomp, v12.stomp"));
    std::vector<std::string_view> const three = {"v10.stomp", "v12.stomp", "v11.stomp"};
    std::vector<std::string_view> const foreign = {"foo"};
    CHECK(stomp::best_subprotocol(three) == "v12.stomp");
    CHECK(stomp::best_subprotocol(foreign).empty());
    CHECK(stomp::best_subprotocol({}).empty());
}

TEST_CASE("DISCONNECT: the receipt, then the end, and nothing after it") {
    std::vector<close_reason> reasons;
    stomp_host at([&](stomp::server& s) {
        s.on_disconnect(
            [&](stomp::client&, close_event const& how) { reasons.push_back(how.reason); });
        s.on_message("/app/x", [] { FAIL("a frame after DISCONNECT"); });
    });
    auto with = at.connected();
    with.send(frame_of("DISCONNECT", {"receipt:a:b"}) + frame_of("SEND", {"destination:/app/x"}));
    auto const receipt = with.take_one();
    CHECK(receipt.command == "RECEIPT");
    CHECK(receipt.header("receipt-id") == "a:b");
    CHECK(with.wire().closed_with() == close_code::normal);
    auto without = at.connected();
    without.send(frame_of("DISCONNECT"));
    CHECK(without.take().empty());
    CHECK(without.wire().closed_with() == close_code::normal);
    CHECK(reasons == std::vector{close_reason::client_closed, close_reason::client_closed});
}
