// What becomes of messages that wait for long, and of queues that nobody uses.
#include "stomp/queue_store.hpp"
#include "support/queue_desk.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace anywire::stomp;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

using words = std::vector<std::string>;

queue_limits with_ttl(std::chrono::milliseconds ttl) {
    queue_limits l;
    l.ttl = ttl;
    return l;
}

std::string nth(int i) {
    return "/queue/" + std::to_string(i);
}

}  // namespace

TEST_CASE("a message that waits for too long is lost") {
    queue_desk d(with_ttl(100ms));
    (void)d.send("a");
    d.now += 50;
    (void)d.send_to("/queue/b", "b");
    d.now += 49;
    d.store.expire(d.now);
    CHECK(d.losses().empty());
    d.now += 1;
    d.store.expire(d.now);
    CHECK(d.losses() == words{"a expired"});
    d.now += 50;
    d.store.expire(d.now);
    CHECK(d.losses() == words{"b expired"});
    CHECK(d.store.count().messages == 0);
}

TEST_CASE("messages wait for ever where nothing bounds that") {
    queue_desk d;
    (void)d.send("a");
    d.now += 1'000'000'000'000;
    d.store.expire(d.now);
    (void)d.subscribe(1);
    CHECK(d.deliveries() == words{"1:a"});
}

TEST_CASE("a message whose time is up is not delivered, even if nobody said so") {
    queue_desk d(with_ttl(100ms));
    (void)d.send("a");
    d.now += 60;
    (void)d.send("b");
    d.now += 60;
    (void)d.subscribe(1);
    CHECK(d.deliveries() == words{"1:b"});
    CHECK(d.losses() == words{"a expired"});
}

TEST_CASE("what has expired makes room") {
    auto l = with_ttl(100ms);
    l.max_messages = 1;
    queue_desk d(l);
    (void)d.send("a");
    d.now += 99;
    CHECK(d.send("b") == queue_answer::full);
    d.now += 1;
    CHECK(d.send("b") == queue_answer::ok);
    CHECK(d.losses() == words{"a expired"});
}

TEST_CASE("a message does not expire while a consumer has it") {
    queue_desk d(with_ttl(100ms));
    (void)d.subscribe(1, 4);
    d.send_all({"a", "b", "c", "d"});
    (void)d.deliveries();
    d.now += 100;
    d.store.expire(d.now);
    CHECK(d.losses().empty());
    CHECK(d.store.count().unsettled == 4);
    CHECK(d.ack(1, "a"));
    CHECK(d.losses().empty());
    CHECK(d.nack(1, "b"));
    CHECK(d.losses() == words{"b expired"});
    d.give_back(1, "c");
    CHECK(d.losses() == words{"c expired"});
    d.unsubscribe(1);
    CHECK(d.losses() == words{"d expired"});
    CHECK(d.store.count().messages == 0);
    CHECK(d.deliveries().empty());
}

TEST_CASE("a queue without messages and consumers goes after a while") {
    queue_desk d;
    (void)d.subscribe(1);
    d.now += 100'000;
    d.store.expire(d.now);
    CHECK(d.store.count().queues == 1);
    d.unsubscribe(1);
    d.now += 59'999;
    d.store.expire(d.now);
    CHECK(d.store.count().queues == 1);
    d.now += 1;
    d.store.expire(d.now);
    CHECK(d.store.count().queues == 0);
    CHECK(d.send("a") == queue_answer::ok);
    d.now += 100'000;
    d.store.expire(d.now);
    CHECK(d.store.count().queues == 1);
}

TEST_CASE("a queue that is used again is not idle") {
    queue_desk d;
    (void)d.subscribe(1);
    d.unsubscribe(1);
    d.now += 50'000;
    SECTION("by a message") {
        (void)d.send("a");
        d.now += 50'000;
        d.store.expire(d.now);
        CHECK(d.store.look_at(queue_desk::name)->depth == 1);
    }
    SECTION("by a consumer, who goes again") {
        (void)d.subscribe(2);
        d.unsubscribe(2);
        d.now += 50'000;
        d.store.expire(d.now);
        CHECK(d.store.look_at(queue_desk::name));
    }
}

TEST_CASE("a queue whose messages have expired is idle from then on") {
    queue_desk d(with_ttl(100ms));
    (void)d.send("a");
    d.now += 100'000;
    d.store.expire(d.now);
    CHECK(d.store.count().queues == 1);
    d.now += 60'000;
    d.store.expire(d.now);
    CHECK(d.store.count().queues == 0);
}

TEST_CASE("queues have their number, in which idle ones make room") {
    queue_limits l;
    l.max_queues = 3;
    queue_desk d(l);
    CHECK(d.send_to(nth(1), "a") == queue_answer::ok);
    CHECK(d.store.subscribe(2, nth(2), 1, d.now) == queue_answer::ok);
    CHECK(d.store.subscribe(3, nth(3), 1, d.now) == queue_answer::ok);
    CHECK(d.send_to(nth(4), "b") == queue_answer::too_many_queues);
    CHECK(d.store.subscribe(4, nth(4), 1, d.now) == queue_answer::too_many_queues);
    CHECK(d.send_to(nth(1), "b") == queue_answer::ok);
    d.unsubscribe(3);
    d.unsubscribe(2);
    CHECK(d.send_to(nth(4), "b") == queue_answer::ok);
    CHECK(d.store.count().queues == 3);
    CHECK(!d.store.look_at(nth(3)));
    CHECK(d.store.look_at(nth(2)));
}

TEST_CASE("what expires is found without a walk over what does not") {
    // 200 000 messages that stay would make 20 000 walks over them take minutes.
    auto l = with_ttl(1'000'000ms);
    l.max_messages = 1'000'000;
    l.max_bytes = 1'000'000;
    l.max_queues = 100'000;
    queue_desk d(l);
    for (int i = 0; i < 20'000; ++i) (void)d.send_to(nth(i), "a");
    for (int i = 0; i < 180'000; ++i) (void)d.send("a");
    for (int i = 0; i < 20'000; ++i) d.store.expire(++d.now);
    (void)d.subscribe(1, 100'000);
    CHECK(d.deliveries().size() == 100'000);
    CHECK(d.losses().empty());
}

TEST_CASE("many consumers of a queue cost no more a message than one") {
    queue_desk d;
    constexpr int count = 50'000;
    for (consumer_id who = 1; who <= count; ++who) (void)d.subscribe(who, 1);
    for (int i = 0; i < 1000; ++i) (void)d.send("a");  // each to another
    CHECK(d.deliveries().size() == 1000);
    for (int i = 0; i < 50'000; ++i) {  // all but the last are full or go on as they were
        (void)d.send("x");
        for (auto const& each : d.store.take_deliveries())
            REQUIRE(d.store.ack(each.to, each.id, false, d.now));
    }
    for (consumer_id who = 1; who <= count; ++who) d.unsubscribe(who);
    CHECK(d.store.count().messages == 1000);
}
