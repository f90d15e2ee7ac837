// Nodes that come and go, and what they say to each other.
#include "bus_bench.hpp"

#include <catch2/catch.hpp>

#include <future>
#include <optional>

using namespace anywire;
using namespace anywire::test;

TEST_CASE("a message reaches all nodes that hear its channel, in order") {
    bus_place const at;
    bus_node const a(at.options());
    bus_node const b(at.options());
    bus_node const c(at.options());
    auto const at_a = a.hear("x");
    auto const at_b = b.hear("x");
    auto const at_c = c.hear("y");
    REQUIRE(a.knows(b));
    REQUIRE(a.knows(c));
    REQUIRE(b.knows(a));
    REQUIRE(eventually([&] { return a.count("x") == 2 && a.count("y") == 1; }));
    CHECK(eventually([&] { return a.count("x") == 2 && c.count("x") == 2 && b.count("y") == 1; }));
    CHECK(b.count("nobody's") == 0);
    constexpr int many = 1000;
    for (int i = 0; i < many; ++i) a.say("x", std::to_string(i));
    a.say("y", "other");
    REQUIRE(b.seen->wait_for("x: ", many));
    REQUIRE(a.seen->wait_for("x: ", many));  // its own, as from Redis
    REQUIRE(c.seen->wait_for("y: other"));
    auto const all = b.seen->all();
    for (int i = 0; i < many; ++i)
        REQUIRE(all[static_cast<std::size_t>(i)] == "x: " + std::to_string(i));
    CHECK(c.seen->all().size() == 1);
    auto const h = a.port->health();
    CHECK(h.nodes == 2);
    CHECK(h.sent >= many + 1);
    CHECK(h.dropped == 0);
    CHECK(h.refused == 0);
}

TEST_CASE("a message larger than a socket's buffer comes whole") {
    bus_place const at;
    bus_node const a(at.options());
    bus_node const b(at.options());
    auto const heard = b.hear("x");
    REQUIRE(a.knows(b));
    REQUIRE(eventually([&] { return a.count("x") == 1; }));
    std::string const large(8u << 20, 'x');
    a.say("x", large);
    a.say("x", "after");
    REQUIRE(b.seen->wait_for("x: after"));
    CHECK(b.seen->all().front() == "x: " + large);
    CHECK(eventually([&] { return a.port->health().queued_bytes == 0; }));
}

TEST_CASE("what a node says before others have told of their channels is not lost") {
    bus_place const at;
    bus_node const a(at.options());
    auto const heard = a.hear("x");
    REQUIRE(eventually([&] { return a.count("x") == 1; }));
    bus_node const b(at.options());
    b.say("x", "at once");
    CHECK(b.count("x") == 1);  // waits for what they tell
    CHECK(a.seen->wait_for("x: at once"));
}

TEST_CASE("what a node has said arrives when it goes at once") {
    bus_place const at;
    bus_node const a(at.options());
    auto const heard = a.hear("x");
    std::string const large(8u << 20, 'x');
    {
        bus_node const b(at.options());
        REQUIRE(b.knows(a));
        REQUIRE(eventually([&] { return b.count("x") == 1; }));
        for (int i = 0; i < 1'000; ++i) b.say("x", std::to_string(i));
        b.say("x", large);
    }
    REQUIRE(a.seen->wait_for("x: ", 1'001));
    CHECK(a.seen->all().back() == "x: " + large);
}

TEST_CASE("a subscription that ends is told to all nodes") {
    bus_place const at;
    bus_node const a(at.options());
    bus_node const b(at.options());
    auto first = b.hear("x");
    auto second = b.hear("x");
    REQUIRE(eventually([&] { return a.count("x") == 1 && b.count("x") == 2; }));
    first.reset();
    CHECK(eventually([&] { return b.count("x") == 1; }));
    CHECK(a.count("x") == 1);
    second.reset();
    CHECK(eventually([&] { return a.count("x") == 0; }));
}

TEST_CASE("a node that ends is missed at once, and one that begins is there at once") {
    bus_place const at;
    bus_node const a(at.options());
    std::optional<bus_node> b(at.options());
    auto const name = b->port->node();
    auto heard = b->hear("x");
    REQUIRE(a.knows(*b));
    REQUIRE(eventually([&] { return a.count("x") == 1; }));
    heard.reset();
    b.reset();
    REQUIRE(a.log->wait_for("unix_bus: node " + name + " has gone"));
    CHECK(eventually([&] { return !at.is_there(name); }));
    CHECK(a.count("x") == 0);
    bus_node const again(at.options());
    CHECK(a.knows(again));
    CHECK(again.knows(a));
    CHECK(a.port->health().lost == 1);
}

TEST_CASE("a node whose socket's file was removed is found again") {
    bus_place const at;
    bus_node const a(at.options());
    std::filesystem::remove(at.temp.file("bus/" + a.port->node() + ".sock"));
    REQUIRE(a.log->wait_for("unix_bus: the socket's file was gone"));
    bus_node const b(at.options());
    CHECK(b.knows(a));
    CHECK(a.knows(b));
}

TEST_CASE("a bus may go in one of its own handlers") {
    bus_place const at;
    auto node = std::make_unique<bus_node>(at.options());
    std::promise<void> done;
    std::shared_ptr<redis::port> last = node->port;
    auto const ended = last->after(1ms, [&] {
        last.reset();
        done.set_value();
    });
    node->port.reset();
    CHECK(done.get_future().wait_for(patience) == std::future_status::ready);
}

TEST_CASE("options that make no sense are refused") {
    bus_place const at;
    auto const check = [&](auto change, char const* text) {
        auto o = at.options();
        change(o);
        CHECK_THROWS_WITH(unix_bus(o), Catch::Contains(text));
    };
    check([](auto& o) { o.max_message_bytes = 0; }, "max_message_bytes");
    check([](auto& o) { o.max_message_bytes = std::size_t{2} << 30; }, "max_message_bytes");
    check([](auto& o) { o.max_queued_bytes = 1; }, "max_queued_bytes");
    check([](auto& o) { o.max_nodes = 0; }, "max_nodes");
    check([](auto& o) { o.look_every = 0ms; }, "look_every");
    check([](auto& o) { o.folder.clear(); }, "folder");
    CHECK_THROWS_AS(unix_bus(at.options()).endpoint_bus({}), std::invalid_argument);
}
