// URLs and options of Redis.

#include "settings.hpp"

#include <anywire/redis/connection.hpp>

#include "backoff.hpp"
#include "kept_link.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <string>

using namespace anywire;
using namespace anywire::redis;
using namespace std::chrono_literals;

namespace {

std::string shown(std::string_view url) {
    std::string wrong;
    auto const u = parse_redis_url(url, wrong);
    if (!u) return wrong;
    return (u->secure ? "tls " : "") + u->user + "|" + u->password + "|" + u->server.text() + "|" +
           std::to_string(u->database);
}

}  // namespace

TEST_CASE("URLs of Redis are taken apart") {
    CHECK(shown("redis://localhost") == "||localhost:6379|0");
    CHECK(shown("redis://localhost:7/3") == "||localhost:7|3");
    CHECK(shown("redis://h/") == "||h:6379|0");
    CHECK(shown("rediss://h:7") == "tls ||h:7|0");
    CHECK(shown("redis://me:p%40ss%2Fword@h") == "me|p@ss/word|h:6379|0");
    CHECK(shown("redis://:secret@h:1/2") == "|secret|h:1|2");
    CHECK(shown("redis://a@b@h") == "a@b||h:6379|0");
    CHECK(shown("redis://[::1]:7/1") == "||[::1]:7|1");
    CHECK(shown("unix:///run/redis.sock") == "||the socket '/run/redis.sock'|0");
    CHECK(shown("unix:///run/redis.sock?db=4") == "||the socket '/run/redis.sock'|4");
    CHECK(shown("unix://me:pw@/run/r") == "me|pw|the socket '/run/r'|0");
}

TEST_CASE("URLs that are not valid are refused, without the password") {
    for (auto const* bad : {"",
                            "localhost",
                            "http://h",
                            "redis://",
                            "redis://h:0",
                            "redis://h:99999",
                            "redis://h/x",
                            "redis://h/-1",
                            "redis://:secret@h:x",
                            "redis://h h",
                            "unix://relative",
                            "unix:///a?x=1",
                            "unix:///a?db=x",
                            "redis://[::1"}) {
        INFO(bad);
        auto const said = shown(bad);
        CHECK(said.starts_with("the URL of Redis is not valid: "));
        CHECK(said.find("secret") == std::string::npos);
    }
    CHECK(shown("redis://" + std::string(5'000, 'x')).find("4096") != std::string::npos);
    CHECK(shown("unix:///" + std::string(200, 'x')).find("too long") != std::string::npos);
}

TEST_CASE("options that are not valid are refused in one sentence") {
    CHECK(check({}).empty());
    options o;
    SECTION("the URL") {
        o.url = "x";
    }
    SECTION("a timeout") {
        o.connect_timeout = 0ms;
    }
    SECTION("a negative timeout") {
        o.command_timeout = -1ms;
    }
    SECTION("the interval") {
        o.ping_interval = 0ms;
    }
    SECTION("the delay") {
        o.reconnect.delay_max = 1ms;
    }
    SECTION("the jitter") {
        o.reconnect.jitter = 2;
    }
    SECTION("the nesting") {
        o.limits.max_nesting = 8;
    }
    SECTION("a limit") {
        o.limits.max_string = 0;
    }
    SECTION("the name") {
        o.client_name = "two words";
    }
    SECTION("a sentinel") {
        o.sentinel.addresses = {"a:b"};
    }
    SECTION("the master") {
        o.sentinel.addresses = {"a"};
        o.sentinel.master = "";
    }
    SECTION("a node") {
        o.cluster = {":1"};
    }
    SECTION("both") {
        o.cluster = {"a"};
        o.sentinel.addresses = {"b"};
    }
    SECTION("a cluster's database") {
        o.cluster = {"a"};
        o.database = 1;
    }
    CHECK_FALSE(check(o).empty());
    CHECK_THROWS_AS(redis::connection(o), std::invalid_argument);
}

TEST_CASE("what options say goes before what the URL says") {
    std::string wrong;
    auto const made = make_settings({.url = "redis://a:b@h/1", .user = "c", .database = 0}, wrong);
    REQUIRE(made);
    CHECK(made->url.user == "c");
    CHECK(made->url.password == "b");
    CHECK(made->url.database == 0);
}

TEST_CASE("delays between attempts double up to their most, half of it by chance") {
    reconnect_options const r{.delay = 100ms, .delay_max = 1'000ms, .jitter = 0.5};
    auto const most = std::numeric_limits<std::uint32_t>::max();
    CHECK(backoff_delay(r, 0, 0) == 50ms);
    CHECK(backoff_delay(r, 0, most) == 150ms);
    CHECK(backoff_delay(r, 1, 0) == 100ms);
    CHECK(backoff_delay(r, 3, 0) == 400ms);
    CHECK(backoff_delay(r, 4, most) == 1'500ms);
    CHECK(backoff_delay(r, 1'000'000, 0) == 500ms);
}

TEST_CASE("a sentinel's answer names the master, or does not") {
    auto const text = [](std::string t) { return reply{.kind = reply_kind::string, .text = t}; };
    auto const list = [](std::vector<reply> all) {
        return reply{.kind = reply_kind::array, .elements = std::move(all)};
    };
    failure why;
    auto const found = master_in(list({text("10.0.0.1"), text("6379")}), why);
    REQUIRE(found);
    CHECK(found->text() == "10.0.0.1:6379");
    CHECK_FALSE(master_in({}, why));
    CHECK(why.error == redis::errc::no_master);
    CHECK_FALSE(master_in({.kind = reply_kind::error, .text = "NOAUTH"}, why));
    CHECK(why.error == redis::errc::no_master);
    for (auto const& bad : {list({}),
                            list({text("a")}),
                            list({text("a"), text("0")}),
                            list({text("a"), text("x")}),
                            list({text(""), text("1")}),
                            text("a")}) {
        CHECK_FALSE(master_in(bad, why));
        CHECK(why.error == redis::errc::protocol_error);
    }
}
