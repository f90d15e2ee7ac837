// What a cluster of a hundred servers says to Redis, and hears of it: docs/scaling-out.md has these
// numbers as a table.
#include "unit/redis/cluster_world.hpp"

#include <chrono>
#include <functional>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t servers = 100;

/// What something costs: commands to Redis, and messages that servers are given by it.
struct cost {
    std::size_t commands = 0;
    std::size_t messages = 0;
    bool operator==(cost const&) const = default;
};
std::ostream& operator<<(std::ostream& out, cost const& c) {
    return out << c.commands << " commands, " << c.messages << " messages";
}

/// A hundred servers, each with a client. The clients of three are in a room.
struct hundred_servers {
    explicit hundred_servers(std::string const& kind, bool own_answers = false) : world(kind) {
        world.own_answers = own_answers;
        for (std::size_t i = 0; i < servers; ++i) {
            auto& s = world.serve();
            if (i < 3)
                s.add("client" + std::to_string(i), {"room"});
            else
                s.add("client" + std::to_string(i));
        }
        world.redis.run();
    }
    cost of(std::function<void(socketio::adapter&)> const& what) {
        world.redis.commands.clear();
        world.redis.delivered = 0;
        what(*world.servers.front()->adapter);
        world.redis.run();
        return {world.redis.commands.size(), world.redis.delivered};
    }

    cluster_world world;
};

cost fetch(hundred_servers& all) {
    fetched found;
    auto const c =
        all.of([&](socketio::adapter& at) { at.fetch_sockets({}, {}, std::ref(found)); });
    CHECK(found.ids.size() == servers);
    return c;
}

cost ask_clients(hundred_servers& all) {
    answered acks;
    auto const c = all.of([&](socketio::adapter& at) {
        at.broadcast_with_ack({R"(["q"])"}, {}, {.timeout = 1s}, std::ref(acks));
    });
    CHECK(acks.values.size() == servers);
    return c;
}

cost ask_servers(hundred_servers& all) {
    for (auto const& s : all.world.servers)
        s->here.on_server = [](socketio::event const& e) { e.answer("yes"); };
    answered answers;
    auto const c = all.of(
        [&](socketio::adapter& at) { at.server_side_emit({R"(["q"])"}, std::ref(answers)); });
    CHECK(answers.values.size() == servers - 1);
    return c;
}

cost broadcast(hundred_servers& all, audience const& to) {
    return all.of([&](socketio::adapter& at) { at.broadcast({R"(["ev"])"}, to, {}); });
}

}  // namespace

TEST_CASE("a broadcast is one command, and a message for each server that reads its channel") {
    hundred_servers pubsub("pubsub");
    hundred_servers sharded("sharded");
    hundred_servers streams("streams");
    audience const room{{"room"}, {}};
    CHECK(broadcast(pubsub, {}) == cost{1, servers});
    CHECK(broadcast(sharded, {}) == cost{1, servers});
    CHECK(broadcast(streams, {}) == cost{1, servers});
    CHECK(broadcast(pubsub, room) == cost{1, servers});
    CHECK(broadcast(sharded, room) == cost{1, 3});
    CHECK(broadcast(streams, room) == cost{1, servers});
}

TEST_CASE("a join costs nothing, but a channel for the first member of a room with its own") {
    for (auto const* kind : {"pubsub", "sharded", "streams"}) {
        CAPTURE(kind);
        hundred_servers all(kind);
        auto const before = all.world.redis.subscriber_count();
        CHECK(all.of([&](auto&) { all.world.servers[5]->add("a", {"new"}); }) == cost{});
        CHECK(all.of([&](auto&) { all.world.servers[5]->add("b", {"new"}); }) == cost{});
        auto const more = all.world.redis.subscriber_count() - before;
        // Of "new", and of what are too short for ids of sockets.
        CHECK(more == (kind == std::string("sharded") ? 3 : 0));
        CHECK(all.of([](auto& at) { at.sockets_join({}, {}, {"r"}); }) == cost{1, servers});
    }
}

TEST_CASE("a question is answered by each server") {
    // Answers that all servers read: 99 times 100.
    hundred_servers pubsub("pubsub");
    CHECK(fetch(pubsub) == cost{1 + 1 + 99, 100 + 99 * 100});
    CHECK(ask_servers(pubsub) == cost{1 + 1 + 99, 100 + 99 * 100});
    CHECK(ask_clients(pubsub) == cost{1 + 1 + 2 * 99, 100 + 2 * 99 * 100});
    hundred_servers own("pubsub", true);
    CHECK(fetch(own) == cost{1 + 1 + 99, 100 + 99});
    CHECK(ask_servers(own) == cost{1 + 1 + 99, 100 + 99});
    CHECK(ask_clients(own) == cost{1 + 1 + 2 * 99, 100 + 2 * 99});
    hundred_servers sharded("sharded");
    CHECK(fetch(sharded) == cost{1 + 1 + 99, 100 + 99});
    CHECK(ask_servers(sharded) == cost{1 + 1 + 99, 100 + 99});
    CHECK(ask_clients(sharded) == cost{1 + 1 + 2 * 99, 100 + 2 * 99});
    hundred_servers streams("streams");
    CHECK(fetch(streams) == cost{1 + 1 + 99, 100 + 99});
    CHECK(ask_servers(streams) == cost{1 + 1 + 99, 100 + 99});
    CHECK(ask_clients(streams) == cost{1 + 1 + 2 * 99, 100 + 2 * 99});
}

TEST_CASE("servers that have nothing to say say nothing") {
    for (auto const* kind : {"pubsub", "sharded", "streams"}) {
        CAPTURE(kind);
        hundred_servers all(kind);
        CHECK(all.of([&](auto&) { all.world.redis.advance(1h); }) == cost{});
    }
}
