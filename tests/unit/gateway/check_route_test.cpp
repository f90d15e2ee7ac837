#include "settings_rules.hpp"

using namespace anywire::gateway;
using namespace std::chrono_literals;
using anywire::close_code;

namespace {

/// A change to the one route of good settings.
auto route(std::function<void(route_settings&)> change) {
    return [change](gateway_settings& s) {
        change(s.routes[0]);
        complete(s);
    };
}

using r = route_settings;

/// A backend of another kind.
void to(r& at, char const* url) {
    at.backends = {{.url = url}};
    at.kind = *kind_of(url);
}

/// HTTP hooks whose application can publish.
auto hooks(std::function<void(route_settings&)> change) {
    return [change](gateway_settings& s) {
        to(s.routes[0], "http://127.0.0.1:8000/");
        s.routes[0].hooks.publish_path = "/publish";
        s.routes[0].hooks.publish_secret = "0123456789abcdef";
        s.admin.port = 9090;
        change(s.routes[0]);
    };
}

}  // namespace

TEST_CASE("a route's path is one that a request can have") {
    check_rules({
        {"", route([](r& x) { x.path = "/"; })},
        {"", route([](r& x) { x.path = "/a/b-c/d_e.f~"; })},
        {"route[0].path", route([](r& x) { x.path = "live"; }), "live", "begin it with '/'"},
        {"route[0].path", route([](r& x) { x.path = ""; }), "", "begin it with '/'"},
        {"route[0].path", route([](r& x) { x.path = "/a//b"; })},
        {"route[0].path", route([](r& x) { x.path = "/a/../b"; })},
        {"route[0].path", route([](r& x) { x.path = "/./b"; })},
        {"route[0].path", route([](r& x) { x.path = "/a?b"; })},
        {"route[0].path", route([](r& x) { x.path = "/a#b"; })},
        {"route[0].path", route([](r& x) { x.path = "/a b"; })},
        {"route[0].path", route([](r& x) { x.path = "/a%20b"; })},
        {"route[0].path", route([](r& x) { x.path = "/{path}"; })},
        {"route[0].path", route([](r& x) { x.path = "/\xc3\xa9"; })},
        {"route[0].path", route([](r& x) { x.path = "/" + std::string(1'024, 'a'); })},
    });
}

TEST_CASE("a route says who its clients are") {
    check_rules({
        {"route[0].fronts", route([](r& x) { x.sockjs = false; }), "", "sockjs"},
        {"", route([](r& x) {
             x.origins = {"https://example.com", "*"};
         })},
        {"route[0].origins[1]",
         route([](r& x) {
             x.origins = {"*", "example.com"};
         }),
         "",
         "https://example.com"},
        {"route[0].heartbeat", route([](r& x) { x.heartbeat = 0ms; })},
        {"route[0].heartbeat_timeout", route([](r& x) { x.heartbeat_timeout = 0ms; })},
        {"", route([](r& x) { x.sockjs_url = "/sockjs.js"; })},
        {"", route([](r& x) { x.sockjs_url = "https://a/sockjs.js"; })},
        {"route[0].sockjs_url", route([](r& x) { x.sockjs_url = "sockjs.js"; }), "sockjs.js"},
        {"route[0].sockjs_response_limit", route([](r& x) { x.sockjs_response_limit = 0; })},
        {"", route([](r& x) { x.engineio_cookie = "io"; })},
        {"route[0].engineio_cookie", route([](r& x) { x.engineio_cookie = "i o"; }), "i o"},
        {"", route([](r& x) { x.forward.default_subprotocols = {"graphql-transport-ws"}; })},
        {"route[0].forward.default_subprotocols[1]",
         route([](r& x) {
             x.forward.default_subprotocols = {"a", "b c"};
         }),
         "b c"},
    });
}

TEST_CASE("a route's backends can be connected to, and are of one kind") {
    check_rules({
        {"route[0].backend", route([](r& x) { x.backends.clear(); }), "no backend", "--backend"},
        {"route[0].backend[0].url", route([](r& x) { x.backends[0].url = ""; }), "empty"},
        {"route[0].backend[1].url",
         route([](r& x) { x.backends.push_back({.url = "ws://{host}"}); }),
         "must not choose",
         "name the host"},
        {"route[0].backend[1].url",
         route([](r& x) { x.backends.push_back({.url = "tcp://a:1"}); }),
         "one backend is a stream, and the route's first is WebSocket"},
        {"route[0].backend[0].url", route([](r& x) { x.backends[0].url = "ws://a/{nonsense}"; })},
        {"", route([](r& x) { x.backends[0].url = "ws://a/{path}?{query}"; })},
        {"", route([](r& x) { to(x, "stdio:awk '{print}'"); })},
        {"route[0].backend[0].weight", route([](r& x) { x.backends[0].weight = 0; }), "0", "1"},
        {"route[0].backend[0].weight", route([](r& x) { x.backends[0].weight = 1'001; })},
        {"route[0].backend_ca", route([](r& x) { x.backend_ca = "ca.pem"; }), "TLS", "wss://"},
        {"", route([](r& x) {
             x.backend_ca = "ca.pem";
             x.backends.push_back({.url = "wss://a"});
         })},
        {"route[0].connect_timeout", route([](r& x) { x.connect_timeout = 0ms; })},
        {"route[0].ping_interval", route([](r& x) { x.ping_interval = 25h; })},
        {"", route([](r& x) { x.ping_interval = 0ms; })},
    });
}

TEST_CASE("health checks fit what is behind the route") {
    check_rules({
        {"route[0].health.max_failures", route([](r& x) { x.health.max_failures = 1'001; })},
        {"", route([](r& x) { x.health.max_failures = 0; })},
        {"route[0].health.retry_after", route([](r& x) { x.health.retry_after = 0ms; })},
        {"route[0].health.check_interval", route([](r& x) { x.health.check_interval = -1ms; })},
        {"route[0].health.check_timeout", route([](r& x) { x.health.check_timeout = 0ms; })},
        {"route[0].health.fall", route([](r& x) { x.health.fall = 0; })},
        {"route[0].health.rise", route([](r& x) { x.health.rise = 0; })},
        {"route[0].health.slow_start", route([](r& x) { x.health.slow_start = -1ms; })},
        {"", route([](r& x) { x.health.check_path = "/health?a=1"; })},
        {"route[0].health.check_path", route([](r& x) { x.health.check_path = "health"; })},
        {"route[0].health.check_path", route([](r& x) { x.health.check_path = "/a b"; })},
        {"route[0].health.check_path",
         route([](r& x) {
             to(x, "tcp://a:1");
             x.health.check_path = "/health";
         }),
         "HTTP"},
        {"route[0].health.check_interval",
         route([](r& x) {
             to(x, "stdio:cat");
             x.health.check_interval = 1s;
         }),
         "program"},
    });
}

TEST_CASE("fields that go through are fields, and not the connection's") {
    check_rules({
        {"", route([](r& x) { x.forward.headers = {"X-Token"}; })},
        {"route[0].forward.headers[0]", route([](r& x) { x.forward.headers = {"X Token"}; })},
        {"route[0].forward.headers[1]",
         route([](r& x) {
             x.forward.headers = {"Cookie", "Connection"};
         }),
         "about the connection"},
        {"route[0].forward.headers[0]",
         route([](r& x) { x.forward.headers = {"Sec-WebSocket-Key"}; })},
        {"", route([](r& x) {
             x.forward.set = {{"X-User", "{cookie.user}"}};
         })},
        {"route[0].forward.set.Upgrade", route([](r& x) {
             x.forward.set = {{"Upgrade", "x"}};
         })},
        {"route[0].forward.set.A:", route([](r& x) {
             x.forward.set = {{"A:", "x"}};
         })},
        {"route[0].forward.set.X-User",
         route([](r& x) {
             x.forward.set = {{"X-User", "{nobody}"}};
         }),
         "",
         "{cookie.NAME}"},
        {"", route([](r& x) { x.forward.proxy = proxy_header::v2; })},
        {"route[0].forward.proxy",
         route([](r& x) {
             to(x, "stdio:cat");
             x.forward.proxy = proxy_header::v1;
         }),
         "PROXY"},
    });
}

TEST_CASE("what a client is told of a lost backend fits a close frame") {
    check_rules({
        {"route[0].loss.hold", route([](r& x) { x.loss.hold = -1ms; })},
        {"route[0].loss.max_held_bytes",
         route([](r& x) { x.loss.max_held_bytes = std::size_t{2} << 30; })},
        {"route[0].loss.code", route([](r& x) { x.loss.code = close_code::abnormal; }), "1006"},
        {"route[0].loss.code", route([](r& x) { x.loss.code = static_cast<close_code>(2'000); })},
        {"", route([](r& x) { x.loss.code = static_cast<close_code>(4'000); })},
        {"route[0].loss.reason", route([](r& x) { x.loss.reason = std::string(124, 'a'); })},
        {"route[0].loss.reason", route([](r& x) { x.loss.reason = "\xff"; })},
        {"", route([](r& x) { x.loss.reason = ""; })},
    });
}

TEST_CASE("settings of programs are for programs") {
    check_rules({
        {"", route([](r& x) {
             to(x, "stdio:cat");
             x.program.folder = "/tmp";
             x.program.environment = {{"APP_USER", "{query.user}"}};
         })},
        {"route[0].program", route([](r& x) { x.program.folder = "/tmp"; }), "WebSocket", "stdio:"},
        {"route[0].program.environment.A-B", route([](r& x) {
             to(x, "stdio:cat");
             x.program.environment = {{"A-B", "x"}};
         })},
        {"route[0].program.environment.A", route([](r& x) {
             to(x, "stdio:cat");
             x.program.environment = {{"A", "{"}};
         })},
        {"route[0].program.max_processes", route([](r& x) { x.program.max_processes = 0; })},
        {"route[0].program.end_grace", route([](r& x) { x.program.end_grace = 0ms; })},
    });
}

TEST_CASE("settings of hooks are for hooks, and publishing has a secret") {
    check_rules({
        {"", hooks([](r&) {})},
        {"route[0].hooks", route([](r& x) { x.hooks.secret = "x"; }), "WebSocket", "http://"},
        {"route[0].hooks.publish_path", hooks([](r& x) { x.hooks.publish_path = "publish"; })},
        {"route[0].hooks.publish_path", hooks([](r& x) { x.hooks.publish_path = "/a?b"; })},
        {"route[0].hooks.publish_secret",
         hooks([](r& x) { x.hooks.publish_secret.clear(); }),
         "could write to clients",
         "publish_secret_file"},
        {"route[0].hooks.publish_secret",
         hooks([](r& x) { x.hooks.publish_secret = "short"; }),
         "16"},
        {"route[0].hooks.publish_secret",
         hooks([](r& x) { x.hooks.publish_path.clear(); }),
         "no publish_path"},
        {"route[0].hooks.timeout", hooks([](r& x) { x.hooks.timeout = 0ms; })},
        {"route[0].hooks.max_in_flight", hooks([](r& x) { x.hooks.max_in_flight = 0; })},
        {"route[0].hooks.publish_path",
         [](gateway_settings& s) {
             hooks([](r&) {})(s);
             s.admin.port = 0;
         },
         "no admin listener",
         "[admin]"},
        {"route[1].hooks.publish_path",
         [](gateway_settings& s) {
             hooks([](r&) {})(s);
             s.routes.push_back(s.routes[0]);
             s.routes[1].path = "/other";
         },
         "route[0]"},
    });
}

TEST_CASE("bounds of sessions are within what the server takes") {
    check_rules({
        {"route[0].limits.max_message", route([](r& x) { x.limits.max_message = 0; })},
        {"route[0].limits.max_message",
         route([](r& x) { x.limits.max_message = std::size_t{2} << 30; })},
        {"route[0].limits.max_queued_bytes",
         route([](r& x) { x.limits.max_queued_bytes = 1'023; })},
        {"route[0].limits.max_burst_bytes",
         route([](r& x) { x.limits.max_burst_bytes = std::size_t{2} << 30; })},
        {"route[0].limits.burst_grace", route([](r& x) { x.limits.burst_grace = -1ms; })},
        {"route[0].limits.max_messages_per_second",
         route([](r& x) { x.limits.max_messages_per_second = std::size_t{2} << 30; })},
        {"route[0].limits.message_burst",
         route([](r& x) { x.limits.message_burst = std::size_t{2} << 30; })},
        {"route[0].limits.max_bytes_per_second",
         route([](r& x) { x.limits.max_bytes_per_second = std::size_t{2} << 30; })},
        {"route[0].limits.byte_burst",
         route([](r& x) { x.limits.byte_burst = std::size_t{2} << 30; })},
        {"route[0].limits.write_stall", route([](r& x) { x.limits.write_stall = 0ms; })},
        {"route[0].limits.close_handshake", route([](r& x) { x.limits.close_handshake = 0ms; })},
    });
}

TEST_CASE("a route's kind follows from its first backend, and there is a listener") {
    gateway_settings s;
    s.routes.push_back({.backends = {{.url = "tcp://a:1"}}});
    s.routes.push_back({.backends = {{.url = "nonsense"}}});
    complete(s);
    CHECK(s.routes[0].kind == backend_kind::stream);
    CHECK(s.routes[1].kind == backend_kind::websocket);
    REQUIRE(s.listeners.size() == 1);
    CHECK(s.listeners[0].address == "127.0.0.1");
    CHECK(s.listeners[0].port == 8080);
    complete(s);
    CHECK(s.listeners.size() == 1);
}
