#include "settings_rules.hpp"

using namespace anywire::gateway;
using namespace std::chrono_literals;
using anywire::client_auth;
using anywire::listener_options;

namespace {

using settings = gateway_settings;

anywire::tls_options certificate() {
    anywire::tls_options t;
    t.certificate = "a.pem";
    t.key = "a.key";
    return t;
}

}  // namespace

TEST_CASE("good settings have no problems") {
    CHECK(check_settings(good_settings()).empty());
}

TEST_CASE("the gateway has something to serve, and somewhere to listen") {
    check_rules({
        {"route", [](settings& s) { s.routes.clear(); }, "no route", "--backend"},
        {"",
         [](settings& s) {
             s.routes.clear();
             s.site.files = "www";
         }},
        {"",
         [](settings& s) {
             s.routes.clear();
             s.site.pass_to = "http://127.0.0.1:3000";
         }},
        {"listen", [](settings& s) { s.listeners.clear(); }, "nothing to listen at", "[[listen]]"},
        {"",
         [](settings& s) {
             s.listeners.clear();
             s.systemd.emplace_back();
         }},
    });
}

TEST_CASE("listeners have addresses that can be bound") {
    check_rules({
        {"listen[0].address",
         [](settings& s) { s.listeners[0].address = "localhost"; },
         "localhost is not an IP address",
         "127.0.0.1"},
        {"listen[0].address", [](settings& s) { s.listeners[0].address = ""; }, "empty", "0.0.0.0"},
        {"listen[0].address", [](settings& s) { s.listeners[0].address = "1.2.3"; }},
        {"", [](settings& s) { s.listeners[0].address = "::"; }},
        {"listen[0].path",
         [](settings& s) { s.listeners[0].path = std::string(108, 'a'); },
         "108 bytes",
         "107"},
        {"",
         [](settings& s) {
             s.listeners[0].path = "/run/a.sock";
             s.listeners[0].address = "";
         }},
        {"listen[0].mode", [](settings& s) { s.listeners[0].mode = 01000; }, "mode", "0o777"},
        {"listen[1]",
         [](settings& s) { s.listeners.push_back(s.listeners[0]); },
         "127.0.0.1:8080 is listened at already, by listen[0]"},
        {"listen[2]",
         [](settings& s) {
             s.listeners.push_back({.path = "/run/a"});
             s.listeners.push_back({.path = "/run/a"});
         },
         "unix:/run/a"},
        {"",
         [](settings& s) {
             s.listeners[0].port = 0;
             s.listeners.push_back(s.listeners[0]);
         }},
    });
}

TEST_CASE("TLS has all it needs, and nothing it does not use") {
    check_rules({
        {"", [](settings& s) { s.listeners[0].tls = certificate(); }},
        {"listen[0].tls.certificate",
         [](settings& s) { s.listeners[0].tls.certificate = "a.pem"; },
         "no key"},
        {"listen[0].tls.key",
         [](settings& s) { s.listeners[0].tls.key = "a.key"; },
         "no certificate"},
        {"listen[0].tls.clients",
         [](settings& s) {
             s.listeners[0].tls = certificate();
             s.listeners[0].tls.clients = client_auth::required;
         },
         "believed",
         "client_ca"},
        {"listen[0].tls.client_ca",
         [](settings& s) {
             s.listeners[0].tls = certificate();
             s.listeners[0].tls.client_ca = "ca.pem";
         },
         "asked for none"},
        {"listen[0].tls",
         [](settings& s) {
             s.listeners[0].tls.clients = client_auth::optional;
             s.listeners[0].tls.client_ca = "ca.pem";
         },
         "no certificate"},
        {"listen[0].tls",
         [](settings& s) { s.listeners[0].tls.more.push_back({.certificate = "b", .key = "b"}); },
         "no certificate"},
        {"listen[0].tls.more[1]",
         [](settings& s) {
             s.listeners[0].tls = certificate();
             s.listeners[0].tls.more = {{.certificate = "b", .key = "b"}, {}};
         },
         "names no certificate"},
        {"listen[0].tls.more[0].certificate",
         [](settings& s) {
             s.listeners[0].tls = certificate();
             s.listeners[0].tls.more = {{.certificate = "b"}};
         }},
        {"listen[0].tls.more[0].key",
         [](settings& s) {
             s.listeners[0].tls = certificate();
             s.listeners[0].tls.more = {{.key = "b"}};
         }},
        {"systemd[0].tls.certificate",
         [](settings& s) { s.systemd.emplace_back().tls.certificate = "a.pem"; }},
    });
}

TEST_CASE("each socket of systemd is taken once") {
    check_rules({
        {"",
         [](settings& s) {
             s.systemd = {{.name = "a"}, {.name = "b"}};
         }},
        {"systemd[1].name",
         [](settings& s) {
             s.systemd = {{.name = "a"}, {.name = "a"}};
         }},
        {"systemd[1].name",
         [](settings& s) {
             s.systemd = {{.name = "a"}, {}};
         },
         "systemd[0]"},
        {"systemd[1].name",
         [](settings& s) {
             s.systemd = {{}, {.name = "a"}};
         }},
    });
}

TEST_CASE("the admin listener is one place of its own") {
    check_rules({
        {"", [](settings&) {}},
        {"", [](settings& s) { s.admin.address = "127.0.0.1"; }},  // a port that is free
        {"", [](settings& s) { s.admin.port = 9090; }},
        {"", [](settings& s) { s.admin.path = "/run/admin.sock"; }},
        {"admin", [](settings& s) { s.admin.port = 8080; }, "by listen[0]"},
        {"admin.address",
         [](settings& s) { s.admin = {.address = "localhost", .port = 9090}; },
         "localhost"},
        {"admin.path",
         [](settings& s) { s.admin = {.port = 9090, .path = "/run/a"}; },
         "both a port and a path"},
        {"admin.path", [](settings& s) { s.admin.path = std::string(108, 'a'); }},
    });
}

TEST_CASE("who is believed, and which hosts are served, is written as networks and names") {
    check_rules({
        {"",
         [](settings& s) {
             s.trusted_proxies = {"10.0.0.0/8", "::1", "unix:"};
         }},
        {"trusted_proxies[1]",
         [](settings& s) {
             s.trusted_proxies = {"10.0.0.1", "proxy.example", "::1"};
         },
         "proxy.example",
         "10.0.0.0/8"},
        {"trusted_proxies[0]", [](settings& s) { s.trusted_proxies = {"10.0.0.0/33"}; }},
        {"",
         [](settings& s) {
             s.hosts = {"example.com", "*.example.com", "[::1]:80"};
         }},
        {"hosts[0]", [](settings& s) { s.hosts = {"http://example.com"}; }, "", "scheme"},
        {"hosts[1]",
         [](settings& s) {
             s.hosts = {"example.com", ""};
         }},
    });
}

TEST_CASE("bounds of the gateway are within what the server takes") {
    check_rules({
        {"threads", [](settings& s) { s.threads = 257; }, "257", "0 to 256"},
        {"", [](settings& s) { s.threads = 0; }},
        {"drain", [](settings& s) { s.drain = -1ms; }, "-1ms"},
        {"drain", [](settings& s) { s.drain = 25h; }, "25h", "1d"},
        {"", [](settings& s) { s.drain = 0ms; }},
        {"limits.header", [](settings& s) { s.limits.header = 255; }, "255", "256 to 1M"},
        {"limits.header", [](settings& s) { s.limits.header = 2u << 20; }},
        {"limits.header_fields", [](settings& s) { s.limits.header_fields = 0; }},
        {"limits.chunk_overhead", [](settings& s) { s.limits.chunk_overhead = 2u << 20; }},
        {"limits.tls_handshake", [](settings& s) { s.limits.tls_handshake = 0ms; }, "0s", "1ms"},
        {"limits.request_head", [](settings& s) { s.limits.request_head = 0ms; }},
        {"limits.request_body", [](settings& s) { s.limits.request_body = 0ms; }},
        {"limits.keep_alive", [](settings& s) { s.limits.keep_alive = 0ms; }},
        {"limits.handshake_burst", [](settings& s) { s.limits.handshake_burst = 25h; }},
        {"limits.slow_event", [](settings& s) { s.limits.slow_event = -1ms; }},
        {"", [](settings& s) { s.limits.slow_event = 0ms; }},
        {"limits.max_handshakes_per_second",
         [](settings& s) { s.limits.max_handshakes_per_second = std::size_t{1} << 40; }},
        {"limits.max_handshakes_per_second_per_address",
         [](settings& s) {
             s.limits.max_handshakes_per_second_per_address = std::size_t{1} << 40;
         }},
    });
}

TEST_CASE("what is served beside the routes has an address without a path") {
    check_rules({
        {"", [](settings& s) { s.site.pass_to = "http://127.0.0.1:3000"; }},
        {"", [](settings& s) { s.site.pass_to = "http://app/"; }},
        {"site.pass_to", [](settings& s) { s.site.pass_to = "127.0.0.1:3000"; }, "", "http://"},
        {"site.pass_to", [](settings& s) { s.site.pass_to = "https://app"; }},
        {"site.pass_to", [](settings& s) { s.site.pass_to = "http://app/path"; }},
        {"site.pass_to", [](settings& s) { s.site.pass_to = "http://app?a=1"; }},
        {"site.pass_to", [](settings& s) { s.site.pass_to = "http://me:x@app"; }},
        {"site.pass_to", [](settings& s) { s.site.pass_to = "http://{host}"; }},
        {"site.pass_to",
         [](settings& s) {
             s.site.files = "www";
             s.site.pass_to = "http://app";
         },
         "left over"},
        {"site.max_body", [](settings& s) { s.site.max_body = std::size_t{2} << 30; }},
        {"site.timeout", [](settings& s) { s.site.timeout = 0ms; }},
    });
}

TEST_CASE("routes do not take each other's paths") {
    check_rules({
        {"",
         [](settings& s) {
             s.routes.push_back(s.routes[0]);
             s.routes[1].path = "/live/more";
         }},
        {"route[1].path", [](settings& s) { s.routes.push_back(s.routes[0]); }, "route[0]"},
        {"route[1].path",
         [](settings& s) {
             s.routes.push_back(s.routes[0]);
             s.routes[1].path = "/live/";
         }},
        {"site.files",
         [](settings& s) {
             s.routes[0].path = "/";
             s.site.files = "www";
         },
         "route[0]",
         "/live"},
        {"route[0].path",
         [](settings& s) { s.routes[0].path = "/anywire.js"; },
         "script",
         "shim = false"},
        {"",
         [](settings& s) {
             s.routes[0].path = "/anywire.js";
             s.site.shim = false;
         }},
    });
}

TEST_CASE("everything that is wrong is said at once, in the order of a file") {
    auto s = good_settings();
    s.threads = 1'000;
    s.hosts = {"a b"};
    s.listeners[0].address = "nowhere";
    s.site.pass_to = "x";
    s.routes[0].path = "live";
    s.routes[0].backends[0].url = "x";
    std::vector<std::string> keys;
    for (auto const& p : check_settings(s)) keys.push_back(p.key);
    CHECK(keys == std::vector<std::string>{"threads",
                                           "hosts[0]",
                                           "listen[0].address",
                                           "site.pass_to",
                                           "route[0].path",
                                           "route[0].backend[0].url"});
}
