#include "support/fake_broker.hpp"
#include "support/stomp_peer.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using stomp::command;

namespace {

/// A host whose STOMP server has a fake broker behind it.
struct relay_host {
    explicit relay_host(std::function<void(stomp::server&)> const& set_up = allow_all,
                        stomp::options const& o = {})
        : at(
              [&](stomp::server& s) {
                  set_up(s);
                  s.relay_to(broker);
              },
              o) {}

    std::shared_ptr<fake_broker> broker = std::make_shared<fake_broker>();
    stomp_host at;
};

std::string subscribe(std::string const& id, std::string const& to, std::string const& more = {}) {
    std::vector<std::string> headers{"id:" + id, "destination:" + to};
    if (!more.empty()) headers.push_back(more);
    return frame_of("SUBSCRIBE", headers);
}

std::string peer_id(stomp::server const& s) {
    auto const all = s.clients();
    REQUIRE(all.size() == 1);
    return all[0].id;
}

broker_frame message(std::string const& subscription, std::string const& body) {
    return {.what = command::message,
            .headers = {{"subscription", subscription},
                        {"destination", "/topic/there"},
                        {"message-id", "T_1"},
                        {"receipt", "of its sender"},
                        {"own", "a:b"}},
            .body = body};
}

}  // namespace

TEST_CASE("a client of a relay is connected when the broker has let it in") {
    relay_host r;
    r.broker->lets_in = false;
    auto peer = r.at.peer();
    peer.send(frame_of("CONNECT",
                       {"accept-version:1.0,1.2,3.0",
                        "heart-beat:10000,20000",
                        "login:ann",
                        "passcode:secret"}) +
              subscribe("a", "/topic/x"));
    CHECK(peer.take().empty());
    auto& there = r.broker->last();
    CHECK(there.asked.versions == "1.0,1.2");
    CHECK(there.asked.asked.can_send == 10s);
    CHECK(there.asked.asked.wants == 20s);
    CHECK(there.got.empty());
    SECTION("let in, in the version and with the heart-beats of the broker") {
        there.let_in(stomp::version::v1_1, {.can_send = 30s, .wants = 40s});
        auto const answer = peer.take_one();
        CHECK(answer.command == "CONNECTED");
        CHECK(answer.header("version") == "1.1");
        CHECK(answer.header("heart-beat") == "30000,40000");
        REQUIRE(there.got.size() == 1);  // what it said meanwhile
        CHECK(there.got[0].header("destination") == "/topic/x");
    }
    SECTION("refused") {
        there.client->on_relay_down({.text = "Broker not available."});
        CHECK(peer.take_one().header("message") == "Broker not available.");
        CHECK_FALSE(peer.wire().is_open());
        CHECK(there.got.empty());
        CHECK(r.at.broker.numbers().refused_connects == 1);
        CHECK(r.at.broker.clients().empty());
    }
    SECTION("gone meanwhile") {
        peer.wire().close();
        r.at.host.settle();
        CHECK(there.client == nullptr);
    }
}

TEST_CASE("a client that is refused here never reaches the broker") {
    relay_host r([](stomp::server& s) {
        s.on_connect([](stomp::connect const&, stomp::admission const& in) { in.refuse("no"); });
    });
    auto peer = r.at.peer();
    peer.send(frame_of("CONNECT", {"accept-version:1.2"}));
    CHECK(peer.take_one().header("message") == "no");
    CHECK(r.broker->peers.empty());
}

TEST_CASE("what is the broker's goes there by the rules, and all else is served here") {
    std::vector<std::string> heard;
    relay_host r([&](stomp::server& s) {
        s.allow_send("/topic/open/**");
        s.allow_subscribe("/topic/open/**");
        s.on_message("/app/x", [&](std::string body) { heard.push_back(body); });
        s.on_subscribe("/app/state", [] { return "state"; });
    });
    auto peer = r.at.connected();
    auto& there = r.broker->last();
    peer.send(frame_of("SEND", {"destination:/topic/open/1", "own:a\\nb"}, "body") +
              frame_of("SEND", {"destination:/app/x", "receipt:1"}, "mine") +
              subscribe("a", "/topic/open/2", "receipt:2") + subscribe("u", "/user/queue/x") +
              subscribe("s", "/app/state"));
    auto const got = there.take();
    REQUIRE(got.size() == 2);
    CHECK(got[0].what == command::send);
    CHECK(got[0].header("own") == "a\nb");
    CHECK(got[0].body == "body");
    CHECK(got[1].what == command::subscribe);
    CHECK(heard == std::vector<std::string>{"mine"});
    auto const all = peer.take();
    REQUIRE(all.size() == 2);
    CHECK(all[0].header("receipt-id") == "1");
    CHECK(all[1].body == "state");
    CHECK(r.at.broker.numbers().subscriptions == 2);
    there.receipt("2");
    CHECK(peer.take_one().header("receipt-id") == "2");
    CHECK(r.at.broker.send_to_client(peer_id(r.at.broker), "/queue/x", "own"));
    CHECK(peer.take_one().body == "own");

    peer.send(frame_of("UNSUBSCRIBE", {"id:a"}) + frame_of("UNSUBSCRIBE", {"id:u", "receipt:3"}));
    REQUIRE(there.got.size() == 1);
    CHECK(there.got[0].what == command::unsubscribe);
    CHECK(peer.take_one().header("receipt-id") == "3");
    CHECK(r.at.broker.numbers().subscriptions == 0);
}

TEST_CASE("what a rule does not allow does not reach the broker, and ends the session") {
    for (auto const& wrong : {frame_of("SEND", {"destination:/topic/secret", "receipt:r"}),
                              subscribe("a", "/topic/secret", "receipt:r"),
                              subscribe("a", "/topic/open/*", "receipt:r"),
                              subscribe("a", "/topic/#", "receipt:r"),
                              subscribe("a", "/topic/open/>", "receipt:r"),
                              subscribe("a", "/other/x", "receipt:r"),
                              subscribe("a", "/topic//x", "receipt:r")}) {
        relay_host r([](stomp::server& s) {
            s.allow_send("/topic/open/**");
            s.allow_subscribe("/topic/open/**");
        });
        auto peer = r.at.connected();
        peer.send(wrong);
        auto const error = peer.take_one();
        CHECK(error.command == "ERROR");
        CHECK(error.header("receipt-id") == "r");
        CHECK(r.broker->last().got.empty());
        CHECK_FALSE(peer.wire().is_open());
    }
}

TEST_CASE("a destination that cannot be said to the broker ends the session") {
    relay_host r;
    auto peer = r.at.connected();
    r.broker->last().can_say = false;
    peer.send(frame_of("SEND", {"destination:/topic/a?b"}));
    CHECK(peer.take_one().header("message") == "the broker has no such destination");
}

TEST_CASE("messages of the broker name the destination that was subscribed to") {
    relay_host r;
    auto peer = r.at.connected();
    peer.send(subscribe("a", "/topic/here"));
    CHECK(r.broker->last().send(message("a", "1")));
    auto const known = peer.take_one();
    CHECK(known.header("destination") == "/topic/here");
    CHECK(known.header("own") == "a:b");
    CHECK_FALSE(known.has("receipt"));
    CHECK(r.broker->last().send(message("/temp-queue/x", "2")));
    CHECK(peer.take_one().header("destination") == "/topic/there");
    CHECK(r.at.broker.numbers().messages_delivered == 2);
}

TEST_CASE("acknowledgements go to whom the message was from") {
    relay_host r;
    auto peer = r.at.connected();
    peer.send(subscribe("q", "/queue/x", "ack:client") + subscribe("u", "/user/queue/x"));
    CHECK(r.at.broker.send_to_client(peer_id(r.at.broker), "/queue/x", "own"));
    auto const own = peer.take_one().header("message-id");
    r.broker->last().take();
    peer.send(frame_of("ACK", {"id:" + own, "receipt:1"}) + frame_of("NACK", {"id:T_q@@1@@7"}));
    CHECK(peer.take_one().header("receipt-id") == "1");
    REQUIRE(r.broker->last().got.size() == 1);
    CHECK(r.broker->last().got[0].header("id") == "T_q@@1@@7");
}

TEST_CASE("of a transaction, what is the application's waits here for COMMIT") {
    std::vector<std::string> heard;
    relay_host r([&](stomp::server& s) {
        allow_all(s);
        s.on_message("/app/x", [&](std::string body) { heard.push_back(body); });
    });
    auto peer = r.at.connected();
    auto& there = r.broker->last();
    auto const in_it = [](std::string const& to) {
        return frame_of("SEND", {"destination:" + to, "transaction:t"}, "1");
    };
    peer.send(frame_of("BEGIN", {"transaction:t"}) + in_it("/topic/x") + in_it("/app/x"));
    CHECK(there.take().size() == 2);
    CHECK(heard.empty());
    SECTION("committed") {
        peer.send(frame_of("COMMIT", {"transaction:t"}));
        CHECK(heard.size() == 1);
        CHECK(there.take().size() == 1);
        peer.send(in_it("/topic/x"));
        CHECK(peer.take_one().header("message") == "no such transaction");
    }
    SECTION("aborted") {
        peer.send(frame_of("ABORT", {"transaction:t"}));
        CHECK(heard.empty());
        CHECK(there.take().size() == 1);
        CHECK(peer.wire().is_open());
    }
}

TEST_CASE("DISCONNECT is through when the broker has said so") {
    relay_host r;
    auto peer = r.at.connected();
    auto& there = r.broker->last();
    SECTION("with a receipt") {
        peer.send(frame_of("DISCONNECT", {"receipt:bye"}));
        CHECK(peer.take().empty());
        REQUIRE(there.got.size() == 1);
        auto const id = there.got[0].header("receipt");
        CHECK(id != "bye");
        SECTION("which comes") {
            there.receipt(id);
            CHECK(peer.take_one().header("receipt-id") == "bye");
            CHECK(peer.wire().closed_with() == close_code::normal);
        }
        SECTION("which does not: the broker is lost") {
            there.client->on_relay_down({.text = "Connection to broker closed."});
            CHECK(peer.take_one().command == "ERROR");
        }
        SECTION("which does not: the broker is silent") {
            r.at.host.advance(11s);
            CHECK(peer.take_one().command == "ERROR");
            CHECK_FALSE(peer.wire().is_open());
        }
    }
    SECTION("without one, a broker that is lost is the end as well") {
        peer.send(frame_of("DISCONNECT"));
        there.client->on_relay_down({.text = "Connection to broker closed."});
        CHECK(peer.take().empty());
        CHECK(peer.wire().closed_with() == close_code::normal);
    }
}

TEST_CASE("a broker that is lost ends the session with an ERROR") {
    relay_host r;
    auto peer = r.at.connected();
    auto const there = r.broker->peers.back();
    there->client->on_relay_down({.text = "Connection to broker closed.", .receipt = "7"});
    auto const error = peer.take_one();
    CHECK(error.header("message") == "Connection to broker closed.");
    CHECK(error.header("receipt-id") == "7");
    r.at.host.settle();
    CHECK(there->client == nullptr);
    CHECK(r.at.broker.clients().empty());
}

TEST_CASE("a broker that does not keep up has its client wait") {
    relay_host r;
    auto peer = r.at.connected();
    auto& there = r.broker->last();
    there.is_full = true;
    peer.send(frame_of("SEND", {"destination:/topic/x"}, "1"));
    r.at.host.settle();
    peer.send(frame_of("SEND", {"destination:/topic/x"}, "2"));
    r.at.host.settle();
    CHECK(there.got.size() == 1);
    there.is_full = false;
    there.client->on_relay_room();
    r.at.host.settle();
    CHECK(there.got.size() == 2);
}

TEST_CASE("a client that does not keep up has its broker wait, and loses nothing") {
    relay_host r;
    auto peer = r.at.connected();
    peer.send(subscribe("a", "/topic/x"));
    r.at.host.settle();
    peer.wire().stop_reading();
    auto& there = r.broker->last();
    std::string const body(50'000, 'x');
    std::size_t taken = 0;
    while (taken < 100 && there.send(message("a", body))) ++taken;
    REQUIRE(taken < 100);
    CHECK(there.resumes == 0);
    peer.wire().read_on();
    r.at.host.advance(100ms);
    CHECK(there.resumes == 1);
    CHECK(there.send(message("a", body)));
    CHECK(peer.take().size() == taken + 1);
}

TEST_CASE("a snapshot follows the broker's receipt for its subscription") {
    auto calls = 0;
    relay_host r([&](stomp::server& s) {
        s.snapshot("/topic/{x}", [&](std::string x) { return ++calls, "so far " + x; });
    });
    auto peer = r.at.connected();
    auto& there = r.broker->last();
    peer.send(subscribe("a", "/topic/x", "receipt:r"));
    CHECK(peer.take().empty());
    CHECK(calls == 0);
    REQUIRE(there.got.size() == 1);
    there.receipt(there.got[0].header("receipt"));
    auto const all = peer.take();
    REQUIRE(all.size() == 2);
    CHECK(all[0].body == "so far x");
    CHECK(all[1].header("receipt-id") == "r");
}

TEST_CASE("what the application sends goes to the broker, or says why not") {
    relay_host r([](stomp::server& s) {
        s.on_message("/app/x", [](std::string body) { return body + "!"; });
    });
    auto peer = r.at.connected();
    CHECK(r.at.broker.send("/topic/x", "1"));
    CHECK(r.at.broker.send("/queue/x", "2"));
    CHECK(r.at.broker.send("/other/x", "3").error() == errc::bad_arguments);
    peer.send(frame_of("SEND", {"destination:/app/x"}, "4"));
    CHECK(peer.take().empty());
    REQUIRE(r.broker->sent.size() == 3);
    CHECK(r.broker->sent[2]->destination == "/topic/x");
    CHECK(r.broker->sent[2]->what.body == "4!");
    CHECK(r.at.broker.numbers().relay->held_bytes == 3);
    CHECK_FALSE(stomp_host().broker.numbers().relay);
    r.broker->has_room = false;
    CHECK(r.at.broker.send("/queue/x", "5").error() == errc::send_queue_full);
}

TEST_CASE("a relay is set up before the mount") {
    stomp_host at;
    CHECK_THROWS_AS(at.broker.relay_to(std::make_shared<fake_broker>()), std::logic_error);
    stomp::server fresh;
    CHECK_THROWS_AS(fresh.relay_to(nullptr), std::invalid_argument);
}
