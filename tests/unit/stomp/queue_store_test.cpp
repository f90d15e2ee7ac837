#include "stomp/queue_store.hpp"

#include "support/colliding_names.hpp"
#include "support/queue_desk.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

using namespace anywire::stomp;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

using words = std::vector<std::string>;

}  // namespace

TEST_CASE("a message waits for a consumer, who settles it") {
    queue_desk d;
    CHECK(d.send("a") == queue_answer::ok);
    CHECK(d.deliveries().empty());
    CHECK(d.subscribe(1) == queue_answer::ok);
    CHECK(d.deliveries() == words{"1:a"});
    CHECK(d.ack(1, "a"));
    CHECK(!d.ack(1, "a"));
    CHECK(d.deliveries().empty());
    CHECK(d.store.count().messages == 0);
}

TEST_CASE("one consumer gets a queue in its order, as far as he has room") {
    queue_desk d;
    d.send_all({"a", "b", "c", "d"});
    (void)d.subscribe(1, 2);
    d.send_all({"e"});
    CHECK(d.deliveries() == words{"1:a", "1:b"});
    CHECK(d.ack(1, "b"));
    CHECK(d.deliveries() == words{"1:c"});
    CHECK(d.ack(1, "c", true));
    CHECK(d.deliveries() == words{"1:d", "1:e"});
}

TEST_CASE("consumers take turns, those who have room") {
    queue_desk d;
    (void)d.subscribe(1, 2);
    (void)d.subscribe(2, 1);
    (void)d.subscribe(3, 3);
    d.send_all({"a", "b", "c", "d", "e", "f", "g"});
    CHECK(d.deliveries() == words{"1:a", "2:b", "3:c", "1:d", "3:e", "3:f"});
    CHECK(d.ack(2, "b"));
    CHECK(d.deliveries() == words{"2:g"});
}

TEST_CASE("a message is for one consumer, and queues are apart") {
    queue_desk d;
    (void)d.subscribe(1, 9);
    (void)d.subscribe(2, 9);
    (void)d.store.subscribe(3, "/queue/b", 9, d.now);
    (void)d.send("a");
    (void)d.send_to("/queue/b", "b");
    CHECK(d.deliveries() == words{"1:a", "3:b"});
}

TEST_CASE("a prefetch of nothing is one message") {
    queue_desk d;
    (void)d.subscribe(1, 0);
    d.send_all({"a", "b"});
    CHECK(d.deliveries() == words{"1:a"});
}

TEST_CASE("an ACK is for one message, or for all up to it that the consumer has") {
    queue_desk d;
    (void)d.subscribe(1, 3);
    (void)d.subscribe(2, 3);
    d.send_all({"a", "b", "c", "d", "e", "f"});
    CHECK(d.deliveries() == words{"1:a", "2:b", "1:c", "2:d", "1:e", "2:f"});
    CHECK(d.ack(1, "c", true));
    CHECK(d.store.count().unsettled == 4);
    CHECK(!d.ack(1, "a"));
    CHECK(!d.ack(1, "c"));
    CHECK(!d.ack(1, "b", true));
    CHECK(d.ack(2, "f"));
    CHECK(d.ack(2, "d", true));
    CHECK(d.ack(1, "e", true));
    CHECK(d.store.count().messages == 0);
}

TEST_CASE("what is nobody's is not settled") {
    queue_desk d;
    (void)d.subscribe(1);
    (void)d.send("a");
    (void)d.deliveries();
    CHECK(!d.store.ack(1, 0, true, d.now));
    CHECK(!d.store.ack(1, 99, true, d.now));
    CHECK(!d.store.nack(1, 99, false, d.now));
    CHECK(!d.ack(2, "a"));
    CHECK(!d.nack(2, "a"));
    d.give_back(2, "a");
    d.store.resume(2, d.now);
    d.unsubscribe(2);
    CHECK(d.store.count().unsettled == 1);
}

TEST_CASE("a refused message goes to another consumer first") {
    queue_desk d;
    (void)d.subscribe(1, 2);
    (void)d.subscribe(2, 2);
    (void)d.send("a");
    CHECK(d.deliveries() == words{"1:a"});
    CHECK(d.nack(1, "a"));
    CHECK(d.deliveries() == words{"2:a!"});
    CHECK(d.nack(2, "a"));
    CHECK(d.deliveries() == words{"1:a!"});
    d.unsubscribe(2);
    CHECK(d.nack(1, "a"));
    CHECK(d.deliveries() == words{"1:a!"});
    CHECK(d.store.count().redeliveries == 3);
}

TEST_CASE("a refused message goes to another consumer, even if it is not his turn") {
    queue_desk d;
    (void)d.subscribe(1, 3);
    (void)d.subscribe(2, 3);
    d.send_all({"a", "b"});
    CHECK(d.deliveries() == words{"1:a", "2:b"});
    CHECK(d.nack(1, "a"));
    CHECK(d.deliveries() == words{"2:a!"});
    (void)d.send("c");
    CHECK(d.deliveries() == words{"1:c"});
}

TEST_CASE("a refused message goes to the same consumer where the others are full") {
    queue_desk d;
    (void)d.subscribe(1);
    (void)d.subscribe(2);
    d.send_all({"a", "b", "c"});
    CHECK(d.deliveries() == words{"1:a", "2:b"});
    CHECK(d.nack(1, "a"));
    CHECK(d.deliveries() == words{"1:a!"});
}

TEST_CASE("what is refused goes before what is younger, in its order") {
    queue_desk d;
    (void)d.subscribe(1, 3);
    d.send_all({"a", "b", "c", "d"});
    CHECK(d.deliveries() == words{"1:a", "1:b", "1:c"});
    SECTION("one") {
        CHECK(d.nack(1, "b"));
        CHECK(d.deliveries() == words{"1:b!"});
    }
    SECTION("all up to one") {
        CHECK(d.nack(1, "b", true));
        CHECK(d.deliveries() == words{"1:a!", "1:b!"});
    }
}

TEST_CASE("a message that is refused too often is lost") {
    queue_limits l;
    l.max_deliveries = 2;
    queue_desk d(l);
    (void)d.subscribe(1, 2);
    d.send_all({"a", "b"});
    (void)d.deliveries();
    CHECK(d.nack(1, "a"));
    CHECK(d.deliveries() == words{"1:a!"});
    CHECK(d.nack(1, "a", true));
    CHECK(d.deliveries() == words{"1:b!"});
    CHECK(d.losses() == words{"a delivered too often"});
    CHECK(d.nack(1, "b"));
    CHECK(d.losses() == words{"b delivered too often"});
    CHECK(d.deliveries().empty());
    CHECK(d.store.count().messages == 0);
    CHECK(d.store.count().bytes == 0);
}

TEST_CASE("without a bound of deliveries a message may be refused for ever") {
    queue_limits l;
    l.max_deliveries = 0;
    queue_desk d(l);
    (void)d.subscribe(1);
    (void)d.send("a");
    for (int i = 0; i < 100; ++i) {
        REQUIRE(d.deliveries().size() == 1);
        REQUIRE(d.nack(1, "a"));
    }
    CHECK(d.losses().empty());
}

TEST_CASE("what a consumer leaves goes to others at once, in its order") {
    queue_desk d;
    (void)d.subscribe(1, 3);
    d.send_all({"a", "b", "c", "d"});
    (void)d.deliveries();
    CHECK(d.ack(1, "b"));
    CHECK(d.deliveries() == words{"1:d"});
    (void)d.subscribe(2, 2);
    d.unsubscribe(1);
    CHECK(d.deliveries() == words{"2:a!", "2:c!"});
    CHECK(d.ack(2, "c", true));
    CHECK(d.deliveries() == words{"2:d!"});
    CHECK(!d.ack(1, "a"));
}

TEST_CASE("a message is not lost by the ends of its consumers") {
    queue_desk d;
    (void)d.send("a");
    for (consumer_id who = 1; who <= 20; ++who) {
        (void)d.subscribe(who);
        REQUIRE(d.deliveries() == words{std::to_string(who) + (who == 1 ? ":a" : ":a!")});
        d.unsubscribe(who);
    }
    CHECK(d.losses().empty());
    CHECK(d.store.look_at(queue_desk::name)->depth == 1);
}

TEST_CASE("what could not be sent was not delivered, and its consumer waits") {
    queue_limits l;
    l.max_deliveries = 1;
    queue_desk d(l);
    (void)d.subscribe(1, 3);
    d.send_all({"a", "b", "c"});
    CHECK(d.deliveries() == words{"1:a", "1:b", "1:c"});
    d.give_back(1, "c");
    d.give_back(1, "b");
    (void)d.send("d");
    CHECK(d.ack(1, "a"));
    CHECK(d.deliveries().empty());
    SECTION("until he is resumed") {
        d.store.resume(1, d.now);
        CHECK(d.deliveries() == words{"1:b", "1:c", "1:d"});
        d.store.resume(1, d.now);
        CHECK(d.deliveries().empty());
    }
    SECTION("and others do not") {
        (void)d.subscribe(2, 9);
        CHECK(d.deliveries() == words{"2:b", "2:c", "2:d"});
    }
    SECTION("and may go") {
        d.unsubscribe(1);
        CHECK(d.store.look_at(queue_desk::name)->depth == 3);
    }
    CHECK(d.losses().empty());
}

TEST_CASE("what is given back of a second delivery is delivered a second time") {
    queue_desk d;
    (void)d.subscribe(1);
    (void)d.send("a");
    (void)d.deliveries();
    CHECK(d.nack(1, "a"));
    CHECK(d.deliveries() == words{"1:a!"});
    d.give_back(1, "a");
    d.store.resume(1, d.now);
    CHECK(d.deliveries() == words{"1:a!"});
}

TEST_CASE("a queue takes so many messages, unsettled ones among them") {
    queue_limits l;
    l.max_messages = 3;
    queue_desk d(l);
    (void)d.subscribe(1, 2);
    d.send_all({"a", "b", "c"});
    CHECK(d.send("d") == queue_answer::full);
    CHECK(d.send_to("/queue/b", "d") == queue_answer::ok);
    (void)d.deliveries();
    CHECK(d.nack(1, "b", true));
    CHECK(d.send("d") == queue_answer::full);
    (void)d.deliveries();
    CHECK(d.ack(1, "b"));
    CHECK(d.send("d") == queue_answer::ok);
    CHECK(d.losses().empty());
}

TEST_CASE("a queue takes so many bytes, unsettled ones among them") {
    queue_limits l;
    l.max_bytes = 10;
    queue_desk d(l);
    CHECK(d.send("a", 11) == queue_answer::full);
    CHECK(d.send("a", static_cast<std::size_t>(-1)) == queue_answer::full);
    CHECK(d.store.count().queues == 0);
    (void)d.subscribe(1);
    CHECK(d.send("a", 6) == queue_answer::ok);
    CHECK(d.send("b", 5) == queue_answer::full);
    CHECK(d.send("b", 4) == queue_answer::ok);
    CHECK(d.send("c", 0) == queue_answer::ok);
    CHECK(d.store.count().bytes == 10);
    (void)d.deliveries();
    CHECK(d.ack(1, "a"));
    CHECK(d.store.count().bytes == 4);
}

TEST_CASE("a full queue may drop its oldest, but nothing that is with a consumer") {
    queue_limits l;
    l.max_messages = 3;
    l.max_bytes = 10;
    l.overflow = queue_overflow::drop_oldest;
    queue_desk d(l);
    (void)d.subscribe(1);
    d.send_all({"a", "b", "c", "d"});
    CHECK(d.losses() == words{"b overflow"});
    CHECK(d.send("e", 9) == queue_answer::ok);
    CHECK(d.losses() == words{"c overflow", "d overflow"});
    CHECK(d.send("f", 10) == queue_answer::full);
    CHECK(d.losses().empty());
    CHECK(d.deliveries() == words{"1:a"});
    CHECK(d.ack(1, "a"));
    CHECK(d.deliveries() == words{"1:e"});
}

TEST_CASE("whether several messages have room is known before they are sent") {
    queue_limits l;
    l.max_messages = 3;
    l.max_bytes = 10;
    l.overflow = GENERATE(queue_overflow::refuse, queue_overflow::drop_oldest);
    queue_desk d(l);
    auto const has_room = [&](std::size_t messages, std::size_t cost) {
        return d.store.has_room(queue_desk::name, messages, cost);
    };
    CHECK(has_room(0, 0));
    CHECK(has_room(3, 10));
    CHECK(!has_room(4, 10));
    CHECK(!has_room(3, 11));
    CHECK(!d.store.look_at(queue_desk::name));
    (void)d.subscribe(1);
    (void)d.send("a", 4);
    (void)d.send("b", 4);
    CHECK(has_room(0, 0));
    CHECK(!has_room(3, 3));
    CHECK(!has_room(2, 7));
    CHECK(has_room(1, 2));
    CHECK(has_room(2, 6) == (l.overflow == queue_overflow::drop_oldest));
}

TEST_CASE("counts are those of one queue, and of all") {
    queue_desk d;
    CHECK(!d.store.look_at("/queue/a"));
    (void)d.subscribe(1, 2);
    (void)d.subscribe(2, 1);
    for (auto const* const t : {"a", "b", "c", "d", "e"}) (void)d.send(t, 10);
    (void)d.send_to("/queue/b", "f");
    auto const q = *d.store.look_at("/queue/a");
    CHECK(q.depth == 2);
    CHECK(q.unsettled == 3);
    CHECK(q.bytes == 50);
    CHECK(q.consumers == 2);
    auto const all = d.store.count();
    CHECK(all.queues == 2);
    CHECK(all.messages == 6);
    CHECK(all.bytes == 51);
    CHECK(all.unsettled == 3);
    CHECK(all.redeliveries == 0);
    words names;
    d.store.for_each_queue([&](auto const& name, auto const& n) {
        names.push_back(name + " " + std::to_string(n.depth));
    });
    std::sort(names.begin(), names.end());
    CHECK(names == words{"/queue/a 2", "/queue/b 1"});
}

TEST_CASE("a store lets go of what is settled or lost, and of the rest at its end") {
    auto const held = message_of("a");
    {
        queue_store s({}, {1, 2});
        (void)s.subscribe(1, "/queue/a", 2, 0);
        for (int i = 0; i < 4; ++i) (void)s.send("/queue/a", held, 1, 0);
        auto const id = s.take_deliveries().front().id;
        CHECK(s.ack(1, id, false, 0));
        CHECK(s.take_deliveries().size() == 1);
        CHECK(held.use_count() == 4);
    }
    CHECK(held.use_count() == 1);
}

TEST_CASE("names of queues that peers choose do not collide") {
    // They would in std::hash, and take minutes.
    queue_limits l;
    l.max_queues = 20'000;
    queue_desk d(l);
    auto const names = colliding_names(20'000);
    for (auto const& n : names) REQUIRE(d.send_to(n, "a") == queue_answer::ok);
    CHECK(d.store.count().queues == 20'000);
}
