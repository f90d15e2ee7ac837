// Placeholders for attachments in the packets of Socket.IO.
#include "socketio/packet.hpp"
#include "support/socketio_packets.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

using namespace anywire::socketio::wire;
using namespace anywire::test;

TEST_CASE("a placeholder in a text event is an object like any other") {
    CHECK(accepted(R"(2["x",{"_placeholder":true,"num":"splice"}])"));
}

TEST_CASE("placeholders must name an attachment that is there") {
    auto const check = [](std::string_view json, std::size_t n) {
        auto const fits = has_sound_placeholders(json, n);
        CHECK(check_placeholders(json, some(n)) == fits);
        return fits;
    };
    CHECK(check(R"(["x",{"_placeholder":true,"num":0}])", 1));
    CHECK(check(R"(["x",{"a":[{"num":1,"_placeholder":true}]}])", 2));
    CHECK(check(R"(["x",{"_placeholder":true,"num":1.0}])", 2));
    for (auto const* num : {"1",
                            "-1",
                            "0.5",
                            "\"splice\"",
                            "\"0\"",
                            "null",
                            "true",
                            "[0]",
                            "1e99",
                            "18446744073709551616",
                            "{\"_placeholder\":true,\"num\":0}"}) {
        CAPTURE(num);
        auto const json = R"(["x",{"_placeholder":true,"num":)" + std::string(num) + "}]";
        CHECK_FALSE(check(json, 1));
    }
    CHECK_FALSE(check(R"(["x",{"_placeholder":true}])", 1));
    CHECK_FALSE(check(R"(["x",{"\u005fplaceholder":true,"n\u0075m":7}])", 1));
    CHECK_FALSE(check(R"([[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]])", 1));
}

TEST_CASE("attachments may be referenced again or never, but copies are counted") {
    CHECK(check_placeholders(R"(["x"])", some(1)));
    CHECK(check_placeholders("", some(1)));
    auto const of = [](std::string_view num) {
        return std::string(R"({"_placeholder":true,"num":)").append(num).append("}");
    };
    CHECK(check_placeholders("[\"x\"," + of("2") + "," + of("0") + "]", some(3)));
    for (auto const* again : {"0", "0.0", "0e9", "-0"}) {
        CAPTURE(again);
        auto const twice = "[\"x\"," + of("0") + ",{\"a\":[" + of(again) + "]}]";
        CHECK(check_placeholders(twice, some(1)));
        CHECK(check_placeholders(twice, some(1, max_copied_bytes)));
        CHECK_FALSE(check_placeholders(twice, some(1, max_copied_bytes + 1)));
    }
    auto const three_times = "[\"x\"," + of("0") + "," + of("0") + "," + of("0") + "]";
    CHECK(check_placeholders(three_times, some(2, max_copied_bytes / 2)));
    CHECK_FALSE(check_placeholders(three_times, some(2, max_copied_bytes / 2 + 1)));
    // What is within a placeholder does not count.
    CHECK(check_placeholders(R"([{"_placeholder":true,"num":0,"x":)" + of("0") + "}]",
                             some(1, 2 * max_copied_bytes)));
}

TEST_CASE("there are as many placeholders as attachments, or as many as are allowed") {
    std::string json = "[\"x\"";
    for (int i = 999; i >= 0; --i)
        json += R"(,{"_placeholder":true,"num":)" + std::to_string(i) + "}";
    CHECK(check_placeholders(json + "]", some(1000)));
    CHECK_FALSE(check_placeholders(json + "]", some(999)));
    std::string again = "[\"x\"";
    for (int i = 0; i < 10; ++i) again += R"(,{"_placeholder":true,"num":0})";
    CHECK(check_placeholders(again + "]", some(1)));
    again += R"(,{"_placeholder":true,"num":0}])";
    CHECK_FALSE(check_placeholders(again, some(1)));
    CHECK(check_placeholders(again, some(1), 11));
}

TEST_CASE("only what browsers take for a placeholder is one") {
    CHECK(check_placeholders(R"([{"_placeholder":false,"num":9}])", some(1)));
    CHECK(check_placeholders(R"([{"_placeholder":"true","num":9}])", some(1)));
    CHECK(check_placeholders(R"([{"_placeholder":1,"num":9}])", some(1)));
    CHECK(check_placeholders(R"([{"placeholder":true,"num":9}])", some(1)));
    CHECK(check_placeholders(R"(["{\"_placeholder\":true,\"num\":9}"])", some(1)));
    // Of equal keys the last one counts, and within a placeholder nothing does.
    CHECK(check_placeholders(R"([{"_placeholder":true,"num":9,"num":0}])", some(1)));
    CHECK(check_placeholders(R"([{"_placeholder":true,"_placeholder":false,"num":9}])", some(1)));
    CHECK_FALSE(
        check_placeholders(R"([{"_placeholder":false,"_placeholder":true,"num":9}])", some(1)));
    CHECK(check_placeholders(R"([{"a":{"_placeholder":true,"num":9},"_placeholder":true,"num":0}])",
                             some(1)));
    CHECK_FALSE(check_placeholders(R"([{"a":{"_placeholder":true,"num":9},"_placeholder":null}])",
                                   some(1)));
}

TEST_CASE("placeholders are found in one pass, whatever the nesting") {
    auto const deep = repeated("[{\"a\":", 60) + "[" + repeated("[],", 100'000) +
                      R"({"_placeholder":true,"num":9}])" + repeated("}]", 60);
    CHECK_FALSE(check_placeholders(deep, some(1)));
    CHECK(check_placeholders(repeated("[", 100'000), some(1)));
}
