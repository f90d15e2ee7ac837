#include "backend_url.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire::gateway;

TEST_CASE("the scheme of a URL says what a backend speaks") {
    CHECK(kind_of("ws://a") == backend_kind::websocket);
    CHECK(kind_of("wss://a") == backend_kind::websocket);
    CHECK(kind_of("ws+unix:/run/a") == backend_kind::websocket);
    CHECK(kind_of("engineio://a") == backend_kind::engineio);
    CHECK(kind_of("engineios://a") == backend_kind::engineio);
    CHECK(kind_of("stdio:cat") == backend_kind::program);
    CHECK(kind_of("http://a") == backend_kind::hooks);
    CHECK(kind_of("https://a") == backend_kind::hooks);
    CHECK(kind_of("tcp://a:1") == backend_kind::stream);
    CHECK(kind_of("unix:/run/a") == backend_kind::stream);
    for (auto const* const other :
         {"", "a", "ws:a", "WS://a", "ftp://a", "127.0.0.1:80", "file:/a"})
        CHECK_FALSE(kind_of(other));
    CHECK(is_secure_url("wss://a"));
    CHECK(is_secure_url("https://a"));
    CHECK(is_secure_url("engineios://a"));
    CHECK_FALSE(is_secure_url("ws://a"));
    CHECK_FALSE(is_secure_url("unix:/a"));
}

TEST_CASE("URLs of backends that can be used have no fault") {
    for (auto const* const good : {
             "ws://127.0.0.1:9000",
             "ws://app/live?a=1",
             "wss://[::1]:9000/",
             "ws://user:secret@app:9000/x",
             "ws://app/{path}?{query}",
             "ws://app/{query.room}/x",
             "ws://app?user={cookie.user}",
             "ws+unix:/run/app.sock",
             "ws+unix:/run/app.sock:/live/{path}?x={query.x}",
             "engineio://127.0.0.1:3000/socket.io/",
             "engineios://app",
             "stdio:cat",
             "stdio:/usr/bin/awk '{print}'",
             "http://127.0.0.1:8000/events",
             "https://app/{path}",
             "tcp://127.0.0.1:6000",
             "tcp://[::1]:6000",
             "tcp://app:23",
             "unix:/run/app.sock",
         }) {
        INFO(good);
        CHECK(check_backend_url(good).text == "");
        CHECK(check_backend_url(good).remedy == "");
    }
}

TEST_CASE("URLs of backends that cannot be used are explained") {
    for (auto const& bad : {
             std::string(""),
             std::string("127.0.0.1:9000"),
             std::string("ftp://app"),
             std::string("WS://app"),
             std::string("ws://"),
             std::string("ws:///path"),
             std::string("ws://a b"),
             std::string("ws://app:0"),
             std::string("ws://app:70000"),
             std::string("ws://app/#part"),
             std::string("ws://app/a b"),
             std::string("ws://{host}/"),
             std::string("ws://app:{query.port}/"),
             std::string("ws://app{path}"),
             std::string("ws+unix:"),
             std::string("ws+unix:run/app.sock"),
             std::string("ws+unix:/run/{query.x}.sock"),
             std::string("ws+unix:/run/app.sock:live"),
             std::string("ws+unix:/run/app.sock:/a b"),
             "ws+unix:/" + std::string(107, 'a'),
             std::string("stdio:"),
             std::string("stdio:  "),
             std::string("stdio:a | b"),
             std::string("stdio:a 'b"),
             std::string("http://"),
             std::string("tcp://app"),
             std::string("tcp://[::1]"),
             std::string("tcp://app:"),
             std::string("tcp://app:1/path"),
             std::string("tcp://me@app:1"),
             std::string("unix:"),
             std::string("unix:/"),
             std::string("unix:app.sock"),
             std::string("unix:/run/{path}"),
             "unix:/" + std::string(107, 'a'),
             "ws://" + std::string(10'000, 'a'),
         }) {
        INFO(bad);
        auto const fault = check_backend_url(bad);
        CHECK_FALSE(fault.text.empty());
        CHECK_FALSE(fault.remedy.empty());
        CHECK(fault.text.size() < 300);
    }
}
