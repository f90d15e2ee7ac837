// Nodes that find each other, and their sessions, in a real Redis.
#include <anywire/redis/node_registry.hpp>

#include "integration/cluster/test_cluster.hpp"
#include "support/redis_server.hpp"
#include "support/registry_laws.hpp"

#include <chrono>
#include <stdexcept>
#include <string>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

std::string const s = "/echo/000/aaaaaaaa";

std::shared_ptr<session_registry> registry_at(redis_server const& redis,
                                              std::string name = "anywire") {
    return redis::make_node_registry(redis::connection(redis::options{.url = redis.url()}),
                                     {.name = std::move(name)});
}

}  // namespace

TEST_CASE("a registry in Redis keeps the laws of every registry") {
    redis_server const redis;
    SECTION("claims") {
        check_first_claim_counts(asked_registry(registry_at(redis)));
    }
    SECTION("a node withdrawn") {
        check_dead_nodes_have_nothing(asked_registry(registry_at(redis)), true);
    }
    SECTION("a node silent") {
        check_dead_nodes_have_nothing(asked_registry(registry_at(redis)), false);
    }
    SECTION("ids") {
        check_ids_are_unique(asked_registry(registry_at(redis)));
    }
}

TEST_CASE("clusters of different names do not see each other in one Redis") {
    redis_server const redis;
    asked_registry one(registry_at(redis, "one"));
    asked_registry two(registry_at(redis, "two"));
    CHECK(!one.announce({"aaaa", "127.0.0.1:1"}));
    CHECK(!two.announce({"aaaa", "127.0.0.1:2"}));
    CHECK(one.claim("s", "aaaa") == "aaaa");
    CHECK(two.find("s").empty());
}

TEST_CASE("a name that would put keys into another slot is refused") {
    redis_server const redis;
    CHECK_THROWS_AS(registry_at(redis, "a{b"), std::invalid_argument);
    CHECK_THROWS_AS(registry_at(redis, ""), std::invalid_argument);
}

TEST_CASE("nodes with a Redis carry polls and messages to each other") {
    redis_server const redis;
    test_node left(registry_at(redis), {});
    test_node right(registry_at(redis), {});
    auto const sid = sid_of(raw_client(left.port()).get(polling()).body);
    CHECK(
        eventually([&] { return raw_client(right.port()).post(polling(sid), "4x").body == "ok"; }));
    CHECK(raw_client(right.port()).get(polling(sid)).body.starts_with("4x"));
    CHECK(raw_client(left.port()).post(s + "/xhr", "").body == "o\n");
    for (int i = 0; i < 5; ++i) {
        CHECK(raw_client(right.port()).post(s + "/xhr_send", R"(["x"])").status == 204);
        CHECK(raw_client(right.port()).post(s + "/xhr", "").body == "a[\"x\"]\n");
    }
    CHECK(right.numbers().asked == 1);  // then it knows
}

TEST_CASE("without their Redis nodes go on with what they know") {
    redis_server redis;
    node_terms quick;
    quick.change = [](cluster_options& o) { o.patience = 500ms; };
    test_node left(registry_at(redis), quick);
    test_node right(registry_at(redis), quick);
    auto const sid = sid_of(raw_client(left.port()).get(polling()).body);
    CHECK(
        eventually([&] { return raw_client(right.port()).post(polling(sid), "4x").body == "ok"; }));
    CHECK(raw_client(right.port()).get(polling(sid)).body.starts_with("4x"));
    auto const is_paused = GENERATE(true, false);
    is_paused ? redis.pause() : redis.stop();

    CHECK(raw_client(right.port()).post(polling(sid), "4y").body == "ok");
    CHECK(raw_client(left.port()).get(polling(sid)).body == "4y");
    CHECK(raw_client(left.port()).post(s + "/xhr", "").body == "o\n");
    CHECK(raw_client(right.port()).post(s + "/xhr_send", R"(["x"])").status == 404);

    is_paused ? redis.resume() : redis.start();
    std::string const t = "/echo/000/bbbbbbbb";
    CHECK(eventually([&] {
        static int i = 0;
        auto const again = t + std::to_string(++i);
        return raw_client(left.port()).post(again + "/xhr", "").body == "o\n" &&
               raw_client(right.port()).post(again + "/xhr_send", R"(["x"])").status == 204;
    }));
}
