#include "engineio/handshake.hpp"

#include <catch2/catch.hpp>

using namespace anywire::engineio;
using namespace std::chrono_literals;

TEST_CASE("the open packet has the keys that clients know, in their order") {
    CHECK(open_packet("lv_VI97HAXpY6yYWAAAC", true, 25s, 20s, 1'000'000) ==
          R"(0{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":["websocket"],"pingInterval":25000,)"
          R"("pingTimeout":20000,"maxPayload":1000000})");
    CHECK(open_packet("x", false, 300ms, 200ms, 0) ==
          R"(0{"sid":"x","upgrades":[],"pingInterval":300,"pingTimeout":200,"maxPayload":0})");
}

TEST_CASE("a refusal is a code and its message") {
    CHECK(refusal_json(refusal::unknown_transport) ==
          R"({"code":0,"message":"Transport unknown"})");
    CHECK(refusal_json(refusal::unknown_sid) == R"({"code":1,"message":"Session ID unknown"})");
    CHECK(refusal_json(refusal::bad_method) == R"({"code":2,"message":"Bad handshake method"})");
    CHECK(refusal_json(refusal::bad_request) == R"({"code":3,"message":"Bad request"})");
    CHECK(refusal_json(refusal::forbidden) == R"({"code":4,"message":"Forbidden"})");
    CHECK(refusal_json(refusal::unsupported_version) ==
          R"({"code":5,"message":"Unsupported protocol version"})");
    CHECK(message_of(refusal::forbidden) == "Forbidden");
}

TEST_CASE("a refusal may have a message of its own, whatever is in it") {
    CHECK(refusal_json(refusal::forbidden, "say \"please\"\n") ==
          R"({"code":4,"message":"say \"please\"\n"})");
}
