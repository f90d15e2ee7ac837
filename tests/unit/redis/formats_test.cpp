// What is each adapter's own: which channels it speaks on, and when it listens to them.
#include <anywire/redis/emitter.hpp>

#include "unit/redis/cluster_world.hpp"

#include <chrono>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using redis::channel_kind;
using redis::subscription_mode;

namespace {

std::string channel_of(fake_redis const& redis, std::string_view command) {
    return redis.last(command)[1];
}

}  // namespace

// -- pub/sub --------------------------------------------------------------------------------------

TEST_CASE("a broadcast to one room has a channel of its own, and is read only where it is") {
    cluster_world w("pubsub");
    auto& a = w.serve();
    auto& b = w.serve();
    b.add("b1", {"r"});
    a.adapter->broadcast({R"(["ev"])"}, {{"r"}, {}}, {});
    w.redis.run();
    CHECK(channel_of(w.redis, "PUBLISH") == "socket.io#/#r#");
    CHECK(b.here.take() == strings{R"(broadcast ["ev"] to r)"});
    // It is not even decoded where nobody is in the room.
    (void)w.redis.publish(channel_kind::plain, "socket.io#/#nobody#", "\xc1");
    w.redis.run();
    CHECK(w.counters->refused == 0);
    (void)w.redis.publish(channel_kind::plain, "socket.io#/#r#", "\xc1");
    w.redis.run();
    CHECK(w.counters->refused == 1);
}

TEST_CASE("patterns fit names that look like patterns, and only those") {
    cluster_world w("pubsub");
    auto& a = w.serve("/a*");
    auto& b = w.serve("/a*");
    auto& c = w.serve("/ab");
    auto& d = w.serve("/a");
    a.adapter->broadcast({R"(["ev"])"}, {}, {});
    w.redis.run();
    CHECK(b.here.take().size() == 1);
    CHECK(c.here.take().empty());
    CHECK(d.here.take().empty());
    // The namespace "/a#x" looks like the room "x" of "/a".
    auto& e = w.serve("/a#x");
    auto& f = w.serve("/a#x");
    d.add("d1", {"x"});
    e.adapter->broadcast({R"(["ev"])"}, {}, {});
    w.redis.run();
    CHECK(f.here.take().size() == 1);
    CHECK(d.here.take().empty());
}

TEST_CASE("servers of old ask for one socket, and are answered by who has it") {
    cluster_world w("pubsub");
    auto& a = w.serve();
    auto& b = w.serve();
    a.add("a1");
    std::string answer;
    auto const port = w.redis.connect();
    auto const heard = port->subscribe(
        channel_kind::plain, "socket.io-response#/#", [&](auto const& m) { answer = m.payload; });
    (void)w.redis.publish(channel_kind::plain,
                          "socket.io-request#/#",
                          R"({"requestId":"q","type":2,"sid":"a1","room":"r"})");
    w.redis.run();
    CHECK(a.here.take() == strings{"join r to a1"});
    CHECK(b.here.take().empty());
    CHECK(answer == R"({"requestId":"q"})");
}

TEST_CASE("answers go to who has asked alone, where that is wanted") {
    fake_redis redis;
    auto const make = redis::make_pubsub_adapter(redis.connect(), {.answers_on_own_channel = true});
    cluster_server a(redis, make, "/");
    cluster_server b(redis, make, "/");
    b.add("b1");
    int found = 0;
    a.adapter->fetch_sockets(
        {}, {}, [&](error_code, auto const& all) { found = static_cast<int>(all.size()); });
    redis.run();
    CHECK(found == 1);
    auto const& last = redis.last("PUBLISH");
    CHECK(last[1].starts_with("socket.io-response#/#"));
    CHECK(last[1].size() == std::string("socket.io-response#/#").size() + 7);
}

TEST_CASE("an emitter reaches sockets and servers without being a server") {
    cluster_world w("pubsub");
    auto& a = w.serve();
    auto& b = w.serve("/adm");
    a.add("a1", {"r1"});
    redis::emitter const io(w.redis.connect(), {});
    io.to("r1").emit("fromem", 1);
    w.redis.run();
    CHECK(w.redis.last("PUBLISH")[1] == "socket.io#/#r1#");
    CHECK(a.here.take() == strings{R"(broadcast ["fromem",1] to r1)"});
    io.of("adm").except("x").volatile_().compress(false).emit("x", {{"a", 1}});
    w.redis.run();
    CHECK(b.here.take() == strings{R"(broadcast ["x",{"a":1}] but x volatile plain)"});
    io.in("r1").sockets_join({"y", "z"});
    io.in("r1").sockets_leave("z");
    io.in("nobody").disconnect_sockets(true);
    io.server_side_emit("sse1", 1);
    w.redis.run();
    CHECK(a.here.take() == strings{"join y to r1",
                                   "join z to r1",
                                   "leave z to r1",
                                   "disconnect, close to nobody",
                                   "server sse1"});
    CHECK_THROWS_AS(io.emit("disconnect"), std::invalid_argument);
}

// -- sharded --------------------------------------------------------------------------------------

TEST_CASE("rooms have channels of their own, as the mode says, while somebody is in them") {
    cluster_world w("sharded");
    w.mode = GENERATE(
        subscription_mode::fixed, subscription_mode::dynamic, subscription_mode::dynamic_private);
    auto& a = w.serve();
    auto& b = w.serve();
    std::string const id = "CxSuyeFo8y5wmdZWAAAD";
    auto const has_rooms = w.mode != subscription_mode::fixed;
    auto const has_private = w.mode == subscription_mode::dynamic_private;
    b.add(id, {"r", "s"});
    CHECK(w.redis.subscribers("socket.io#/#r#") == (has_rooms ? 1 : 0));
    CHECK(w.redis.subscribers("socket.io#/#" + id + "#") == (has_private ? 1 : 0));
    a.adapter->broadcast({R"(["ev"])"}, {{"r"}, {}}, {});
    w.redis.run();
    CHECK(channel_of(w.redis, "SPUBLISH") == (has_rooms ? "socket.io#/#r#" : "socket.io#/#"));
    a.adapter->broadcast({R"(["id"])"}, {{id}, {}}, {});
    w.redis.run();
    CHECK(channel_of(w.redis, "SPUBLISH") ==
          (has_private ? "socket.io#/#" + id + "#" : "socket.io#/#"));
    a.adapter->broadcast({R"(["two"])"}, {{"r", "s"}, {}}, {});
    w.redis.run();
    CHECK(channel_of(w.redis, "SPUBLISH") == "socket.io#/#");
    CHECK(b.here.take().size() == 3);
    // Shards tell of it in any order.
    b.adapter->on_room(room_change::left, "r", id);
    b.adapter->on_room(room_change::left, "r", "other");
    b.adapter->on_room(room_change::joined, "r", "other");
    CHECK(w.redis.subscribers("socket.io#/#r#") == 0);
    CHECK(w.redis.subscribers("socket.io#/#s#") == (has_rooms ? 1 : 0));
}

TEST_CASE("a room's name is as long as JavaScript says") {
    cluster_world w("sharded");
    auto& a = w.serve();
    auto& b = w.serve();
    // 20 units of UTF-16, 40 bytes; and 20 bytes, 10 units.
    std::string twenty;
    for (int i = 0; i < 20; ++i) twenty += "\u00e9";
    auto const ten = twenty.substr(0, 20);
    b.add("b", {twenty, ten});
    CHECK(w.redis.subscribers("socket.io#/#" + twenty + "#") == 0);
    CHECK(w.redis.subscribers("socket.io#/#" + ten + "#") == 1);
    a.adapter->broadcast({R"(["ev"])"}, {{twenty}, {}}, {});
    w.redis.run();
    CHECK(channel_of(w.redis, "SPUBLISH") == "socket.io#/#");
}

// -- streams --------------------------------------------------------------------------------------

TEST_CASE("namespaces are spread among streams as in Node") {
    CHECK(redis::stream_suffix("/", 1) == "");
    CHECK(redis::stream_suffix("/", 3) == "-2");  // 47 % 3
    CHECK(redis::stream_suffix("/foo", 4) == "-3");
    CHECK(redis::stream_suffix("/a-long-name-whose-hash-is-beyond-31-bits", 5).starts_with("-"));
}

TEST_CASE("ids of entries are two numbers, and have an order") {
    CHECK(redis::parse_entry_id("12-3") == redis::entry_id{12, 3});
    for (auto const* const wrong :
         {"", "1", "1-", "-1", "a-b", "1-2-3", "1-2 ", "$", "+", "99999999999999999999-1"})
        CHECK_FALSE(redis::parse_entry_id(wrong));
    CHECK(redis::entry_id{1, UINT64_MAX}.next() == redis::entry_id{2, 0});
    CHECK(redis::entry_id{1, 2} < redis::entry_id{2, 0});
}
