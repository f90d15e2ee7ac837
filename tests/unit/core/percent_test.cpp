#include "core/percent.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

using namespace anywire;

TEST_CASE("what is percent-encoded is decoded, and what only looks like it stays") {
    CHECK(percent_decoded("a%20b%2Fc%2f") == "a b/c/");
    CHECK(percent_decoded("a+b") == "a+b");
    CHECK(percent_decoded("%") == "%");
    CHECK(percent_decoded("%2") == "%2");
    CHECK(percent_decoded("%zz%4") == "%zz%4");
    CHECK(percent_decoded("%%41") == "%A");
    CHECK(percent_decoded("%00") == std::string_view("\0", 1));
}

TEST_CASE("what was encoded decodes to what it was, byte by byte") {
    CHECK(percent_encoded("a-b._~9") == "a-b._~9");
    CHECK(percent_encoded(" ;,\"\\%") == "%20%3B%2C%22%5C%25");
    std::string all;
    for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
    CHECK(percent_decoded(percent_encoded(all)) == all);
}
