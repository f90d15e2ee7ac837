#include "support/stomp_peer.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

std::string subscribe(std::string const& mode, std::string const& id = "q") {
    return frame_of("SUBSCRIBE", {"id:" + id, "destination:/queue/x", "ack:" + mode});
}
std::string settle(char const* command, std::string const& id, std::string const& more = "x:x") {
    return frame_of(command, {"id:" + id, more});
}

struct dead_letter_text {
    std::string destination;
    std::string body;
    stomp::dead_letter_cause why;
};

std::vector<std::string> bodies(std::vector<got_frame> const& all) {
    std::vector<std::string> texts;
    for (auto const& f : all)
        if (f.command == "MESSAGE") texts.push_back(f.body);
    return texts;
}

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a queue keeps what nobody takes, and gives each message to one") {
    stomp_host at(allow_all);
    for (auto const* body : {"1", "2", "3", "4"}) CHECK(at.broker.send("/queue/x", body));
    CHECK(at.broker.numbers().queued_messages == 4);
    auto ann = at.connected();
    auto bob = at.connected();
    ann.send(subscribe("auto"));
    CHECK(bodies(ann.take()) == texts{"1", "2", "3", "4"});
    CHECK(at.broker.numbers().queued_messages == 0);
    bob.send(subscribe("auto"));
    for (auto const* body : {"5", "6", "7", "8"}) CHECK(at.broker.send("/queue/x", body));
    auto const anns = ann.take();
    auto const bobs = bob.take();
    CHECK(anns.size() == 2);
    CHECK(bobs.size() == 2);
    CHECK_FALSE(anns.front().has("ack"));
}

TEST_CASE("a receipt of SUBSCRIBE comes before what waits") {
    stomp_host at(allow_all);
    CHECK(at.broker.send("/queue/x", "waits"));
    auto peer = at.connected();
    peer.send(frame_of("SUBSCRIBE", {"id:q", "destination:/queue/x", "receipt:r"}) +
              frame_of("SEND", {"destination:/queue/x"}, "new"));
    auto const all = peer.take();
    REQUIRE(all.size() == 3);
    CHECK(all[0].command == "RECEIPT");
    CHECK(all[1].body == "waits");
    CHECK(all[2].body == "new");
}

TEST_CASE("who subscribes and leaves over and over in a message moves nothing to and fro") {
    stomp_host at(allow_all);
    for (int i = 0; i < 64; ++i) CHECK(at.broker.send("/queue/x", "waits"));
    auto peer = at.connected();
    std::string all;
    for (int i = 0; i < 100; ++i) all += subscribe("client") + frame_of("UNSUBSCRIBE", {"id:q"});
    peer.send(all);
    CHECK(peer.take().empty());
    CHECK(at.broker.numbers().redeliveries == 0);
    CHECK(at.broker.numbers().queued_messages == 64);
    peer.send(subscribe("client"));
    auto const got = peer.take();
    REQUIRE(got.size() == 64);
    CHECK_FALSE(got.front().has("redelivered"));
}

TEST_CASE("ack:client settles all up to its message; what is not settled is delivered again") {
    stomp_host at(allow_all);
    for (auto const* body : {"1", "2", "3"}) CHECK(at.broker.send("/queue/x", body));
    auto ann = at.connected();
    ann.send(subscribe("client"));
    auto const first = ann.take();
    REQUIRE(first.size() == 3);
    CHECK(first[0].header("ack") == first[0].header("message-id"));
    CHECK(at.broker.numbers().unacknowledged == 3);
    ann.send(settle("ACK", first[1].header("ack")));
    CHECK(at.broker.numbers().unacknowledged == 1);
    auto bob = at.connected();
    bob.send(subscribe("client"));
    CHECK(bob.take().empty());
    ann.wire().cut();
    auto const again = bob.take();
    CHECK(bodies(again) == texts{"3"});
    CHECK(again.front().header("redelivered") == "true");
    CHECK(at.broker.numbers().redeliveries == 1);
}

TEST_CASE("ack:client-individual settles just the one") {
    stomp_host at(allow_all);
    for (auto const* body : {"1", "2", "3"}) CHECK(at.broker.send("/queue/x", body));
    auto ann = at.connected();
    ann.send(subscribe("client-individual"));
    auto const first = ann.take();
    REQUIRE(first.size() == 3);
    ann.send(settle("ACK", first[1].header("ack")));
    ann.send(frame_of("UNSUBSCRIBE", {"id:q"}));
    auto bob = at.connected();
    bob.send(subscribe("auto"));
    CHECK(bodies(bob.take()) == texts{"1", "3"});
}

TEST_CASE("a refused message goes to another subscriber, and in the end is a dead letter") {
    std::vector<dead_letter_text> dead;
    stomp_host at(
        [&](stomp::server& s) {
            s.on_dead_letter([&](stomp::dead_letter const& l) {
                dead.push_back({std::string(l.destination), std::string(l.body), l.why});
            });
        },
        {.queue = {.max_deliveries = 3}});
    auto ann = at.connected();
    auto bob = at.connected();
    ann.send(subscribe("client"));
    bob.send(subscribe("client"));
    CHECK(at.broker.send("/queue/x", "poison"));
    texts order;
    for (int i = 0; i < 3; ++i) {
        for (auto* who : {&ann, &bob}) {
            auto const got = who->take();
            if (got.empty()) continue;
            order.emplace_back(who == &ann ? "ann" : "bob");
            who->send(settle("NACK", got.front().header("ack")));
        }
    }
    at.host.settle();
    REQUIRE(order.size() == 3);
    CHECK(order[0] != order[1]);
    CHECK(order[1] != order[2]);
    REQUIRE(dead.size() == 1);
    CHECK(dead.front().destination == "/queue/x");
    CHECK(dead.front().body == "poison");
    CHECK(dead.front().why == stomp::dead_letter_cause::delivered_too_often);
    CHECK(at.broker.numbers().queued_messages == 0);
    CHECK(at.broker.numbers().dead_letters == 1);
}

TEST_CASE("acknowledgements: by either header, twice, late, and of what never was") {
    stomp_host at(allow_all);
    auto peer = at.connected();
    peer.send(subscribe("client-individual"));
    CHECK(at.broker.send("/queue/x", "1"));
    CHECK(at.broker.send("/queue/x", "2"));
    auto const got = peer.take();
    REQUIRE(got.size() == 2);
    peer.send(frame_of("ACK", {"message-id:" + got[0].header("message-id"), "subscription:q"}));
    CHECK(at.broker.numbers().unacknowledged == 1);
    peer.send(settle("ACK", got[0].header("ack"), "receipt:again"));
    CHECK(peer.take_one().header("receipt-id") == "again");
    peer.send(frame_of("UNSUBSCRIBE", {"id:q"}));
    peer.send(settle("ACK", got[1].header("ack"), "receipt:late"));
    CHECK(peer.take_one().header("receipt-id") == "late");
    SECTION("of a subscription that never was") {
        peer.send(settle("ACK", "99-1"));
    }
    SECTION("of a message that never was") {
        peer.send(subscribe("client"));
        (void)peer.take();
        peer.send(settle("ACK", "2-99999"));
    }
    SECTION("no id at all") {
        peer.send(frame_of("ACK", {"x:x"}));
    }
    SECTION("no id of ours") {
        peer.send(settle("NACK", "1"));
    }
    SECTION("no number") {
        peer.send(settle("NACK", "1-"));
    }
    auto const all = peer.take();
    REQUIRE_FALSE(all.empty());
    CHECK(all.back().command == "ERROR");
    CHECK(peer.wire().closed_with() == close_code::protocol_error);
}

TEST_CASE("a client that acknowledges nothing gets no more than its share") {
    stomp_host at(allow_all, {.max_unacknowledged = 2});
    auto peer = at.connected();
    peer.send(subscribe("client"));
    for (auto const* body : {"1", "2", "3"}) CHECK(at.broker.send("/queue/x", body));
    auto const got = peer.take();
    CHECK(bodies(got) == texts{"1", "2"});
    peer.send(settle("ACK", got[0].header("ack")));
    CHECK(bodies(peer.take()) == texts{"3"});
}

TEST_CASE("a queue that is full refuses, and the client's session ends with an ERROR") {
    stomp_host at(allow_all, {.queue = {.max_messages = 2}});
    CHECK(at.broker.send("/queue/x", "1"));
    CHECK(at.broker.send("/queue/x", "2"));
    CHECK(at.broker.send("/queue/x", "3").error() == errc::send_queue_full);
    auto peer = at.connected();
    peer.send(frame_of("SEND", {"destination:/queue/x", "receipt:r"}, "3"));
    auto const answer = peer.take_one();
    CHECK(answer.command == "ERROR");
    CHECK(answer.header("receipt-id") == "r");
    CHECK_FALSE(peer.wire().is_open());
}

TEST_CASE("nothing is sent to a queue that nobody can subscribe to") {
    stomp_host at(allow_all);
    for (auto const* queue : {"/queue/{", "/queue/*", "/queue/what?"}) {
        CHECK(at.broker.send(queue, "x").error() == errc::bad_arguments);
        for (auto const* command : {"SEND", "SUBSCRIBE"}) {
            auto peer = at.connected();
            peer.send(frame_of(command, {std::string("destination:") + queue, "id:a"}));
            CHECK(peer.take_one().command == "ERROR");
        }
    }
    CHECK(at.broker.numbers().queues == 0);
}

TEST_CASE("a burst finds a queue full only where its subscribers do not keep up") {
    auto const overflow =
        GENERATE(stomp::queue_overflow::refuse, stomp::queue_overflow::drop_oldest);
    stomp_host at(
        [](stomp::server& s) {
            allow_all(s);
            s.on_message("/app/burst", [&s] {
                for (int i = 0; i < 300; ++i) CHECK(s.send("/queue/x", std::to_string(i)));
            });
        },
        {.max_unacknowledged = 2, .queue = {.max_messages = 4, .overflow = overflow}});
    auto reader = at.connected();
    auto sender = at.connected();
    reader.send(subscribe("auto"));
    CHECK(reader.take().empty());
    texts expected;
    for (int i = 0; i < 300; ++i) expected.push_back(std::to_string(i));
    SECTION("of an application") {
        sender.send(frame_of("SEND", {"destination:/app/burst"}));
        CHECK(bodies(reader.take()) == expected);
    }
    SECTION("of a client") {
        std::string all;
        for (auto const& text : expected) all += frame_of("SEND", {"destination:/queue/x"}, text);
        sender.send(all);
        CHECK(bodies(reader.take()) == expected);
        CHECK(sender.wire().is_open());
    }
    SECTION("in transactions") {
        std::string all;
        for (auto const& text : expected)
            all += frame_of("BEGIN", {"transaction:t"}) +
                   frame_of("SEND", {"destination:/queue/x", "transaction:t"}, text) +
                   frame_of("COMMIT", {"transaction:t"});
        sender.send(all);
        CHECK(bodies(reader.take()) == expected);
        CHECK(sender.wire().is_open());
    }
    CHECK(at.broker.numbers().dead_letters == 0);
}

TEST_CASE("what waits too long, or is pushed out, is a dead letter") {
    std::vector<dead_letter_text> dead;
    auto const tell = [&](stomp::server& s) {
        s.on_dead_letter([&](stomp::dead_letter const& l) {
            dead.push_back({std::string(l.destination), std::string(l.body), l.why});
        });
    };
    SECTION("too long") {
        stomp_host at(tell, {.queue = {.ttl = 5s}});
        CHECK(at.broker.send("/queue/x", "old"));
        at.host.advance(7s);
        REQUIRE(dead.size() == 1);
        CHECK(dead.front().why == stomp::dead_letter_cause::expired);
    }
    SECTION("pushed out") {
        stomp_host at(
            tell, {.queue = {.max_messages = 1, .overflow = stomp::queue_overflow::drop_oldest}});
        CHECK(at.broker.send("/queue/x", "old"));
        CHECK(at.broker.send("/queue/x", "new"));
        at.host.settle();
        REQUIRE(dead.size() == 1);
        CHECK(dead.front().body == "old");
        CHECK(dead.front().why == stomp::dead_letter_cause::overflow);
    }
}

TEST_CASE("a subscriber that does not read leaves the queue to others, and loses nothing") {
    stomp_host at(allow_all, {.queue = {.max_bytes = 16u << 20}});
    auto slow = at.connected();
    slow.send(subscribe("auto"));
    slow.wire().stop_reading();
    std::string const big(10'000, 'x');
    for (int i = 0; i < 100; ++i) CHECK(at.broker.send("/queue/x", std::to_string(i) + big));
    at.host.settle();
    CHECK(at.broker.numbers().queued_messages > 50);
    CHECK(slow.wire().is_open());
    slow.wire().read_on();
    texts got;
    for (int i = 0; i < 100 && got.size() < 100; ++i) {
        at.host.advance(100ms);
        for (auto const& text : bodies(slow.take())) got.push_back(text);
    }
    REQUIRE(got.size() == 100);
    for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i].starts_with(std::to_string(i) + "x"));
}

TEST_CASE("all destinations can be topics, as with a simple broker") {
    stomp_host at(allow_all, {.queues = {}});
    auto ann = at.connected();
    auto bob = at.connected();
    ann.send(subscribe("client"));
    bob.send(subscribe("auto"));
    CHECK(at.broker.send("/queue/x", "all"));
    auto const got = ann.take();
    CHECK(bodies(got) == texts{"all"});
    CHECK(bodies(bob.take()) == texts{"all"});
    ann.send(settle("ACK", got.front().header("ack"), "receipt:r"));
    CHECK(ann.take_one().command == "RECEIPT");
    ann.send(settle("NACK", "1-2"));
    CHECK(ann.take_one().command == "ERROR");
}

TEST_CASE("all queues together have a bound") {
    stomp_host at(allow_all, {.queue = {.max_all_bytes = 1000}});
    CHECK(at.broker.send("/queue/a", std::string(300, 'x')));
    CHECK(at.broker.send("/queue/b", std::string(300, 'x')));
    CHECK(at.broker.send("/queue/c", std::string(300, 'x')).error() == errc::send_queue_full);
}
