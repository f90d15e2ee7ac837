#include "settings_change.hpp"

#include "settings_in_test.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <string>
#include <vector>

using namespace anywire::gateway;
using namespace std::chrono_literals;

namespace {

using kind = route_change::kind;
using sentences = std::vector<std::string>;

settings_change changed(std::function<void(gateway_settings&)> change) {
    auto after = good_settings();
    change(after);
    return difference(good_settings(), after);
}

}  // namespace

TEST_CASE("the same settings are no change") {
    CHECK(changed([](gateway_settings&) {}).is_empty());
    CHECK(changed([](gateway_settings&) {}).routes.empty());
}

TEST_CASE("routes are known by their paths") {
    auto const added = changed([](gateway_settings& s) {
        s.routes.insert(s.routes.begin(), {.path = "/new", .websocket = true});
    });
    REQUIRE(added.routes.size() == 1);
    CHECK(added.routes[0].what == kind::added);
    CHECK(added.routes[0].after == 0);
    CHECK(added.now == sentences{"route /new is added"});

    auto const removed = changed([](gateway_settings& s) { s.routes.clear(); });
    REQUIRE(removed.routes.size() == 1);
    CHECK(removed.routes[0].what == kind::removed);
    CHECK(removed.routes[0].before == 0);
    CHECK(removed.now == sentences{"route /live is removed"});

    auto const moved = changed([](gateway_settings& s) { s.routes[0].path = "/other"; });
    REQUIRE(moved.routes.size() == 2);
    CHECK(moved.routes[0].what == kind::removed);
    CHECK(moved.routes[1].what == kind::added);
}

TEST_CASE("a changed route says what has changed") {
    auto const c = changed([](gateway_settings& s) {
        s.routes[0].backends[0].url = "ws://b";
        s.routes[0].backends.push_back({.url = "ws://c"});
        s.routes[0].loss.hold = 10s;
        s.routes[0].hooks.secret = "very secret";
        s.routes.insert(s.routes.begin(), {.path = "/new", .websocket = true});
    });
    REQUIRE(c.routes.size() == 2);
    auto const& r = c.routes[1];
    CHECK(r.what == kind::changed);
    CHECK(r.before == 0);
    CHECK(r.after == 1);
    CHECK(
        r.keys ==
        sentences{
            "backend[0].url", "backend[1].url", "backend[1].weight", "hooks.secret", "loss.hold"});
    CHECK(
        c.now[1] ==
        "route /live is changed: backend[0].url, backend[1].url, backend[1].weight, hooks.secret, "
        "loss.hold");
    for (auto const& text : c.now) CHECK(text.find("very secret") == std::string::npos);
    CHECK(c.later.empty());
}

TEST_CASE("what a reload carries out is told from what takes a restart") {
    auto const now = changed([](gateway_settings& s) {
        s.limits.max_connections = 100;
        s.log.access_file = "/var/log/a";
        s.site.files = "www";
        s.drain = 1min;
    });
    CHECK((now.limits && now.log && now.site && now.drain));
    CHECK(now.now == sentences{"changed: limits.max_connections from 0 to 100",
                               "changed: log.access_file from \"-\" to \"/var/log/a\"",
                               "changed: site.files from \"\" to \"www\"",
                               "changed: drain from \"10s\" to \"1m\""});
    CHECK(now.later.empty());

    auto const later = changed([](gateway_settings& s) {
        s.threads = 2;
        s.trusted_proxies = {"10.0.0.1"};
        s.proxy_style = anywire::proxy_fields::forwarded;
        s.hosts = {"a"};
        s.admin.port = 9090;
        s.listeners[0].port = 1;
        s.listeners[0].tls.certificate = "a.pem";
        s.systemd.emplace_back();
        s.log.format = log_format::json;
        s.log.level = anywire::log_level::debug;
        s.site.shim = false;
    });
    CHECK(later.now.empty());
    CHECK_FALSE((later.limits || later.log || later.site));
    CHECK(later.later.size() == 10);
    CHECK(later.later[0] == "takes a restart: log.format from \"text\" to \"json\"");
    CHECK(later.later[3] == "takes a restart: threads from 1 to 2");
    CHECK(later.later[8] == "takes a restart: listen[0].port, listen[0].tls.certificate");
    CHECK(later.later[9].find(" and ") != std::string::npos);
    CHECK_FALSE(later.is_empty());
}

TEST_CASE("how an application publishes takes a restart") {
    auto const c = changed(
        [](gateway_settings& s) { s.routes[0].hooks.publish_secret = "another very long secret"; });
    REQUIRE(c.later.size() == 1);
    CHECK(c.later[0] == "takes a restart: how the application of route " +
                            good_settings().routes[0].path + " publishes");
}

TEST_CASE("what takes a restart stays as it was") {
    auto after = good_settings();
    after.threads = 2;
    after.hosts = {"a"};
    after.trusted_proxies = {"::1"};
    after.proxy_style = anywire::proxy_fields::forwarded;
    after.admin.port = 1;
    after.listeners[0].port = 1;
    after.systemd.emplace_back();
    after.log.level = anywire::log_level::error;
    after.log.format = log_format::json;
    after.site.shim = false;
    after.drain = 1min;
    after.routes[0].path = "/other";
    auto const before = good_settings();
    auto const s = reloaded(before, after);
    CHECK(difference(before, s).later.empty());
    CHECK(s.drain == 1min);
    CHECK(s.routes[0].path == "/other");
}
