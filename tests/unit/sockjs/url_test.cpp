#include "sockjs/url.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire::sockjs;

namespace {

struct row {
    std::string path;
    endpoint_kind kind = endpoint_kind::none;
};

}  // namespace

TEST_CASE("each path leads to its endpoint, with one slash after it or without") {
    auto const r = GENERATE(values<row>({
        {"/info", endpoint_kind::info},
        {"/websocket", endpoint_kind::raw_websocket},
        {"/000/abc/websocket", endpoint_kind::websocket},
        {"/000/abc/xhr", endpoint_kind::xhr},
        {"/000/abc/xhr_streaming", endpoint_kind::xhr_streaming},
        {"/000/abc/xhr_send", endpoint_kind::xhr_send},
        {"/000/abc/eventsource", endpoint_kind::eventsource},
        {"/000/abc/htmlfile", endpoint_kind::htmlfile},
        {"/000/abc/jsonp", endpoint_kind::jsonp},
        {"/000/abc/jsonp_send", endpoint_kind::jsonp_send},
        {"/iframe.html", endpoint_kind::iframe},
    }));
    CAPTURE(r.path);
    CHECK(parse_path(r.path).kind == r.kind);
    CHECK(parse_path(r.path + "/").kind == r.kind);
    CHECK(parse_path(r.path + "//").kind == endpoint_kind::none);
    CHECK(parse_path("/" + r.path).kind == endpoint_kind::none);
    CHECK(parse_path(r.path + "x").kind == endpoint_kind::none);
}

TEST_CASE("the prefix alone leads to the greeting") {
    CHECK(parse_path("").kind == endpoint_kind::greeting);
    CHECK(parse_path("/").kind == endpoint_kind::greeting);
}

TEST_CASE("odd suffixes lead nowhere") {
    auto const path = GENERATE(as<std::string>{},
                               "/a",
                               "/a.html",
                               "//",
                               "///",
                               "/a/a",
                               "/a/a/",
                               "/a/",
                               "foo",
                               "foo/bar/xhr",
                               "/chunking_test",
                               "/INFO",
                               "/a/a/XHR",
                               "/xhr",
                               "/a/xhr",
                               "/a/b/c/xhr",
                               "/a/b/nothing",
                               "/a/b/xhr/c");
    CAPTURE(path);
    CHECK(parse_path(path).kind == endpoint_kind::none);
}

TEST_CASE("empty, dotted and missing segments lead nowhere") {
    auto const prefix = GENERATE(
        as<std::string>{}, "//", "/a./a", "/a/a.", "/./.", "/", "///", "/../..", "/a//", "//a");
    auto const suffix = GENERATE(as<std::string>{}, "/xhr", "/websocket", "/jsonp_send", "/xhr/");
    if (prefix == "/" && suffix == "/websocket") return;  // "//websocket", tested above
    CAPTURE(prefix, suffix);
    CHECK(parse_path(prefix + suffix).kind == endpoint_kind::none);
}

TEST_CASE("segments may hold anything but slashes and dots, and are not decoded") {
    auto const r = parse_path("/a_-%20/%2e%2F?;=b/xhr");
    CHECK(r.kind == endpoint_kind::xhr);
    CHECK(r.server == "a_-%20");
    CHECK(r.session == "%2e%2F?;=b");
    auto const words = parse_path("/xhr/websocket/xhr_send");
    CHECK(words.kind == endpoint_kind::xhr_send);
    CHECK(words.server == "xhr");
    CHECK(words.session == "websocket");
}

TEST_CASE("routes without a session have no segments") {
    for (auto const* path : {"", "/info", "/websocket", "/iframe.html", "/a/b/none", "/a./b/xhr"}) {
        CAPTURE(path);
        CHECK(parse_path(path).server.empty());
        CHECK(parse_path(path).session.empty());
    }
}

TEST_CASE("versioned names lead to the iframe page") {
    auto const path = GENERATE(as<std::string>{},
                               "/iframe.html",
                               "/iframe-a.html",
                               "/iframe-.html",
                               "/iframe-0.1.2.html",
                               "/iframe-0.1.2abc-dirty.2144.html");
    CAPTURE(path);
    CHECK(parse_path(path).kind == endpoint_kind::iframe);
}

TEST_CASE("malformed names of the iframe page lead nowhere") {
    auto const path = GENERATE(as<std::string>{},
                               "/iframe.htm",
                               "/iframe",
                               "/IFRAME.HTML",
                               "/IFRAME",
                               "/iframe.HTML",
                               "/iframe.xml",
                               "/iframe-/.html",
                               "/iframeXhtml",
                               "/iframe-A.html",
                               "/iframehtml",
                               "/iframe%2ehtml",
                               "/iframe-\xc3\xa9.html");
    CAPTURE(path);
    CHECK(parse_path(path).kind == endpoint_kind::none);
}

TEST_CASE("each endpoint says which methods it allows") {
    CHECK(allowed_methods(endpoint_kind::greeting) == "GET");
    CHECK(allowed_methods(endpoint_kind::iframe) == "GET");
    CHECK(allowed_methods(endpoint_kind::info) == "OPTIONS, GET");
    CHECK(allowed_methods(endpoint_kind::raw_websocket) == "GET");
    CHECK(allowed_methods(endpoint_kind::websocket) == "GET");
    CHECK(allowed_methods(endpoint_kind::xhr) == "POST, OPTIONS");
    CHECK(allowed_methods(endpoint_kind::xhr_streaming) == "POST, OPTIONS");
    CHECK(allowed_methods(endpoint_kind::xhr_send) == "POST, OPTIONS");
    CHECK(allowed_methods(endpoint_kind::eventsource) == "GET");
    CHECK(allowed_methods(endpoint_kind::htmlfile) == "GET");
    CHECK(allowed_methods(endpoint_kind::jsonp) == "GET");
    CHECK(allowed_methods(endpoint_kind::jsonp_send) == "POST");
    CHECK(allowed_methods(endpoint_kind::none).empty());
}
