// A master that sentinels watch over, and a cluster of three.

#include "slots.hpp"
#include "support/redis_bench.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <memory>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using redis::channel_kind;

namespace {

/// Three masters, a third of the slots each.
struct cluster {
    explicit cluster(std::vector<std::string> const& more = {}) {
        for (auto& n : nodes) {
            std::vector<std::string> lines{
                "cluster-enabled yes", "cluster-node-timeout 5000", "cluster-port {port}"};
            lines.insert(lines.end(), more.begin(), more.end());
            n = std::make_unique<redis_server>(lines);
        }
        constexpr std::array<char const*, 4> bounds{"0", "5461", "10923", "16384"};
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            redis_bench at(quick_redis(nodes[i]->url()));
            at.run("CLUSTER",
                   "ADDSLOTSRANGE",
                   bounds[i],
                   std::to_string(std::stoi(bounds[i + 1]) - 1));
            if (i == 0) continue;
            redis_bench first(quick_redis(nodes[0]->url()));
            first.run("CLUSTER",
                      "MEET",
                      "127.0.0.1",
                      std::to_string(nodes[i]->port()),
                      std::to_string(nodes[i]->second_port()));
        }
        for (auto const& n : nodes) {
            redis_bench at(quick_redis(n->url()));
            if (!eventually([&] {
                    return at.run("CLUSTER", "INFO").answer.text.starts_with("cluster_state:ok") &&
                           at.run("CLUSTER", "SLOTS").answer.elements.size() == 3;
                }))
                throw std::runtime_error("the cluster does not come up");
        }
    }
    redis::options options() const {
        auto o = quick_redis("");
        o.cluster = {nodes[0]->address()};
        return o;
    }
    redis_server& owner(std::uint16_t slot) {
        return *nodes[slot < 5461 ? 0 : slot < 10923 ? 1 : 2];
    }

    std::array<std::unique_ptr<redis_server>, 3> nodes{};
};

/// Hands a slot over, as `redis-cli --cluster reshard` does.
void move_slot(std::string const& slot, redis_server& from, redis_server& to) {
    redis_bench source(quick_redis(from.url()));
    redis_bench target(quick_redis(to.url()));
    auto const must = [](redis_bench& b, auto const&... words) {
        auto const got = b.run(words...);
        if (got.error) throw std::runtime_error(got.error.message() + ": " + got.answer.text);
        return got.answer;
    };
    auto const source_id = must(source, "CLUSTER", "MYID").text;
    auto const target_id = must(target, "CLUSTER", "MYID").text;
    must(target, "CLUSTER", "SETSLOT", slot, "IMPORTING", source_id);
    must(source, "CLUSTER", "SETSLOT", slot, "MIGRATING", target_id);
    auto const port = std::to_string(to.port());
    for (auto const& k : must(source, "CLUSTER", "GETKEYSINSLOT", slot, "1000").elements)
        must(source, "MIGRATE", "127.0.0.1", port, k.text, "0", "30000");
    must(target, "CLUSTER", "SETSLOT", slot, "NODE", target_id);
    must(source, "CLUSTER", "SETSLOT", slot, "NODE", target_id);
}

}  // namespace

TEST_CASE("sentinels name the master, and the next one after it is lost") {
    redis_server master;
    redis_server replica({"replicaof 127.0.0.1 " + std::to_string(master.port())});
    redis_server sentinel(
        {"--sentinel",
         "sentinel monitor mine 127.0.0.1 " + std::to_string(master.port()) + " 1",
         "sentinel down-after-milliseconds mine 500",
         "sentinel failover-timeout mine 3000"});
    {
        redis_bench at(quick_redis(sentinel.url()));
        REQUIRE(eventually(
            [&] { return at.run("SENTINEL", "REPLICAS", "mine").answer.elements.size() == 1; }));
        redis_bench copy(quick_redis(replica.url()));
        REQUIRE(eventually([&] {
            return copy.run("INFO", "replication").answer.text.find("master_link_status:up") !=
                   std::string::npos;
        }));
        // Whoever names a replica himself hears that it is one.
        auto const refused = copy.run("SET", "k", "v");
        CHECK(refused.error == redis::errc::error_reply);
        CHECK(refused.answer.text.starts_with("READONLY"));
    }
    auto o = quick_redis("redis://unused");
    o.sentinel.master = "mine";
    o.sentinel.addresses = {"127.0.0.1:" + std::to_string(free_port()), sentinel.address()};
    o.command_timeout = 30s;
    redis_bench b(o);
    auto const kept = b.subscribe("c");
    REQUIRE(b.seen.wait_for("ready reached " + master.address()));
    REQUIRE(b.seen.wait_for("subscribed c"));
    CHECK(b.run("SET", "k", "v").answer.text == "OK");
    REQUIRE(b.run("WAIT", "1", "5000").error == redis::errc::unsupported);
    master.stop(SIGKILL);
    REQUIRE(b.seen.wait_for("lost"));
    REQUIRE(b.seen.wait_for("ready reached " + replica.address()));
    CHECK(b.run("SET", "after", "v").answer.text == "OK");
    b.connection.publish("c", "new master");
    CHECK(b.seen.wait_for("message c new master"));
}

TEST_CASE("a master that no sentinel knows is told so") {
    redis_server sentinel({"--sentinel", "requirepass pw"});
    auto o = quick_redis("redis://unused");
    o.sentinel.addresses = {sentinel.address()};
    SECTION("by its name") {
        o.sentinel.password = "pw";
        redis_bench b(o);
        CHECK(b.log.wait_for("Redis: no sentinel names a master 'mymaster'; the last: sentinel " +
                             sentinel.address() + " knows no master of that name"));
    }
    SECTION("by a sentinel that wants a password") {
        redis_bench b(o);
        CHECK(b.log.wait_for("Redis: no sentinel names a master 'mymaster'; the last: sentinel " +
                             sentinel.address() + " has refused: NOAUTH"));
    }
}

TEST_CASE("commands find the node of their key") {
    cluster c;
    redis_bench b(c.options());
    REQUIRE(b.seen.wait_for("ready"));
    for (int i = 0; i < 100; ++i) {
        auto const n = std::to_string(i);
        CHECK(b.run("SET", "k" + n, n).answer.text == "OK");
        CHECK(b.run("GET", "k" + n).answer.text == n);
    }
    CHECK(b.connection.health().dropped == 0);

    SECTION("keys of several slots") {
        CHECK(b.run("MGET", "k1", "k2").error == redis::errc::cross_slot);
        auto done = std::make_shared<std::promise<error_code>>();
        b.connection.transaction(
            {{"GET", "a"}, {"GET", "b"}},
            [done](error_code ec, redis::reply const&) { done->set_value(ec); });
        CHECK(b.wait(done->get_future()) == redis::errc::cross_slot);
    }
    SECTION("a transaction at the node of its keys") {
        for (auto const* key : {"{a}1", "{b}1", "{c}1", "{d}1"}) {
            auto done = std::make_shared<std::promise<redis_outcome>>();
            b.connection.transaction({{"SET", key, "v"}, {"GET", key}},
                                     [done](error_code ec, redis::reply r) {
                                         done->set_value({ec, std::move(r)});
                                     });
            auto const got = b.wait(done->get_future());
            CHECK_FALSE(got.error);
            CHECK(got.answer.elements.at(1).text == "v");
        }
    }
}

TEST_CASE("channels and streams are at the node of their slot, and plain ones anywhere") {
    cluster c;
    redis_bench b(c.options());
    REQUIRE(b.seen.wait_for("ready"));
    SECTION("sharded channels") {
        std::vector<redis::subscription> all;
        for (auto const* name : {"a", "b", "c"}) {
            all.push_back(b.subscribe(name, channel_kind::sharded));
            REQUIRE(b.seen.wait_for(std::string("subscribed ") + name));
            CHECK(b.count(name, channel_kind::sharded) == 1);
        }
        for (auto const* name : {"a", "b", "c"}) b.connection.spublish(name, "x");
        for (auto const* name : {"a", "b", "c"})
            CHECK(b.seen.wait_for(std::string("message ") + name + " x"));
    }
    SECTION("plain ones are counted at all masters") {
        auto const one = b.subscribe("plain");
        REQUIRE(b.seen.wait_for("subscribed plain"));
        redis_bench other(quick_redis(c.nodes[2]->url()));
        auto const two = other.subscribe("plain");
        REQUIRE(other.seen.wait_for("subscribed plain"));
        CHECK(b.count("plain") == 2);
        other.connection.publish("plain", "x");
        CHECK(b.seen.wait_for("message plain x"));
    }
    SECTION("a stream at the node of its key") {
        std::vector<redis::subscription> all;
        for (auto const* key : {"s1", "s2", "s3", "s4"}) all.push_back(b.read_stream({.key = key}));
        REQUIRE(b.seen.wait_for("reading", 4));
        for (auto const* key : {"s1", "s2", "s3", "s4"}) b.run("XADD", key, "*", "key", key);
        for (auto const* key : {"s1", "s2", "s3", "s4"})
            CHECK(b.seen.wait_for(std::string("entry key=") + key));
    }
}

TEST_CASE("a slot that moves takes its keys, its channels and its streams with it") {
    cluster c;
    redis_bench b(c.options());
    auto const slot = redis::slot_of("k");
    auto& from = c.owner(slot);
    auto& to = *c.nodes[&from == c.nodes[0].get() ? 1 : 0];
    auto const channel = b.subscribe("{k}c", channel_kind::sharded);
    auto const stream = b.read_stream({.key = "{k}s", .block = 200ms});
    REQUIRE(b.seen.wait_for("subscribed {k}c"));
    REQUIRE(b.seen.wait_for("reading"));
    b.run("SET", "k", "v");
    b.run("XADD", "{k}s", "*", "n", "1");
    REQUIRE(b.seen.wait_for("entry n=1"));
    move_slot(std::to_string(slot), from, to);
    CHECK(b.run("GET", "k").answer.text == "v");
    b.run("XADD", "{k}s", "*", "n", "2");
    CHECK(b.seen.wait_for("entry n=2"));
    CHECK(eventually([&] { return b.count("{k}c", channel_kind::sharded) == 1; }));
    b.connection.spublish("{k}c", "moved");
    CHECK(b.seen.wait_for("message {k}c moved"));
    CHECK(b.seen.count("entry") == 2);
    CHECK(b.connection.health().dropped == 0);
}

TEST_CASE("a command is asked at the other node while its slot moves") {
    cluster c;
    redis_bench b(c.options());
    auto const slot = redis::slot_of("k");
    auto& from = c.owner(slot);
    auto& to = *c.nodes[&from == c.nodes[0].get() ? 1 : 0];
    redis_bench source(quick_redis(from.url()));
    redis_bench target(quick_redis(to.url()));
    auto const text = std::to_string(slot);
    target.run("CLUSTER", "SETSLOT", text, "IMPORTING", source.run("CLUSTER", "MYID").answer.text);
    source.run("CLUSTER", "SETSLOT", text, "MIGRATING", target.run("CLUSTER", "MYID").answer.text);
    CHECK(b.run("SET", "k", "v").answer.text == "OK");
    CHECK(b.run("GET", "k").answer.text == "v");
}

TEST_CASE("a node that is lost and comes back is used again") {
    cluster c({"appendonly yes", "cluster-require-full-coverage no"});
    redis_bench b(c.options());
    auto const kept = b.subscribe("{k}c", channel_kind::sharded);
    auto const plain = b.subscribe("plain");
    REQUIRE(b.seen.wait_for("subscribed {k}c"));
    REQUIRE(b.seen.wait_for("subscribed plain"));
    REQUIRE(b.seen.wait_for("ready"));
    auto& node = c.owner(redis::slot_of("k"));
    node.restart();
    REQUIRE(b.seen.wait_for("lost"));
    REQUIRE(b.seen.wait_for("ready", 2));
    CHECK(b.run("SET", "k", "v").answer.text == "OK");
    CHECK(eventually([&] { return b.count("{k}c", channel_kind::sharded) == 1; }));
    b.connection.spublish("{k}c", "back");
    b.connection.publish("plain", "back");
    CHECK(b.seen.wait_for("message {k}c back"));
    CHECK(b.seen.wait_for("message plain back"));
}

TEST_CASE("a cluster that is not there is waited for") {
    auto o = quick_redis("");
    o.cluster = {"127.0.0.1:" + std::to_string(free_port())};
    o.command_timeout = 300ms;
    redis_bench b(o);
    CHECK(b.run("GET", "k").error == redis::errc::timed_out);
    CHECK(b.log.wait_for("Redis: cannot connect to 127.0.0.1:"));
}
