#include "static_path.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire::http;

TEST_CASE("a path is decoded once, and a folder is its index") {
    CHECK(static_path("/").value() == "index.html");
    CHECK(static_path("/a/").value() == "a/index.html");
    CHECK(static_path("/a/b.js").value() == "a/b.js");
    CHECK(static_path("/a%20b%2Etxt").value() == "a b.txt");
    CHECK(static_path("/a..b/c.").value() == "a..b/c.");
    CHECK(static_path("/~x/a+b@2x.png").value() == "~x/a+b@2x.png");
}

TEST_CASE("no spelling of a path leaves its folder or names a hidden file") {
    using namespace std::string_literals;
    for (auto const& path : {"/../etc/passwd"s,
                             "/a/../../b"s,
                             "/.."s,
                             "/..%2fetc"s,
                             "/%2e%2e/etc"s,
                             "/.%2e/etc"s,
                             "/%2E./etc"s,
                             "/..%5cetc"s,
                             "/..\\etc"s,
                             "/a%2f..%2fb"s,
                             "/%252e%252e/etc"s,
                             "/%c0%ae%c0%ae/etc"s,
                             "/%e0%80%ae/etc"s,
                             "/\xc0\xae/etc"s,
                             "/..%c0%afetc"s,
                             "/..;/etc"s,
                             "/a;x/b"s,
                             "//etc/passwd"s,
                             "/a//b"s,
                             "/./a"s,
                             "/a/."s,
                             "/.git/config"s,
                             "/a/.env"s,
                             "/%2eenv"s,
                             "/a%00.html"s,
                             "/a\0.html"s,
                             "/a\nb"s,
                             "/%0d%0ab"s,
                             "/a%"s,
                             "/a%2"s,
                             "/a%zz"s,
                             "/%u002e"s,
                             "/c:/x"s,
                             "/c%3a"s,
                             ""s,
                             "a"s,
                             "*"s,
                             "../a"s,
                             "http://h/a"s}) {
        CAPTURE(path);
        CHECK_FALSE(static_path(path));
    }
    CHECK(static_path("/" + std::string(1023, 'a')));
    CHECK_FALSE(static_path("/" + std::string(1024, 'a')));
}

TEST_CASE("media types go by the extension") {
    CHECK(content_type_of("index.html") == "text/html; charset=UTF-8");
    CHECK(content_type_of("a/b.min.JS") == "text/javascript; charset=UTF-8");
    CHECK(content_type_of("svg") == "image/svg+xml");
    CHECK(content_type_of("a.js/LICENSE") == "application/octet-stream");
    CHECK(content_type_of("") == "application/octet-stream");
}

TEST_CASE("an entity tag is found in a list, weak or strong") {
    CHECK(etag_matches("*", "\"a\""));
    CHECK(etag_matches("\"a\"", "\"a\""));
    CHECK(etag_matches("W/\"a\"", "\"a\""));
    CHECK(etag_matches("\"a\"", "W/\"a\""));
    CHECK(etag_matches("\"x\", W/\"y,\" ,\"a\"", "\"a\""));
    CHECK(etag_matches("\"x\"\"a\"", "\"a\""));
    CHECK_FALSE(etag_matches("", "\"a\""));
    CHECK_FALSE(etag_matches("\"b\"", "\"a\""));
    CHECK_FALSE(etag_matches("a", "\"a\""));
    CHECK_FALSE(etag_matches("\"x,\"a\"", "\"a\""));
    CHECK_FALSE(etag_matches("w/\"a\"", "\"a\""));
    CHECK_FALSE(etag_matches("\"a", "\"a\""));
    CHECK_FALSE(etag_matches("\"a\"", ""));
}
