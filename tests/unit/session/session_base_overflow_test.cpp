// What a session does with messages that its peer does not read: the four policies.
#include "session/queue_budget.hpp"
#include "session/session_base.hpp"
#include "support/printers.hpp"
#include "support/session_fixture.hpp"
#include "support/small_queue.hpp"

#include <catch2/catch.hpp>

#include <cstddef>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;

TEST_CASE("an empty queue takes any one message, whatever the policy") {
    for (auto const policy : policies) {
        world w(small(policy));
        auto& transport = w.transport();
        auto& s = w.plain(transport);
        CHECK(w.send(s, text_of(100'000)));
        CHECK(transport.take() == strings{text_of(100'000)});
        CHECK(s.is_open());
        CHECK(s.dropped() == 0);
    }
}

TEST_CASE("what the protocol itself has queued does not stand in the way of one message") {
    for (auto const policy : policies) {
        world w(small(policy));
        auto& transport = w.transport();
        w.on_open = [](session& s) { CHECK(s.send(text_of(1000))); };
        w.sockjs_websocket(transport);
        CHECK(transport.written.size() == 2);
        CHECK(w.closes == 0);
    }
}

TEST_CASE("messages fit up to the limit exactly, each charged 64 bytes") {
    world w(small(overflow_policy::drop_newest));
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    transport.block();
    CHECK(w.send(s, "on the wire"));
    for (int i = 0; i < 3; ++i) CHECK(s.send("x"));
    CHECK(s.queued_bytes() == 195);
    CHECK(s.send("").error() == errc::message_dropped);
}

TEST_CASE("a slow consumer is closed, and what it did not read is dropped") {
    world w(small(overflow_policy::close));
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    transport.block(100);
    CHECK(w.send(s, "1"));
    CHECK(s.send("2"));
    CHECK(s.send("3").error() == errc::session_closed);
    CHECK(s.send("4").error() == errc::session_closed);
    CHECK_FALSE(s.is_open());
    w.loop.flush();
    CHECK(w.heard == strings{"open", "close slow_consumer 1013 slow consumer"});
    CHECK(transport.written == strings{"1"});
    CHECK(transport.goodbye == "1013 slow consumer");
}

TEST_CASE("a slow consumer closed by a broadcast in another's handler closes once") {
    world w(small(overflow_policy::close));
    auto& fast_transport = w.transport();
    auto& slow_transport = w.transport();
    auto& fast = w.plain(fast_transport, "fast");
    w.plain(slow_transport, "slow");
    slow_transport.block(190);
    w.on_message = [&](session&, message_view m) {
        shared_message shared(m);
        w.endpoint.broadcast(shared);
    };
    for (auto const* m : {"1", "2", "3"}) w.receive(fast, fast_transport, m);
    CHECK(w.heard == strings{"fast: open",
                             "slow: open",
                             "fast: message 1",
                             "fast: message 2",
                             "slow: close slow_consumer 1013 slow consumer",
                             "fast: message 3"});
    CHECK(fast_transport.written == strings{"1", "2", "3"});
}

TEST_CASE("a refused message is not sent, and the drain is told once when all is out") {
    world w(small(overflow_policy::refuse));
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    transport.block(100);
    CHECK(w.send(s, "1"));
    CHECK(s.send("2"));
    CHECK(s.send("3").error() == errc::send_queue_full);
    CHECK(s.send("4").error() == errc::send_queue_full);
    w.loop.flush();
    CHECK(w.take() == strings{"open"});
    transport.pending = 50;
    s.on_writable(transport);  // takes "2" and blocks again: still not empty
    w.loop.flush();
    CHECK(w.take().empty());
    w.unblock(s, transport);
    CHECK(w.take() == strings{"drain"});
    CHECK(w.send(s, "5"));
    w.writable(s, transport);
    CHECK(w.take().empty());
    CHECK(transport.written == strings{"1", "2", "5"});
    CHECK(s.dropped() == 0);
}

TEST_CASE("a drain handler that fills the queue again is told again") {
    world w(small(overflow_policy::refuse));
    auto& transport = w.transport();
    int left = 10;
    auto const produce = [&](session& s) {
        while (left > 0 && s.send(std::to_string(left))) --left;
    };
    w.on_open = produce;
    w.on_drain = produce;
    transport.block(1);
    auto& s = w.plain(transport);
    for (int rounds = 0; left > 0 && rounds < 20; ++rounds) w.writable(s, transport);
    w.unblock(s, transport);
    CHECK(left == 0);
    CHECK(transport.written == strings{"10", "9", "8", "7", "6", "5", "4", "3", "2", "1"});
}

TEST_CASE("no drain is told to a session that has closed meanwhile") {
    world w(small(overflow_policy::refuse));
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    transport.block(1);
    while (w.send(s, "x")) continue;
    w.close(s);
    w.unblock(s, transport);
    CHECK(w.heard == strings{"open", "close server_closed 1000"});
}

TEST_CASE("drop_oldest makes room by dropping the oldest, and counts") {
    world w(small(overflow_policy::drop_oldest));
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    transport.block();
    CHECK(w.send(s, "0"));
    for (auto const* m : {"1", "2", "3", "4", "5"}) CHECK(s.send(m));
    CHECK(s.dropped() == 2);
    CHECK(s.queued_bytes() <= w.limits.max_queued_bytes);
    w.unblock(s, transport);
    CHECK(transport.written == strings{"0", "3", "4", "5"});
}

TEST_CASE("drop_oldest takes a message beyond the limit when it was all that is left") {
    world w(small(overflow_policy::drop_oldest));
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    transport.block();
    CHECK(w.send(s, "0"));
    for (auto const* m : {"1", "2", "3"}) CHECK(s.send(m));
    CHECK(s.send(text_of(1000)));
    CHECK(s.dropped() == 3);
    w.unblock(s, transport);
    CHECK(transport.written == strings{"0", text_of(1000)});
}

TEST_CASE("drop_oldest cannot drop what the transport holds, and drops the newest then") {
    world w(small(overflow_policy::drop_oldest));
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    transport.block(180);
    CHECK(w.send(s, "1"));
    CHECK(s.send("2").error() == errc::message_dropped);
    CHECK(s.dropped() == 1);
    CHECK(s.queued_bytes() == 180);
}

TEST_CASE("drop_newest drops the newest, and counts") {
    world w(small(overflow_policy::drop_newest));
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    transport.block();
    CHECK(w.send(s, "0"));
    for (auto const* m : {"1", "2", "3"}) CHECK(s.send(m));
    for (auto const* m : {"4", "5"}) CHECK(s.send(m).error() == errc::message_dropped);
    CHECK(s.dropped() == 2);
    w.unblock(s, transport);
    CHECK(transport.written == strings{"0", "1", "2", "3"});
    CHECK(w.heard == strings{"open"});
}

TEST_CASE("no policy drops the protocol's own frames") {
    for (auto const policy : {overflow_policy::drop_oldest, overflow_policy::drop_newest}) {
        world w(small(policy));
        auto& transport = w.transport(carrier::stream);
        auto& s = w.sockjs(nullptr);  // "o" waits for the first receiver
        for (int i = 0; i < 20; ++i) (void)s.send(std::to_string(i));
        w.close(s, app_code(3000), "bye");
        w.attach(s, transport);
        CHECK(transport.written.front() == "o");
        CHECK(transport.written.back() == "c[3000,\"bye\"]");
        CHECK(w.heard.back() == "close server_closed 3000 bye");
    }
}
