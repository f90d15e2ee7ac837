#include "forward_fields.hpp"

#include "proxy_header.hpp"
#include "unit/gateway/opening.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire;
using namespace anywire::gateway;
using anywire::test::kept_request;

namespace {

forward_settings nothing() {
    return {.headers = {}, .x_forwarded = false, .session_fields = false};
}

forward_fields made(forward_settings const& s) {
    std::string error;
    auto f = forward_fields::make(s, error);
    INFO(error);
    REQUIRE(f);
    return *f;
}

/// "Name: value" of each, one a line.
std::string fields(forward_settings const& s, link_opening const& from) {
    auto const all = made(s).of(from);
    REQUIRE(all);
    std::string out;
    for (auto const& f : *all) out.append(f.name).append(": ").append(f.value).append("\n");
    return out;
}

std::string fields(forward_settings const& s, request const& r) {
    return fields(s, link_opening{.request = r});
}

/// The client that the server's own reader makes of it; "-" for none.
std::string read_back(proxy_header version, std::string_view address, bool is_secure = false) {
    auto const bytes = proxy_preamble(version, address, is_secure);
    http::proxy_header_reader reader;
    std::size_t used = 0;
    auto const next = bytes + "GET";
    CHECK(reader.feed(next, used) == http::proxy_header_reader::status::done);
    CHECK(used == bytes.size());
    CHECK(reader.client().is_secure ==
          (is_secure && version == proxy_header::v2 && !reader.client().address.empty()));
    return reader.client().address.empty() ? "-" : reader.client().address;
}

}  // namespace

TEST_CASE("listed fields go through as sent, however often they are there") {
    auto const r = kept_request("/live",
                                {{"Host", "a"},
                                 {"cookie", "a=1"},
                                 {"X-Other", "x"},
                                 {"Authorization", "Bearer t"},
                                 {"Cookie", "b=2"},
                                 {"Accept-Language", ""}});
    auto s = nothing();
    s.headers = forward_settings{}.headers;
    CHECK(fields(s, r) == "cookie: a=1\nAuthorization: Bearer t\nCookie: b=2\nAccept-Language: \n");
}

TEST_CASE("fields of the connection never go through, also where they are listed") {
    auto const r = kept_request("/live",
                                {{"Host", "a"},
                                 {"Sec-WebSocket-Protocol", "chat"},
                                 {"Proxy-Authorization", "Basic x"},
                                 {"Trailer", "x"},
                                 {"Expect", "100-continue"},
                                 {"X", "y"}});
    auto s = nothing();
    s.headers = {"host",
                 "sec-websocket-protocol",
                 "Proxy-Authorization",
                 "TRAILER",
                 "Expect",
                 "Connection",
                 "x"};
    CHECK(fields(s, r) == "X: y\n");
}

TEST_CASE("what a client has written about itself never goes through, also where it is listed") {
    auto const r = kept_request("/live",
                                {{"Host", "a"},
                                 {"X-Forwarded-For", "203.0.113.9"},
                                 {"x-forwarded-proto", "https"},
                                 {"Forwarded", "for=203.0.113.9"},
                                 {"X-Real-IP", "203.0.113.9"},
                                 {"Anywire-Session", "forged"}});
    auto s = nothing();
    s.headers = {
        "X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "X-Real-IP", "anywire-session"};
    CHECK(fields(s, r).empty());
    s.x_forwarded = true;
    CHECK(fields(s, r) ==
          "X-Forwarded-For: 192.0.2.7\nX-Forwarded-Proto: http\nX-Forwarded-Host: a\n"
          "X-Forwarded-Port: 80\n");
}

TEST_CASE("X-Forwarded fields say who the client is, and what it asked for") {
    auto s = nothing();
    s.x_forwarded = true;
    auto const of = [&](std::string_view host, std::string_view address, bool is_secure) {
        return fields(s, kept_request("/live", {{"Host", host}}, address, is_secure));
    };
    CHECK(of("example.com", "2001:db8::1", true) ==
          "X-Forwarded-For: 2001:db8::1\nX-Forwarded-Proto: https\n"
          "X-Forwarded-Host: example.com\nX-Forwarded-Port: 443\n");
    CHECK(of("[::1]:8080", "unix:", false) ==
          "X-Forwarded-Proto: http\nX-Forwarded-Host: [::1]:8080\nX-Forwarded-Port: 8080\n");
    CHECK(of("[::1]", "192.0.2.7", false) ==
          "X-Forwarded-For: 192.0.2.7\nX-Forwarded-Proto: http\nX-Forwarded-Host: [::1]\n"
          "X-Forwarded-Port: 80\n");
    CHECK(of("not a host", "x, 10.0.0.1", true) ==
          "X-Forwarded-Proto: https\nX-Forwarded-Port: 443\n");
}

TEST_CASE("Forwarded has one element, quoted where it has to be") {
    CHECK(forwarded_element("192.0.2.7", "example.com", false) ==
          "for=192.0.2.7;host=example.com;proto=http");
    CHECK(forwarded_element("2001:db8::1", "example.com:8443", true) ==
          "for=\"[2001:db8::1]\";host=\"example.com:8443\";proto=https");
    CHECK(forwarded_element("unix:", "", true) == "for=unknown;proto=https");
    CHECK(forwarded_element("fe80::1%eth0", "a\"b", true) == "for=unknown;proto=https");
    auto s = nothing();
    s.forwarded = true;
    CHECK(fields(s, kept_request("/live", {{"Host", "a"}})) ==
          "Forwarded: for=192.0.2.7;host=a;proto=http\n");
}

TEST_CASE("the session's own fields say how it came, and how often it has come again") {
    auto const r = kept_request("/live");
    auto s = nothing();
    s.session_fields = true;
    link_opening from{.request = r, .session = "id", .dialect = "engineio", .transport = "polling"};
    auto const first =
        "Anywire-Session: id\nAnywire-Transport: polling\nAnywire-Dialect: engineio\n";
    CHECK(fields(s, from) == first);
    from.resumption = 2;
    CHECK(fields(s, from) == std::string(first) + "Anywire-Resume: 2\n");
}

TEST_CASE("fields that are set replace all others of their name") {
    auto const r = kept_request("/live?token=t%0d%0aX:%20y",
                                {{"Host", "a"}, {"Authorization", "old"}, {"Cookie", "c"}});
    forward_settings s;
    s.set = {{"authorization", "Bearer {query.token}"},
             {"X-Forwarded-For", "{address}, 10.0.0.1"},
             {"X-Route", "live"},
             {"X-None", "{query.none}"}};
    s.session_fields = false;
    CHECK(fields(s, r) ==
          "Cookie: c\nX-Forwarded-Proto: http\nX-Forwarded-Host: a\nX-Forwarded-Port: 80\n"
          "authorization: Bearer tX: y\nX-Forwarded-For: 192.0.2.7, 10.0.0.1\nX-Route: live\n");
}

TEST_CASE("a value has no control characters, and no blanks around it") {
    auto const r = kept_request("/live?a=%20x%09%20", {{"Cookie", "a\tb\x01\x7f "}});
    auto s = nothing();
    s.headers = {"Cookie"};
    s.set = {{"X-A", " {query.a} "}};
    CHECK(fields(s, r) == "Cookie: a b\nX-A: x\n");
}

TEST_CASE("a client whose values may not stand in a field gets none") {
    auto s = nothing();
    s.set = {{"X-Path", "{path}"}};
    auto const r = kept_request("/live");
    auto const f = made(s);
    CHECK(f.of({.request = r, .below = "/a"}));
    CHECK_FALSE(f.of({.request = r, .below = "/../a"}));
}

TEST_CASE("names and templates that cannot be set say why") {
    std::string error;
    auto const wrong = [&](std::string name, std::string text) {
        forward_settings s;
        s.set = {{std::move(name), std::move(text)}};
        CHECK_FALSE(forward_fields::make(s, error));
        return error;
    };
    CHECK(wrong("a b", "x") == "\"a b\" cannot be set: write a name of letters, digits and \"-\"");
    CHECK(wrong("", "x").find("cannot be set") != std::string::npos);
    CHECK(wrong("Host", "x") == "\"Host\" cannot be set: the handshake writes it by itself");
    CHECK(wrong("Sec-WebSocket-Key", "x").find("by itself") != std::string::npos);
    CHECK(wrong("X", "{x}").find("X: \"{x}\" is no variable") == 0);
}

TEST_CASE("the server's own reader finds the client in the header of a connection") {
    for (auto const version : {proxy_header::v1, proxy_header::v2}) {
        CHECK(read_back(version, "192.0.2.7") == "192.0.2.7");
        CHECK(read_back(version, "2001:db8::1") == "2001:db8::1");
        CHECK(read_back(version, "2001:db8::1", true) == "2001:db8::1");
        for (auto const* none : {"", "unix:", "x", "fe80::1%eth0", "1.2.3", "192.0.2.7\r\nX"})
            CHECK(read_back(version, none, true) == "-");
    }
    CHECK(proxy_preamble(proxy_header::none, "192.0.2.7", true).empty());
}

TEST_CASE("the header of a connection is what the protocol says") {
    CHECK(proxy_preamble(proxy_header::v1, "192.0.2.7", true) ==
          "PROXY TCP4 192.0.2.7 0.0.0.0 0 0\r\n");
    CHECK(proxy_preamble(proxy_header::v1, "2001:db8::1", false) ==
          "PROXY TCP6 2001:db8::1 :: 0 0\r\n");
    CHECK(proxy_preamble(proxy_header::v1, "unix:", false) == "PROXY UNKNOWN\r\n");
    auto const signature = std::string("\r\n\r\n\0\r\nQUIT\n", 12);
    CHECK(proxy_preamble(proxy_header::v2, "unix:", true) ==
          signature + std::string("\x20\0\0\0", 4));
    CHECK(proxy_preamble(proxy_header::v2, "192.0.2.7", true) ==
          signature + std::string("\x21\x11\0\x14\xc0\0\2\7\0\0\0\0\0\0\0\0", 16) +
              std::string("\x20\0\5\1\0\0\0\1", 8));
    CHECK(proxy_preamble(proxy_header::v2, "2001:db8::1", false).size() == 16 + 36);
}
