#include "byte_range.hpp"

#include <catch2/catch.hpp>

#include <cstddef>
#include <string>
#include <string_view>

using namespace anywire::http;

namespace {

/// "whole", "beyond" or "FIRST+COUNT".
std::string chosen(std::string_view field, std::size_t size = 10) {
    auto const r = choose_range(field, size);
    if (r.what == range_choice::kind::beyond) return "beyond";
    if (r.what == range_choice::kind::whole) return r.count == size ? "whole" : "not whole";
    return std::to_string(r.first) + "+" + std::to_string(r.count);
}

}  // namespace

TEST_CASE("a range is cut to what is there") {
    CHECK(chosen("bytes=0-3") == "0+4");
    CHECK(chosen("bytes=4-") == "4+6");
    CHECK(chosen("bytes=9-99") == "9+1");
    CHECK(chosen("bytes=-3") == "7+3");
    CHECK(chosen("bytes=-99") == "0+10");
    CHECK(chosen("Bytes= 1-1 ") == "1+1");
    CHECK(chosen("bytes=3-99999999999999999999999999") == "3+7");
}

TEST_CASE("a range with nothing in it is beyond, and one that may be ignored is") {
    CHECK(chosen("bytes=10-") == "beyond");
    CHECK(chosen("bytes=99999999999999999999999999-") == "beyond");
    CHECK(chosen("bytes=-0") == "beyond");
    CHECK(chosen("bytes=0-", 0) == "beyond");
    CHECK(chosen("bytes=-5", 0) == "beyond");
    for (auto const* ignored : {"",
                                "bytes=",
                                "bytes=-",
                                "bytes=5-2",
                                "bytes=a-b",
                                "bytes=1",
                                "bytes=1-2,4-5",
                                "bytes=1-x",
                                "bytes=--1",
                                "lines=0-1",
                                "bytes=+1-2"})
        CHECK(chosen(ignored) == "whole");
}
