#include "engineio_fields.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <cstddef>
#include <string>

using namespace anywire;

namespace {

/// What `append` makes of a request with these fields.
template <class Append>
std::string fields_of(Append append, engineio_options const& o, std::string const& sent) {
    http::request_reader reader(http::request_limits{});
    std::size_t used = 0;
    auto const bytes = "GET / HTTP/1.1\r\nHost: x\r\n" + sent + "\r\n";
    REQUIRE(reader.feed(bytes, used) == http::request_reader::status::done);
    std::string out;
    append(out, o, reader.request());
    return out;
}

std::string const page = "Origin: https://a.example\r\n";

}  // namespace

TEST_CASE("without origins nothing is said of them") {
    CHECK(fields_of(append_cors, {}, page).empty());
}

TEST_CASE("whom a callback lets in is told so, like whom the list does") {
    engineio_options o;
    o.allow_origin = [](request const&, std::string_view) { return true; };
    CHECK(fields_of(append_cors, o, page) ==
          "Access-Control-Allow-Origin: https://a.example\r\nVary: Origin\r\n"
          "Access-Control-Allow-Credentials: true\r\n");
}

TEST_CASE("an origin is named where credentials may come, else a star is enough") {
    engineio_options o;
    o.origins = {"*"};
    CHECK(fields_of(append_cors, o, page) ==
          "Access-Control-Allow-Origin: https://a.example\r\nVary: Origin\r\n"
          "Access-Control-Allow-Credentials: true\r\n");
    CHECK(fields_of(append_cors, o, "") ==
          "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Credentials: true\r\n");
    o.cors.credentials = false;
    CHECK(fields_of(append_cors, o, page) == "Access-Control-Allow-Origin: *\r\n");
    o.origins = {"https://a.example"};
    CHECK(fields_of(append_cors, o, page) ==
          "Access-Control-Allow-Origin: https://a.example\r\nVary: Origin\r\n");
    CHECK(fields_of(append_cors, o, "") == "Vary: Origin\r\n");
}

TEST_CASE("a preflight is told the configured fields, or those it asks for") {
    engineio_options o;
    o.origins = {"https://a.example"};
    o.cors.credentials = false;
    auto const begin =
        std::string("Access-Control-Allow-Methods: GET,HEAD,PUT,PATCH,POST,DELETE\r\n");
    CHECK(fields_of(append_preflight, o, page) == begin);
    CHECK(fields_of(append_preflight, o, page + "Access-Control-Request-Headers: x-a, x-b\r\n") ==
          begin +
              "Vary: Access-Control-Request-Headers\r\nAccess-Control-Allow-Headers: x-a, "
              "x-b\r\n");
    o.cors.allowed_headers = {"X-One", "X-Two"};
    o.cors.max_age = std::chrono::seconds(5);
    CHECK(fields_of(append_preflight, o, page + "Access-Control-Request-Headers: x-a\r\n") ==
          begin + "Access-Control-Allow-Headers: X-One,X-Two\r\nAccess-Control-Max-Age: 5\r\n");
}

TEST_CASE("a session cookie has the attributes that were asked for, in a fixed order") {
    std::string out;
    append_session_cookie(out, {}, "abc");
    CHECK(out.empty());
    cookie_options c;
    c.name = "io";
    append_session_cookie(out, c, "abc");
    CHECK(out == "Set-Cookie: io=abc; Path=/; HttpOnly; SameSite=Lax\r\n");
    c.max_age = std::chrono::seconds(60);
    c.domain = "example.com";
    c.path = "";
    c.http_only = false;
    c.secure = true;
    c.same_site = "None";
    out.clear();
    append_session_cookie(out, c, "abc");
    CHECK(out == "Set-Cookie: io=abc; Max-Age=60; Domain=example.com; Secure; SameSite=None\r\n");
}

TEST_CASE("cookie options that would break out of their field are refused") {
    CHECK(check_cookie({}).empty());
    auto const bad = [](auto change) {
        cookie_options c;
        c.name = "io";
        change(c);
        return !check_cookie(c).empty();
    };
    CHECK_FALSE(bad([](auto&) {}));
    CHECK(bad([](auto& c) { c.name = "a b"; }));
    CHECK(bad([](auto& c) { c.name = "a="; }));
    CHECK(bad([](auto& c) { c.path = "/;x"; }));
    CHECK(bad([](auto& c) { c.path = "/\r\n"; }));
    CHECK(bad([](auto& c) { c.domain = "a\nb"; }));
    CHECK(bad([](auto& c) { c.same_site = "lax"; }));
    CHECK_FALSE(bad([](auto& c) { c.same_site = ""; }));
}
