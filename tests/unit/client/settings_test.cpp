#include "client/settings.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <limits>
#include <string>
#include <vector>

using namespace anywire;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<client_settings const> good(client_options o) {
    auto checked = check_settings(std::move(o));
    CHECK(checked.wrong == "");
    REQUIRE(checked.value);
    return checked.value;
}

struct row {
    char const* name;
    std::function<void(client_options&)> change;
};
std::vector<row> const wrong_options{
    {"url", [](auto& o) { o.url = "example.com"; }},
    {"url", [](auto& o) { o.url = "ws://a/#b"; }},
    {"query", [](auto& o) { o.query = "?a=b"; }},
    {"query", [](auto& o) { o.query = "a=b c"; }},
    {"transports", [](auto& o) { o.transports = {"polling"}; }},
    {"transports",
     [](auto& o) {
         o.transports = {"websocket", "websocket"};
     }},
    {"revision", [](auto& o) { o.revision = 5; }},
    {"protocols", [](auto& o) { o.protocols = {"a b"}; }},
    {"protocols",
     [](auto& o) {
         o.protocols = {"a", "a"};
     }},
    {"headers",
     [](auto& o) {
         o.headers = {{"a b", "c"}};
     }},
    {"headers",
     [](auto& o) {
         o.headers = {{"a", "c\r\nd: e"}};
     }},
    {"headers",
     [](auto& o) {
         o.headers = {{"Content-Length", "1"}};
     }},
    {"headers",
     [](auto& o) {
         o.headers = {{"Sec-WebSocket-Key", "1"}};
     }},
    {"connect_timeout", [](auto& o) { o.connect_timeout = 0s; }},
    {"ping_interval", [](auto& o) { o.ping_interval = -1ms; }},
    {"ping_timeout", [](auto& o) { o.ping_timeout = 0s; }},
    {"close_handshake", [](auto& o) { o.close_handshake = 0s; }},
    {"race_after", [](auto& o) { o.race_after = std::chrono::hours{24 * 366}; }},
    {"reconnect.delay", [](auto& o) { o.reconnect.delay = -1s; }},
    {"reconnect.delay_max", [](auto& o) { o.reconnect.delay_max = 1ms; }},
    {"reconnect.jitter", [](auto& o) { o.reconnect.jitter = 1.1; }},
    {"reconnect.jitter",
     [](auto& o) { o.reconnect.jitter = std::numeric_limits<double>::quiet_NaN(); }},
    {"limits.max_message", [](auto& o) { o.limits.max_message = 0; }},
    {"limits.max_body", [](auto& o) { o.limits.max_body = 1; }},
    {"limits.max_head", [](auto& o) { o.limits.max_head = 1; }},
    {"network.keep_alive", [](auto& o) { o.network.keep_alive = -1s; }},
    {"network.tls.pinned_keys", [](auto& o) { o.network.tls.pinned_keys = {"AAAA"}; }},
    {"network.tls.certificate", [](auto& o) { o.network.tls.key = "k"; }},
    {"network.unix_socket", [](auto& o) { o.network.unix_socket = std::string(108, 'x'); }},
    {"network.preamble", [](auto& o) { o.network.preamble = std::string(65'552, 'x'); }}};

}  // namespace

TEST_CASE("what options leave out follows from the dialect") {
    auto const plain = good({.url = "wss://a"});
    CHECK(plain->url.target() == "/");
    CHECK(plain->carriers == std::vector{client_carrier::websocket});
    auto const engineio = good({.url = "http://a?x", .dialect = client_dialect::engineio});
    CHECK(engineio->url.target() == "/engine.io/");
    CHECK(engineio->query == "x");
    CHECK(engineio->carriers == std::vector{client_carrier::polling, client_carrier::websocket});
    CHECK(good({.url = "http://a/b", .dialect = client_dialect::engineio})->url.path == "/b/");
    auto const sockjs = good({.url = "http://a/echo/", .dialect = client_dialect::sockjs});
    CHECK(sockjs->url.path == "/echo");
    CHECK(sockjs->carriers == std::vector{client_carrier::websocket,
                                          client_carrier::xhr_streaming,
                                          client_carrier::eventsource,
                                          client_carrier::xhr_polling});
}

TEST_CASE("transports are in the order of the options, fields and query are theirs") {
    auto const s = good({.url = "http://a/?x=1",
                         .dialect = client_dialect::engineio,
                         .transports = {"websocket", "polling"},
                         .headers = {{"Origin", "https://b"}},
                         .query = "y=2",
                         .compress = true});
    CHECK(s->carriers == std::vector{client_carrier::websocket, client_carrier::polling});
    CHECK(s->query == "x=1&y=2");
    CHECK(s->deflate().enabled);
    REQUIRE(s->fields.size() == 1);
    CHECK(s->fields[0].name == "Origin");
    CHECK(s->fields[0].value == "https://b");
}

TEST_CASE("options that are not valid are told in one sentence that names them") {
    for (auto const& [name, change] : wrong_options) {
        client_options o{.url = "ws://a"};
        change(o);
        auto const checked = check_settings(o);
        CHECK_FALSE(checked.value);
        CHECK(checked.wrong.starts_with("client_options::" + std::string(name)));
    }
}

TEST_CASE("what a client has of its own is held against its settings") {
    auto const plain = good({.url = "ws://a/b"});
    auto const sockjs = good({.url = "http://a/b", .dialect = client_dialect::sockjs});
    CHECK(check_particulars({}, *sockjs).empty());
    CHECK(check_particulars({.preamble = std::string(65'551, 'x'),
                             .headers = {{"X-Who", "me"}},
                             .protocols = {"a"},
                             .target = "//c/d?e=%20"},
                            *plain)
              .empty());
    CHECK(check_particulars({.target = "/c"}, *sockjs) ==
          "client_particulars::target is for plain WebSockets");
    for (auto const* const wrong : {"c", "?c", "/c d", "/c#d", "/\r\nHost:x"})
        CHECK(
            check_particulars({.target = wrong}, *plain).starts_with("client_particulars::target"));
    CHECK(check_particulars({.headers = {{"Upgrade", "x"}}}, *plain)
              .starts_with("client_particulars::headers"));
}
