#include "core/cookie.hpp"

#include <catch2/catch.hpp>

#include <string_view>

using anywire::cookie_value;

TEST_CASE("a cookie is found by its exact name") {
    CHECK(cookie_value("JSESSIONID=abc", "JSESSIONID") == "abc");
    CHECK(cookie_value("a=b; JSESSIONID=x=y ;c=d", "JSESSIONID") == "x=y");
    CHECK(cookie_value("a=\"b\"", "a") == "b");
    CHECK(cookie_value("a=1; a=2", "a") == "1");
    CHECK(cookie_value("xa=1; A=2; ab=3; b=a=4", "a").empty());
    CHECK(cookie_value("a", "a").empty());
    CHECK(cookie_value("", "a").empty());
    CHECK(cookie_value(";;=;", "a").empty());
}

TEST_CASE("a value that could break out of a header is none") {
    for (std::string_view const bad : {"a=b c",
                                       "a=b,c",
                                       "a=b\\c",
                                       "a=b\"c",
                                       "a=\"b",
                                       "a=b\r\nX: y",
                                       "a=\x7f",
                                       "a=\xc3\xa4",
                                       "a=\""}) {
        CAPTURE(bad);
        CHECK(cookie_value(bad, "a").empty());
    }
    CHECK(cookie_value(std::string_view("a=b\0c", 5), "a").empty());
    CHECK(cookie_value("a=b c; a=good", "a").empty());
}

TEST_CASE("a cookie's value is decoded, and an empty one is none") {
    CHECK(anywire::cookie_decoded("a=x%20y; b=", "a") == "x y");
    CHECK(anywire::cookie_decoded("a=x%20y; b=", "b") == std::nullopt);
    CHECK(anywire::cookie_decoded("a=1", "c") == std::nullopt);
}
