// What adapters do when Redis is gone, when there is too much, and with what makes no sense.
#include "unit/redis/cluster_world.hpp"

#include <chrono>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

TEST_CASE("without Redis a server goes on alone, and says so") {
    cluster_world w(some_kind());
    CAPTURE(w.kind_of);
    auto& a = w.serve();
    auto& b = w.serve();
    a.add("a1");
    b.add("b1");
    w.redis.set_up(false);
    a.adapter->broadcast({R"(["ev"])"}, {}, {});
    CHECK(a.here.take() == strings{R"(broadcast ["ev"])"});
    fetched all;
    a.adapter->fetch_sockets({}, {}, std::ref(all));
    answered acks;
    a.adapter->broadcast_with_ack({R"(["q"])"}, {}, {}, std::ref(acks));
    answered servers;
    a.adapter->server_side_emit({R"(["sse"])"}, std::ref(servers));
    CHECK(all.ids == strings{"a1"});
    CHECK(all.error == redis::errc::connection_lost);
    CHECK(acks.values == strings{"a1"});
    CHECK(acks.error == redis::errc::connection_lost);
    CHECK(servers.error == redis::errc::connection_lost);
    w.redis.run();
    w.redis.set_up(true);
    a.here.take();
    a.adapter->broadcast({R"(["again"])"}, {}, {});
    w.redis.run();
    CHECK(a.here.take() == strings{R"(broadcast ["again"])"});
    CHECK(b.here.take() == strings{R"(broadcast ["again"])"});
}

TEST_CASE("questions are bounded, and end with their server") {
    cluster_world w(some_kind(), {.max_pending_requests = 2});
    auto& a = w.serve();
    (void)w.serve();
    a.add("a1");
    fetched one;
    fetched two;
    fetched three;
    a.adapter->fetch_sockets({}, {}, std::ref(one));
    a.adapter->fetch_sockets({}, {}, std::ref(two));
    a.adapter->fetch_sockets({}, {}, std::ref(three));
    CHECK(three.calls == 1);
    CHECK(three.error == redis::errc::queue_full);
    CHECK(three.ids == strings{"a1"});
    CHECK(one.calls == 0);
    a.adapter->close();
    CHECK(one.calls == 1);
    CHECK(one.error == errc::session_closed);
    CHECK(two.calls == 1);
    w.redis.advance(10s);
    CHECK(one.calls == 1);
    fetched after;
    a.adapter->fetch_sockets({}, {}, std::ref(after));
    CHECK(after.error == errc::session_closed);
}

TEST_CASE("answers are bounded, too") {
    cluster_world w(some_kind(), {.max_answer_bytes = 2'000});
    auto& a = w.serve();
    auto& b = w.serve();
    (void)w.serve();
    for (int i = 0; i < 10; ++i) b.add("b" + std::to_string(i));
    fetched all;
    a.adapter->fetch_sockets({}, {}, std::ref(all));
    w.redis.run();
    CHECK(all.calls == 1);
    CHECK(all.error == errc::message_too_big);
}

TEST_CASE("what makes no sense is counted, logged once in a while, and harms nobody") {
    cluster_world w(some_kind());
    CAPTURE(w.kind_of);
    auto& a = w.serve();
    a.add("a1");
    auto const kind =
        w.kind_of == "sharded" ? redis::channel_kind::sharded : redis::channel_kind::plain;
    strings const junk{"",
                       "{",
                       "{}",
                       "\xc1",
                       "\x93\xa1",
                       R"({"type":99})",
                       R"({"type":3,"uid":"x"})",
                       R"({"requestId":5})",
                       "\x93\x01\x02\x03",
                       std::string("{\"type\":\"\xff\"}"),
                       R"({"type":5,"requestId":"x","opts":5})"};
    strings const channels{"socket.io#/#", "socket.io-request#/#", "socket.io-response#/#"};
    for (auto const& channel : channels)
        for (auto const& bytes : junk) (void)w.redis.publish(kind, channel, bytes);
    w.redis.run();
    auto const refused = w.counters->refused.load();
    CHECK(refused >= junk.size());
    CHECK(w.redis.log.size() == 1);
    CHECK(a.here.take().empty());
    w.redis.advance(2s);
    (void)w.redis.publish(kind, "socket.io#/#", "\xc1");
    w.redis.run();
    REQUIRE(w.redis.log.size() == 2);
    CHECK(w.redis.log.back().find(std::to_string(refused - 1) + " more") != std::string::npos);
}
