#include "websocket/deflate.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

using namespace anywire;
using namespace anywire::websocket;

namespace {

/// The response to an offer; "-" when none is acceptable.
std::string answer(std::string_view offers, deflate_options options = {}) {
    options.enabled = true;
    std::string response = "stale";
    auto const agreed = negotiate_deflate(offers, options, response);
    CHECK(agreed.has_value() == !response.empty());
    return agreed ? response : "-";
}

}  // namespace

TEST_CASE("offers are answered in the terms of RFC 7692") {
    CHECK(answer("permessage-deflate") == "permessage-deflate");
    CHECK(answer("permessage-deflate; client_max_window_bits") == "permessage-deflate");
    CHECK(answer("permessage-deflate;client_max_window_bits=15") == "permessage-deflate");
    CHECK(answer("permessage-deflate; client_max_window_bits=10") ==
          "permessage-deflate; client_max_window_bits=10");
    CHECK(answer("permessage-deflate; server_max_window_bits=10") ==
          "permessage-deflate; server_max_window_bits=10");
    CHECK(answer("permessage-deflate; server_max_window_bits=15") ==
          "permessage-deflate; server_max_window_bits=15");
    CHECK(answer("permessage-deflate; server_no_context_takeover") ==
          "permessage-deflate; server_no_context_takeover");
    CHECK(answer("permessage-deflate; client_no_context_takeover; server_no_context_takeover") ==
          "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
    CHECK(answer("permessage-deflate ; server_max_window_bits = \"12\"\t") ==
          "permessage-deflate; server_max_window_bits=12");
}

TEST_CASE("our own wishes go into the answer") {
    CHECK(answer("permessage-deflate", {.server_no_context_takeover = true}) ==
          "permessage-deflate; server_no_context_takeover");
    CHECK(answer("permessage-deflate", {.client_no_context_takeover = true}) ==
          "permessage-deflate; client_no_context_takeover");
    CHECK(answer("permessage-deflate", {.server_max_window_bits = 11}) ==
          "permessage-deflate; server_max_window_bits=11");
    CHECK(answer("permessage-deflate; server_max_window_bits=10", {.server_max_window_bits = 11}) ==
          "permessage-deflate; server_max_window_bits=10");
    CHECK(answer("permessage-deflate; client_max_window_bits", {.client_max_window_bits = 11}) ==
          "permessage-deflate; client_max_window_bits=11");
    // A client that does not name the parameter cannot be asked for it.
    CHECK(answer("permessage-deflate", {.client_max_window_bits = 11}) == "permessage-deflate");
}

TEST_CASE("what was agreed is returned") {
    std::string response;
    auto const agreed = negotiate_deflate(
        "permessage-deflate; server_no_context_takeover; client_max_window_bits; "
        "server_max_window_bits=10",
        {.enabled = true, .client_max_window_bits = 12},
        response);
    REQUIRE(agreed);
    CHECK(agreed->server_no_context_takeover);
    CHECK_FALSE(agreed->client_no_context_takeover);
    CHECK(agreed->server_max_window_bits == 10);
    CHECK(agreed->client_max_window_bits == 12);
}

TEST_CASE("without the option nothing is negotiated") {
    std::string response = "stale";
    CHECK_FALSE(negotiate_deflate("permessage-deflate", {}, response));
    CHECK(response.empty());
}

TEST_CASE("an offer that cannot be met is passed over for the next") {
    auto const bad = GENERATE(as<std::string>{},
                              "permessage-deflate; server_max_window_bits=8",
                              "permessage-deflate; server_max_window_bits=16",
                              "permessage-deflate; server_max_window_bits=7",
                              "permessage-deflate; server_max_window_bits=010",
                              "permessage-deflate; server_max_window_bits=99999999999999999999",
                              "permessage-deflate; server_max_window_bits=x",
                              "permessage-deflate; server_max_window_bits",
                              "permessage-deflate; server_max_window_bits=\"\"",
                              "permessage-deflate; server_max_window_bits=\"1\\0\"",
                              "permessage-deflate; client_max_window_bits=16",
                              "permessage-deflate; client_max_window_bits=0",
                              "permessage-deflate; server_no_context_takeover=1",
                              "permessage-deflate; client_no_context_takeover=true",
                              "permessage-deflate; unknown",
                              "permessage-deflate; constructor",
                              "permessage-deflate; server_no_context_takeover; "
                              "server_no_context_takeover",
                              "permessage-deflate; server_max_window_bits=10; "
                              "server_max_window_bits=10",
                              "permessage-bzip2",
                              "x-webkit-deflate-frame; q=\"a,b;c\"");
    CAPTURE(bad);
    CHECK(answer(bad) == "-");
    CHECK(answer(bad + ", permessage-deflate") == "permessage-deflate");
    CHECK(answer(bad + "  ,,\t, permessage-deflate; server_max_window_bits=9 , other") ==
          "permessage-deflate; server_max_window_bits=9");
}

TEST_CASE("a malformed field agrees to nothing from there on") {
    auto const bad = GENERATE(as<std::string>{},
                              "",
                              " , ",
                              ";",
                              "=",
                              "permessage deflate, permessage-deflate",
                              "permessage-deflate; =, permessage-deflate",
                              "permessage-deflate; a=\"open, permessage-deflate",
                              "permessage-deflate; a=\"\\\", permessage-deflate",
                              "permessage-deflate;; a, permessage-deflate",
                              "\xc3\xa4, permessage-deflate",
                              "permessage-deflate; \"quoted\"");
    CAPTURE(bad);
    CHECK(answer(bad) == "-");
}

TEST_CASE("a hostile field costs linear time") {
    std::string field = "permessage-deflate";
    for (int i = 0; i < 300'000; ++i) field += ";a=\"\\c\"";
    CHECK(answer(field) == "-");
    CHECK(answer("a; b=\"" + std::string(2'000'000, '\\')) == "-");
    CHECK(answer(std::string(2'000'000, ',')) == "-");
    CHECK(answer("a" + std::string(2'000'000, ' ')) == "-");
}
