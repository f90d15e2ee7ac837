// What all adapters do, whatever they say to each other.
#include "unit/redis/cluster_world.hpp"

#include <algorithm>
#include <chrono>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using socketio::emit_flags;
using socketio::encoded;

TEST_CASE("a broadcast is sent here and by all others, once") {
    cluster_world w(some_kind());
    CAPTURE(w.kind_of);
    auto& a = w.serve();
    auto& b = w.serve();
    auto& c = w.serve("/other");
    a.adapter->broadcast({R"(["ev",1])"}, {}, {});
    CHECK(a.here.take() == strings{R"(broadcast ["ev",1])"});
    w.redis.run();
    CHECK(a.here.take().empty());
    CHECK(b.here.take() == strings{R"(broadcast ["ev",1])"});
    CHECK(c.here.take().empty());
    CHECK(w.counters->refused == 0);
}

TEST_CASE("rooms, exceptions, flags and bytes arrive with a broadcast") {
    cluster_world w(some_kind());
    CAPTURE(w.kind_of);
    auto& a = w.serve();
    auto& b = w.serve();
    b.add("x", {"r"});
    w.redis.run();
    emit_flags const flags{.is_volatile = true, .is_compressed = false, .key = "k"};
    a.adapter->broadcast({R"(["ev"])"}, {{"r", "s"}, {"t"}}, flags);
    a.adapter->broadcast({R"(["ev",{"_placeholder":true,"num":0}])", {"\x01"}}, {{"r"}, {}}, {});
    w.redis.run();
    CHECK(b.here.take() == strings{R"(broadcast ["ev"] to r to s but t volatile plain latest k)",
                                   R"(broadcast ["ev",{"_placeholder":true,"num":0}] to r)"});
    a.here.take();
    a.adapter->broadcast({R"(["ev"])"}, {}, {.is_local = true});
    w.redis.run();
    CHECK(a.here.take() == strings{R"(broadcast ["ev"])"});
    CHECK(b.here.take().empty());
}

TEST_CASE("sockets of other servers join, leave and are ended") {
    cluster_world w(some_kind());
    CAPTURE(w.kind_of);
    auto& a = w.serve();
    auto& b = w.serve();
    a.adapter->sockets_join({{"r"}, {"t"}}, {}, {"x", "y"});
    a.adapter->sockets_leave({}, {}, {"x"});
    a.adapter->disconnect_sockets({{"r"}, {}}, {}, true);
    strings const all{
        "join x to r but t", "join y to r but t", "leave x", "disconnect, close to r"};
    CHECK(a.here.take() == all);
    w.redis.run();
    CHECK(a.here.take().empty());
    CHECK(b.here.take() == all);
    a.adapter->sockets_join({}, {.is_local = true}, {"x"});
    a.adapter->sockets_leave({}, {.is_local = true}, {"x"});
    a.adapter->disconnect_sockets({}, {.is_local = true}, false);
    w.redis.run();
    CHECK(a.here.take().size() == 3);
    CHECK(b.here.take().empty());
}

TEST_CASE("the sockets of all servers are fetched, with what is kept beside them") {
    cluster_world w(some_kind());
    CAPTURE(w.kind_of);
    auto& a = w.serve();
    auto& b = w.serve();
    (void)w.serve();
    a.add("a1", {"r"});
    b.add("b1", {"r"});
    b.add("b2");
    auto& s = b.here.sockets.front();
    s.data = json_value::parse(R"({"who":"b"})").value();
    s.handshake.address = "10.0.0.1";
    s.handshake.headers = {{"host", "here"}};
    s.handshake.query = {{"q", "1"}};
    s.handshake.issued = 12;
    s.handshake.secure = true;
    fetched all;
    a.adapter->fetch_sockets({}, {}, std::ref(all));
    w.redis.run();
    CHECK(all.calls == 1);
    CHECK_FALSE(all.error);
    CHECK(all.ids == strings{"a1", "b1", "b2"});
    fetched some;
    a.adapter->fetch_sockets({{"r"}, {"a1"}}, {}, std::ref(some));
    w.redis.run();
    REQUIRE(some.ids == strings{"b1"});
    auto const& found = some.sockets.front();
    CHECK(found.rooms == strings{"b1", "r"});
    CHECK(found.handshake.address == "10.0.0.1");
    CHECK(found.handshake.headers == s.handshake.headers);
    CHECK(found.handshake.query == s.handshake.query);
    CHECK(found.handshake.issued == 12);
    CHECK(found.handshake.secure);
    CHECK(std::any_cast<json_value>(found.data).view().text() == R"({"who":"b"})");
    fetched here;
    a.adapter->fetch_sockets({}, {.is_local = true}, std::ref(here));
    CHECK(here.ids == strings{"a1"});
}

TEST_CASE("a server that does not answer costs its own answer and the time, no more") {
    cluster_world w(some_kind());
    CAPTURE(w.kind_of);
    auto& a = w.serve();
    auto& b = w.serve();
    b.add("b1");
    // It is counted, but nobody is there.
    auto const silent = w.kind_of == "pubsub" ? "socket.io-request#/#" : "socket.io#/#";
    auto const port = w.redis.connect();
    auto const held = port->subscribe(
        w.kind_of == "sharded" ? redis::channel_kind::sharded : redis::channel_kind::plain,
        silent,
        [](auto const&) {});
    fetched all;
    a.adapter->fetch_sockets({}, {}, std::ref(all));
    answered acks;
    a.adapter->broadcast_with_ack({R"(["q"])"}, {}, {.timeout = 1s}, std::ref(acks));
    answered servers;
    b.here.on_server = [](socketio::event const& e) { e.answer("b"); };
    a.adapter->server_side_emit({R"(["sse"])"}, std::ref(servers));
    w.redis.advance(999ms);
    CHECK(acks.calls == 0);
    w.redis.advance(1ms);
    CHECK(acks.calls == 1);
    CHECK(acks.error == errc::ack_timeout);
    CHECK(acks.values == strings{"b1"});
    CHECK(all.calls == 0);
    w.redis.advance(4s);
    CHECK(all.calls == 1);
    CHECK(all.error == errc::ack_timeout);
    CHECK(all.ids == strings{"b1"});
    CHECK(servers.calls == 1);
    CHECK(servers.error == errc::ack_timeout);
    CHECK(servers.values == strings{"b"});
    CHECK(w.counters->timed_out == 3);
}

TEST_CASE("acknowledgements of all servers' clients are gathered as they come") {
    cluster_world w(some_kind());
    CAPTURE(w.kind_of);
    auto& a = w.serve();
    auto& b = w.serve();
    (void)w.serve();
    a.add("a1");
    b.add("b1", {"r"});
    b.add("b2", {"r"});
    answered all;
    a.adapter->broadcast_with_ack({R"(["q",1])"}, {}, {.timeout = 1s}, std::ref(all));
    w.redis.run();
    CHECK(all.calls == 1);
    CHECK_FALSE(all.error);
    CHECK(all.values == strings{"a1", "b1", "b2"});
    b.here.answers = false;
    answered late;
    a.adapter->broadcast_with_ack({R"(["q",2])"}, {{"r"}, {}}, {.timeout = 1s}, std::ref(late));
    w.redis.run();
    CHECK(late.calls == 0);
    b.here.asked->on_answer({R"(["first"])"});
    w.redis.run();
    CHECK(late.calls == 0);
    b.here.asked->on_answer({R"([{"_placeholder":true,"num":0}])", {"\x07"}});
    w.redis.run();
    CHECK(late.calls == 1);
    CHECK_FALSE(late.error);
    CHECK(late.values == strings{"?", "first"});
}

TEST_CASE("a socket here that leaves without an answer is an error, not a wait") {
    cluster_world w(some_kind());
    auto& a = w.serve();
    (void)w.serve();
    a.add("a1");
    a.here.answers = false;
    answered all;
    a.adapter->broadcast_with_ack({R"(["q",1])"}, {}, {.timeout = 1s}, std::ref(all));
    w.redis.run();
    CHECK(all.calls == 0);
    a.here.asked->on_lost(errc::session_closed);
    CHECK(all.calls == 1);
    CHECK(all.error == errc::session_closed);
}

TEST_CASE("servers tell each other events, and answer them") {
    cluster_world w(some_kind());
    CAPTURE(w.kind_of);
    auto& a = w.serve();
    auto& b = w.serve();
    auto& c = w.serve();
    a.adapter->server_side_emit({R"(["hello",1])"}, nullptr);
    w.redis.run();
    CHECK(a.here.take().empty());
    CHECK(b.here.take() == strings{"server hello"});
    CHECK(c.here.take() == strings{"server hello"});
    b.here.on_server = [](socketio::event const& e) {
        CHECK(e.args()[0].as_int64() == 7);
        e.answer("b");
        e.answer("only the first counts");
    };
    c.here.on_server = [](socketio::event const& e) { e.answer("c"); };
    answered all;
    a.adapter->server_side_emit({R"(["ask",7])"}, std::ref(all));
    w.redis.run();
    CHECK(all.calls == 1);
    CHECK_FALSE(all.error);
    CHECK(all.values == strings{"b", "c"});
    std::size_t servers = 0;
    a.adapter->server_count([&](std::size_t n) { servers = n; });
    w.redis.run();
    CHECK(servers == 3);
}

TEST_CASE("a server alone gets its answers at once") {
    cluster_world w(some_kind());
    auto& a = w.serve();
    a.add("a1");
    fetched all;
    a.adapter->fetch_sockets({}, {}, std::ref(all));
    answered acks;
    a.adapter->broadcast_with_ack({R"(["q"])"}, {}, {}, std::ref(acks));
    answered servers;
    a.adapter->server_side_emit({R"(["sse"])"}, std::ref(servers));
    w.redis.run();
    CHECK(all.ids == strings{"a1"});
    CHECK(acks.values == strings{"a1"});
    CHECK(servers.calls == 1);
    CHECK_FALSE(servers.error);
}

TEST_CASE("rooms and members are listed over all servers") {
    cluster_world w(some_kind());
    CAPTURE(w.kind_of);
    auto& a = w.serve();
    auto& b = w.serve();
    a.add("a1", {"r"});
    b.add("b1", {"r", "s"});
    named rooms;
    a.adapter->all_rooms(std::ref(rooms));
    named members;
    a.adapter->members_of({{"r"}, {}}, std::ref(members));
    named others;
    a.adapter->members_of({{"r"}, {"s"}}, std::ref(others));
    named of_one;
    a.adapter->rooms_of("b1", std::ref(of_one));
    std::size_t n = 0;
    a.adapter->count_of({}, [&](error_code, std::size_t found) { n = found; });
    w.redis.run();
    CHECK(rooms.names == strings{"a1", "b1", "r", "s"});
    CHECK(members.names == strings{"a1", "b1"});
    CHECK(others.names == strings{"a1"});
    CHECK(of_one.names == strings{"b1", "r", "s"});
    CHECK(n == 2);
}
