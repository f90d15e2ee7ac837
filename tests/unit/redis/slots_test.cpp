// Keys, slots and nodes of a cluster.

#include "slots.hpp"

#include "command_keys.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::redis;

namespace {

reply number(std::int64_t n) {
    return {.kind = reply_kind::integer, .integer = n};
}
reply text(std::string t) {
    return {.kind = reply_kind::string, .text = std::move(t)};
}
reply list(std::vector<reply> all) {
    return {.kind = reply_kind::array, .elements = std::move(all)};
}
reply node(std::string host, std::int64_t port) {
    return list({text(std::move(host)), number(port), text("id")});
}

dial_target const asked{.host = "10.0.0.1", .port = 7000};

std::string key_of(std::vector<std::string> args) {
    auto const key = first_key(args);
    return key ? std::string(*key) : "none";
}

}  // namespace

TEST_CASE("slots are the CRC-16 of the key, or of what is in its first braces") {
    CHECK(crc16("123456789") == 0x31c3);
    CHECK(crc16("") == 0);
    CHECK(slot_of("foo") == 12182);
    CHECK(slot_of("user1000.following") != slot_of("user1000.followers"));
    CHECK(slot_of("{user1000}.following") == slot_of("{user1000}.followers"));
    CHECK(slot_of("{user1000}.following") == slot_of("user1000"));
    CHECK(slot_of("foo{}{bar}") == crc16("foo{}{bar}") % slot_count);
    CHECK(slot_of("foo{{bar}}zap") == slot_of("{bar"));
    CHECK(slot_of("foo{bar}{zap}") == slot_of("bar"));
    CHECK(slot_of("foo{bar") == crc16("foo{bar") % slot_count);
}

TEST_CASE("addresses are taken apart") {
    auto const shown = [](std::string_view t) {
        auto const a = parse_address(t, 6379);
        return a ? a->text() : std::string("none");
    };
    CHECK(shown("a:1") == "a:1");
    CHECK(shown("a") == "a:6379");
    CHECK(shown("[::1]:7") == "[::1]:7");
    CHECK(shown("[::1]") == "[::1]:6379");
    CHECK(shown("::1:7") == "[::1]:7");
    for (auto const* bad : {"a:0", "a:65536", "a:x", "a:-1", "a:", "[::1", "[::1]7"})
        CHECK(shown(bad) == "none");
}

TEST_CASE("redirections name a slot and a node") {
    auto const to = parse_redirection("MOVED 3999 127.0.0.1:6381", asked);
    REQUIRE(to);
    CHECK(to->slot == 3999);
    CHECK(to->to.text() == "127.0.0.1:6381");
    CHECK(parse_redirection("ASK 1 h:2", asked)->to.text() == "h:2");
    CHECK(parse_redirection("MOVED 1 :2", asked)->to.text() == "10.0.0.1:2");
    for (auto const* bad : {"MOVED",
                            "MOVED 1",
                            "MOVED 16384 a:1",
                            "MOVED -1 a:1",
                            "MOVED 1 a:0",
                            "MOVED x a:1",
                            "ERR 1 a:1",
                            "MOVED 1 a",
                            ""})
        CHECK_FALSE(parse_redirection(bad, asked));
}

TEST_CASE("the answer to CLUSTER SLOTS says who serves what") {
    auto const map =
        slot_map::read(list({list({number(0), number(5460), node("a", 1), node("r", 9)}),
                             list({number(5461), number(10000), node("", 2)}),
                             list({number(16383), number(16383), node("a", 1)})}),
                       asked);
    REQUIRE(map);
    CHECK(map->masters().size() == 2);
    CHECK(map->master_of(0)->text() == "a:1");
    CHECK(map->master_of(5460)->text() == "a:1");
    CHECK(map->master_of(5461)->text() == "10.0.0.1:2");
    CHECK(map->master_of(10001) == nullptr);
    CHECK(map->master_of(16383)->text() == "a:1");
    CHECK(map->is_master({.host = "a", .port = 1}));
    CHECK_FALSE(map->is_master({.host = "r", .port = 9}));
    auto moved = *map;
    moved.move({.slot = 10001, .to = {.host = "n", .port = 3}});
    CHECK(moved.master_of(10001)->text() == "n:3");
    CHECK(moved.masters().size() == 3);
}

TEST_CASE("an answer to CLUSTER SLOTS that makes no sense is refused") {
    auto const whole = list({number(0), number(16383), node("a", 1)});
    auto const bad = GENERATE_COPY(number(1),
                                   list({}),
                                   list({number(1)}),
                                   list({list({number(0), number(1)})}),
                                   list({list({number(5), number(1), node("a", 1)})}),
                                   list({list({number(-1), number(1), node("a", 1)})}),
                                   list({list({number(0), number(16384), node("a", 1)})}),
                                   list({list({number(0), number(1), node("a", 0)})}),
                                   list({list({number(0), number(1), node("a", 65536)})}),
                                   list({list({number(0), number(1), list({text("a")})})}),
                                   list({list({number(0), number(1), text("a")})}),
                                   list({whole, whole}));
    CHECK_FALSE(slot_map::read(bad, asked));
}

TEST_CASE("a map has as many masters as a cluster may have, and no more") {
    std::vector<reply> ranges;
    for (int i = 0; i < 1'001; ++i)
        ranges.push_back(list({number(i), number(i), node("a", i + 1)}));
    CHECK_FALSE(slot_map::read(list(ranges), asked));
    ranges.pop_back();
    CHECK(slot_map::read(list(ranges), asked));
}

TEST_CASE("a command's first key is found") {
    CHECK(key_of({"GET", "k"}) == "k");
    CHECK(key_of({"spublish", "c", "m"}) == "c");
    CHECK(key_of({"XADD", "s", "*", "a", "b"}) == "s");
    CHECK(key_of({"XREAD", "COUNT", "1", "streams", "s", "0"}) == "s");
    CHECK(key_of({"EVAL", "return 1", "1", "k"}) == "k");
    CHECK(key_of({"EVAL", "return 1", "0", "x"}) == "none");
    CHECK(key_of({"XGROUP", "CREATE", "s", "g", "$"}) == "s");
    CHECK(key_of({"ZUNION", "2", "a", "b"}) == "a");
    CHECK(key_of({"PING"}) == "none");
    CHECK(key_of({"PUBLISH", "c", "m"}) == "none");
    CHECK(key_of({"PUBSUB", "NUMSUB", "c"}) == "none");
    CHECK(key_of({"GET"}) == "none");
    CHECK(key_of({"EVAL", "x"}) == "none");
}

TEST_CASE("commands that change or hold their socket are known") {
    auto const is = [](std::vector<std::string> args) { return is_exclusive(args); };
    CHECK(is({"SUBSCRIBE", "c"}));
    CHECK(is({"multi"}));
    CHECK(is({"BLPOP", "l", "0"}));
    CHECK(is({"XREAD", "BLOCK", "0", "STREAMS", "s", "$"}));
    CHECK(is({"CLIENT", "REPLY", "OFF"}));
    CHECK_FALSE(is({"XREAD", "STREAMS", "block", "$"}));
    CHECK_FALSE(is({"GET", "k"}));
    CHECK_FALSE(is({"CLIENT", "LIST"}));
}
