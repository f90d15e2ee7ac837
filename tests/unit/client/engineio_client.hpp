#pragma once

#include "support/client_fixture.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

// A channel of Engine.IO whose server is the test.
namespace anywire::test {

using namespace std::chrono_literals;

inline constexpr auto open_text =
    R"(0{"sid":"S","upgrades":[],"pingInterval":1000,"pingTimeout":500,"maxPayload":20})";
inline constexpr auto open_upgradable =
    R"(0{"sid":"S","upgrades":["websocket"],"pingInterval":1000,"pingTimeout":500})";

inline client_options options(std::vector<std::string> transports = {}) {
    return {.url = "http://a",
            .dialect = client_dialect::engineio,
            .transports = std::move(transports),
            .close_handshake = 1s};
}

inline client_options v3_options() {
    auto o = options();
    o.revision = 3;
    return o;
}

struct opened : channel_fixture {
    explicit opened(client_options o = options(), std::string const& text = open_text)
        : channel_fixture(std::move(o)) {
        get().answer(200, text);
        CHECK(take() == strings{"open"});
    }
    fake_call& get() { return net.call("/engine.io/", "GET"); }
    fake_call& post() { return net.call("/engine.io/", "POST"); }
};

inline std::string without_buster(std::string query) {
    auto const at = query.find("&t=");
    REQUIRE(at != query.npos);
    return query.erase(at, query.find('&', at + 1) - at);
}

}  // namespace anywire::test
