#include "client/url.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace {

using namespace anywire;

std::string shown(result<client_url> const& url) {
    if (!url) return url.error() == errc::bad_option ? "-" : "?";
    auto text = url->origin() + url->target();
    if (!url->user.empty() || !url->password.empty())
        text = url->user + ':' + url->password + '@' + text;
    return text;
}

std::string parsed(std::string_view text) {
    return shown(parse_url(text));
}

std::string resolved(std::string_view base, std::string_view reference) {
    return shown(resolve_url(parse_url(base).value(), reference));
}

}  // namespace

TEST_CASE("a URL is taken apart") {
    auto const url = parse_url("wss://Ann:p%3Aw@Example.COM:8443/a/b?c=d&e").value();
    CHECK(url.secure);
    CHECK(url.host == "example.com");
    CHECK(url.port == 8443);
    CHECK(url.user == "Ann");
    CHECK(url.password == "p:w");
    CHECK(url.path == "/a/b");
    CHECK(url.query == "c=d&e");
    CHECK_FALSE(url.is_host_literal);
    CHECK(url.target() == "/a/b?c=d&e");
    CHECK(url.authority() == "example.com:8443");
    CHECK(url.origin() == "https://example.com:8443");
}

TEST_CASE("the schemes of WebSocket are those of HTTP, and ports have their defaults") {
    CHECK(parsed("ws://a") == "http://a/");
    CHECK(parsed("http://a:80") == "http://a/");
    CHECK(parsed("HTTPS://a:443/") == "https://a/");
    CHECK(parsed("wss://a:80") == "https://a:80/");
    CHECK(parsed("http://a:/x") == "http://a/x");
    CHECK(parsed("http://a?b") == "http://a/?b");
    CHECK(parsed("http://a/?") == "http://a/");
    CHECK(parsed("http://a/./b/../c/.") == "http://a/c/");
    CHECK(parsed("http://a/../..") == "http://a/");
    CHECK(parsed("http://a//b") == "http://a//b");
    CHECK(parsed("http://a.b.") == "http://a.b./");
}

TEST_CASE("addresses are hosts, and are told from names") {
    auto const v6 = parse_url("http://[2001:DB8::1]:81/").value();
    CHECK(v6.host == "2001:db8::1");
    CHECK(v6.is_host_literal);
    CHECK(v6.authority() == "[2001:db8::1]:81");
    CHECK(parse_url("http://127.0.0.1/").value().is_host_literal);
    for (auto const* const text : {"[::]",
                                   "[::1]",
                                   "[1::]",
                                   "[1:2:3:4:5:6:7:8]",
                                   "[::ffff:1.2.3.4]",
                                   "[1:2:3:4:5:6:1.2.3.4]",
                                   "[1:2:3:4:5:6:7::]"})
        CHECK(parse_url(std::string("http://") + text).has_value());
    for (auto const* const text : {"[]",
                                   "[:]",
                                   "[1]",
                                   "[:::]",
                                   "[1::2::3]",
                                   "[1:2:3:4:5:6:7:8:9]",
                                   "[1:2:3:4:5:6:7:8::]",
                                   "[12345::]",
                                   "[::g]",
                                   "[1.2.3.4::]",
                                   "[::1",
                                   "::1",
                                   "[::1]x",
                                   "[fe80::1%25eth0]",
                                   "1.2.3",
                                   "256.1.1.1",
                                   "1.2.3.4.5",
                                   "01.2.3.4",
                                   "a.1"})
        CHECK(parsed(std::string("http://") + text) == "-");
}

TEST_CASE("what is not a URL of HTTP is refused") {
    for (auto const* const text : {"",
                                   "a",
                                   "a:80/b",
                                   "ftp://a",
                                   "http:",
                                   "http:/a",
                                   "http://",
                                   "http:///a",
                                   "http://:80",
                                   "http://a:0",
                                   "http://a:65536",
                                   "http://a:8x",
                                   "http://a:-1",
                                   "http://a/#b",
                                   "http://a#",
                                   "http://a b",
                                   "http://a/b c",
                                   "http://a/\t",
                                   "http://a/\xc3\xa4",
                                   "http://\xc3\xa4",
                                   "http://a..b",
                                   "http://.a",
                                   "http://.",
                                   "http://a\\b",
                                   "http://a/\"",
                                   "http://a/{",
                                   "http://u%3a:p@a",
                                   "http://u%0d:p@a",
                                   "http://u:%00@a",
                                   "http://u@v@a",
                                   "http://@",
                                   " http://a",
                                   "http://a%20b"})
        CHECK(parsed(text) == "-");
    CHECK(parsed("http://a/" + std::string(8'183, 'x')) != "-");
    CHECK(parsed("http://a/" + std::string(8'184, 'x')) == "-");
    CHECK(parsed("http://" + std::string(64, 'x')) == "-");
}

TEST_CASE("a user and a password are decoded") {
    CHECK(parsed("http://u@a") == "u:@http://a/");
    CHECK(parsed("http://:p@a") == ":p@http://a/");
    CHECK(parsed("http://u:a:b%40@a") == "u:a:b@@http://a/");
}

TEST_CASE("a reference leads from where it was found") {
    auto const base = "http://u:p@a/b/c/d?q";
    CHECK(resolved(base, "") == "u:p@http://a/b/c/d?q");
    CHECK(resolved(base, "#f") == "u:p@http://a/b/c/d?q");
    CHECK(resolved(base, "g") == "u:p@http://a/b/c/g");
    CHECK(resolved(base, "./g#f") == "u:p@http://a/b/c/g");
    CHECK(resolved(base, "../g?y") == "u:p@http://a/b/g?y");
    CHECK(resolved(base, "../../../g") == "u:p@http://a/g");
    CHECK(resolved(base, "?y") == "u:p@http://a/b/c/d?y");
    CHECK(resolved(base, "?") == "u:p@http://a/b/c/d");
    CHECK(resolved(base, "/g") == "u:p@http://a/g");
    CHECK(resolved(base, "/g:1") == "u:p@http://a/g:1");
    CHECK(resolved(base, "//e:81/g") == "http://e:81/g");
    CHECK(resolved("https://a/", "//e") == "https://e/");
    CHECK(resolved(base, "wss://e") == "https://e/");
    CHECK(resolved("http://a", "g") == "http://a/g");
    for (auto const* const text : {"ftp://a", "g:h", "http:g", "//", "//a b", "a b", "/\x01"})
        CHECK(resolved(base, text) == "-");
    CHECK(resolved("http://a/" + std::string(5'000, 'x') + "/", std::string(5'000, 'x')) == "-");
}

TEST_CASE("an origin is a scheme, a host and a port") {
    auto const url = parse_url("https://a/x").value();
    CHECK(url.is_same_origin(parse_url("wss://A:443/y?z").value()));
    CHECK_FALSE(url.is_same_origin(parse_url("http://a:443/").value()));
    CHECK_FALSE(url.is_same_origin(parse_url("https://a:444/").value()));
    CHECK_FALSE(url.is_same_origin(parse_url("https://b/").value()));
}
