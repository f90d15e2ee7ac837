#include "text_template.hpp"

#include <anywire/error.hpp>

#include "client/url.hpp"
#include "unit/gateway/opening.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire;
using namespace anywire::gateway;
using anywire::test::kept_request;

namespace {

text_template parsed(std::string_view text) {
    std::string error;
    auto t = text_template::parse(text, error);
    INFO(text << ": " << error);
    REQUIRE(t);
    return *t;
}

std::string error_of(std::string_view text) {
    std::string error;
    CHECK_FALSE(text_template::parse(text, error));
    return error;
}

std::optional<std::string> expanded(std::string_view text,
                                    request const& r,
                                    std::string_view below = {},
                                    template_use use = template_use::url) {
    return parsed(text).expand({.request = r, .below = below}, use);
}

/// What becomes of {path} after "/app".
std::optional<std::string> path(std::string_view below) {
    auto const r = kept_request("/");
    return expanded("/app{path}", r, below);
}

}  // namespace

TEST_CASE("each variable stands for what the client has sent") {
    auto const r = kept_request(
        "/live/a/b?room=x%20y&room=7&t=1",
        {{"Host", "example.com:8443"}, {"Cookie", "a=1; b=two%20words"}, {"User-Agent", "curl/8"}},
        "2001:db8::1",
        true);
    link_opening const from{.request = r,
                            .session = "s1",
                            .dialect = "sockjs",
                            .transport = "xhr-streaming",
                            .below = "/a/b"};
    auto const is = [&](std::string_view text, std::string_view field, std::string_view url) {
        CAPTURE(text);
        CHECK(parsed(text).expand(from, template_use::field) == field);
        CHECK(parsed(text).expand(from, template_use::url) == url);
    };
    is("{path}", "/a/b", "/a/b");
    is("{query}", "room=x%20y&room=7", "room=x%20y&room=7");  // t is SockJS's own
    is("{query.t}", "1", "1");
    is("{query.room}", "7", "7");
    is("{query.none}", "", "");
    is("{cookie.a}{cookie.b}", "1two words", "1two%20words");
    is("{header.user-agent}", "curl/8", "curl%2F8");
    is("{header.None}", "", "");
    is("{address}", "2001:db8::1", "2001%3Adb8%3A%3A1");
    is("{host}", "example.com:8443", "example.com%3A8443");
    is("{scheme}", "https", "https");
    is("{session},{dialect},{transport}", "s1,sockjs,xhr-streaming", "s1,sockjs,xhr-streaming");
    is("{{path}", "{path}", "{path}");
    is("no variable }", "no variable }", "no variable }");
}

TEST_CASE("a template says what is wrong with it, and what to write") {
    CHECK(error_of("{room}").find("\"{room}\" is no variable: write {path}") == 0);
    CHECK(error_of("a {query") == "a \"{\" has no \"}\" after it: write \"{{\" for a brace");
    CHECK(error_of("{query.}").find("is no variable") != std::string::npos);
    CHECK(error_of("{header.a b}").find("is no variable") != std::string::npos);
    CHECK(error_of("{cookie.a;b}").find("is no variable") != std::string::npos);
    CHECK(error_of("{}").find("is no variable") != std::string::npos);
    CHECK(error_of("{Path}").find("is no variable") != std::string::npos);
    CHECK(error_of("a\r\nb").find("control character") != std::string::npos);
    CHECK(error_of(std::string(8'193, 'x')).find("longer") != std::string::npos);
    CHECK(parsed(std::string(8'192, 'x')).is_constant());
}

TEST_CASE("a template without variables is the same for every client") {
    CHECK(parsed("").is_constant());
    CHECK(parsed("ws://a/{{x").is_constant());
    CHECK_FALSE(parsed("{path}").is_constant());
    auto const r = kept_request("/");
    CHECK(expanded("", r) == "");
}

TEST_CASE("a client cannot choose the server of a URL") {
    for (auto const* fixed : {"ws://a:1/{path}",
                              "wss://a/app?{query}",
                              "ws://a?x={query.x}",
                              "ws://a",
                              "ws+unix:/run/app.sock:{path}",
                              "WS+UNIX:/run/app.sock:/x{path}"}) {
        CAPTURE(fixed);
        CHECK(parsed(fixed).has_constant_server());
    }
    for (auto const* open : {"ws://{host}/",
                             "ws://a:1{path}",
                             "ws://{query.x}.example/",
                             "{scheme}://a/",
                             "ws+unix:/run/{query.x}:/",
                             "ws+unix:{path}",
                             "{path}"}) {
        CAPTURE(open);
        CHECK_FALSE(parsed(open).has_constant_server());
    }
}

TEST_CASE("a path goes through as it was sent") {
    CHECK(path("/a%20b/%C3%A4/c") == "/app/a%20b/%C3%A4/c");
    CHECK(path("/a b?#\"<>\\^`{|}") == "/app/a%20b%3F%23%22%3C%3E%5C%5E%60%7B%7C%7D");
    CHECK(path("/\xc3\xa4") == "/app/%C3%A4");
    CHECK(path("/100%") == "/app/100%25");
    CHECK(path("/%zz%4") == "/app/%25zz%254");
    CHECK(path("/a\r\nb\t\x7f") == "/app/a%0D%0Ab%09%7F");
    CHECK(path("//a//") == "/app//a//");
    CHECK(path("") == "/app");
    auto const r = kept_request("/");
    CHECK(expanded("/app/{path}", r, "/x") == "/app/x");
    CHECK(expanded("/app/{path}", r, "x") == "/app/x");
    CHECK(expanded("{path}{path}", r, "/x") == "/x/x");
}

TEST_CASE("a path that climbs is refused, however its dots are written") {
    for (auto const* bad : {"..",
                            "/..",
                            "/../x",
                            "/a/../../x",
                            "/%2e%2e/x",
                            "/.%2E/x",
                            "/..%2fx",
                            "/a%2f..%2f..",
                            "/..\\x",
                            "/a%5c..",
                            "/..;/x",
                            "/%2e.;a=b/x",
                            "/a/..%3bx"}) {
        CAPTURE(bad);
        CHECK(climbs(bad));
        CHECK_FALSE(path(bad));
        auto const r = kept_request("/");
        CHECK_FALSE(expanded("{path}", r, bad, template_use::field));
    }
    for (auto const* good :
         {"/.", "/...", "/..a", "/a..", "/a../", "/.a./b", "/;..", "/x;../y", "/a%2e%2e", "/.;."}) {
        CAPTURE(good);
        CHECK_FALSE(climbs(good));
        CHECK(path(good) == "/app" + std::string(good));
    }
}

TEST_CASE("a path with a NUL is refused") {
    CHECK_FALSE(path("/a%00b"));
    CHECK_FALSE(path(std::string_view("/a\0b", 4)));
    CHECK(path("/a%0") == "/app/a%250");
}

TEST_CASE("an empty query leaves no mark at the end of a URL") {
    auto const without = kept_request("/live");
    auto const with = kept_request("/live?a=1");
    CHECK(expanded("/x?{query}", without) == "/x");
    CHECK(expanded("/x?k=v&{query}", without) == "/x?k=v");
    CHECK(expanded("/x?{query}&k=v", without) == "/x?&k=v");
    CHECK(expanded("/x?{query.a}", without) == "/x?");
    CHECK(expanded("/x?k=v&{query}", with) == "/x?k=v&a=1");
    CHECK(expanded("?{query}", without, {}, template_use::field) == "?");
}

TEST_CASE("a query goes through as it was sent, but for what no URL may hold") {
    auto const r = kept_request("/live?a=%20+b&c=[1]?/'\"<x>#%G&d=\xff");
    CHECK(expanded("{query}", r) == "a=%20+b&c=[1]?/'%22%3Cx%3E%23%25G&d=%FF");
}

TEST_CASE("a value cannot end a field, or begin a part of a URL") {
    auto const r = kept_request("/live?a=x%0d%0aHost:%20evil%00%7f&b=../%3f%26%23%25",
                                {{"Host", "not a host"}});
    CHECK(expanded("{query.a}", r, {}, template_use::field) == "xHost: evil");
    CHECK(expanded("{query.a}", r) == "x%0D%0AHost%3A%20evil%00%7F");
    CHECK(expanded("{query.b}", r) == "..%2F%3F%26%23%25");
    CHECK(expanded("{host}", r) == "");
}

TEST_CASE("what becomes of a template is bounded") {
    auto const r = kept_request("/live?a=" + std::string(3'000, '!'));
    CHECK(expanded("{query.a}", r, {}, template_use::field)->size() == 3'000);
    CHECK_FALSE(expanded("{query.a}", r));  // three times as long
    CHECK_FALSE(expanded("{query.a}{query.a}{query.a}", r, {}, template_use::field));
}

TEST_CASE("what becomes of the template of a URL is one") {
    auto const r = kept_request("/live?a=b%zz \x01\xfe{}|");
    auto const url = expanded("ws://backend:9000/app/{path}?x={query.a}&{query}", r, "/ \x02%{}");
    REQUIRE(url);
    auto const read = parse_url(*url);
    REQUIRE(read.has_value());
    CHECK(read->host == "backend");
    CHECK(read->port == 9000);
    CHECK(read->path == "/app/%20%02%25%7B%7D");
}
