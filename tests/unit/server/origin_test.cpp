#include "origin.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

using namespace anywire::http;

namespace {

bool allows(origin_policy const& policy,
            std::string_view origin,
            std::string_view host = "example.com",
            std::string_view scheme = "https") {
    origin_request const r{
        .origin_header = origin, .has_origin = true, .scheme = scheme, .host = host};
    // With an Origin there is no difference.
    CHECK(allows_originless_get(policy, r) == allows_origin(policy, r));
    return allows_origin(policy, r);
}

bool allows_get(origin_policy const& policy, std::string_view site, std::string_view referer) {
    return allows_originless_get(
        policy,
        {.sec_fetch_site = site, .referer = referer, .scheme = "https", .host = "example.com"});
}

origin_policy const same_origin{};
origin_policy const everyone{{"*"}};
origin_policy const listed{{"https://good.net", "http://dev:3000", "https://*.wild.org"}};

}  // namespace

TEST_CASE("the own origin is allowed, compared by scheme, host and port") {
    CHECK(allows(same_origin, "https://example.com"));
    CHECK(allows(same_origin, "HTTPS://Example.COM:443"));
    CHECK(allows(same_origin, "https://example.com", "EXAMPLE.com:443"));
    CHECK(allows(same_origin, "http://h:8080", "h:8080", "http"));
    CHECK(allows(same_origin, "http://h", "h:80", "http"));
    CHECK(allows(same_origin, "http://[::1]:81", "[::1]:81", "http"));
    CHECK(allows(same_origin, "http://[::1]", "[::1]", "http"));
    CHECK(allows(listed, "https://example.com"));
    CHECK_FALSE(allows(same_origin, "http://example.com"));
    CHECK_FALSE(allows(same_origin, "https://example.com:8443"));
    CHECK_FALSE(allows(same_origin, "https://example.com", "example.com:80"));
    CHECK_FALSE(allows(same_origin, "https://www.example.com"));
    CHECK_FALSE(allows(same_origin, "https://example.com.evil"));
    CHECK_FALSE(allows(same_origin, "https://example.com", ""));
}

TEST_CASE("what is no origin is foreign") {
    for (std::string_view const origin : {"null",
                                          "",
                                          "example.com",
                                          "https://",
                                          "https:example.com",
                                          "https://example.com/",
                                          "https://u@example.com",
                                          "https://example.com https://example.com",
                                          "https://example.com, https://x",
                                          "https://example.com:",
                                          "https://example.com:x",
                                          "https://example.com:443:443",
                                          "https://example.com:70000",
                                          "://example.com",
                                          "https://example.com#",
                                          "https://example.com\\",
                                          "https://[example.com]"}) {
        CAPTURE(origin);
        CHECK_FALSE(allows(same_origin, origin));
        CHECK_FALSE(allows(listed, origin));
        CHECK(allows(everyone, origin));
    }
    CHECK_FALSE(allows(same_origin, std::string_view("https://example.com\0", 20)));
}

TEST_CASE("ws is http and wss is https, for pages, lists and the iframe's sources") {
    CHECK(allows(same_origin, "wss://example.com"));
    CHECK(allows(same_origin, "wss://example.com:443"));
    CHECK(allows(same_origin, "WSS://example.com:8443", "example.com:8443"));
    CHECK(allows(same_origin, "ws://h:8080", "h:8080", "http"));
    CHECK(allows(same_origin, "ws://h", "h", "http"));
    CHECK(allows(listed, "wss://good.net"));
    CHECK(allows({{"wss://good.net"}}, "https://good.net"));
    CHECK_FALSE(allows(same_origin, "ws://example.com"));
    CHECK_FALSE(allows(same_origin, "wss://example.com:80"));
    CHECK_FALSE(allows(same_origin, "wss://example.com.evil"));
    CHECK(frame_ancestors({{"wss://good.net:8443", "ws://dev"}}) ==
          "'self' https://good.net:8443 http://dev");
}

TEST_CASE("a port that was forwarded counts where the host has none of its own") {
    auto const allowed = [](std::string_view origin, std::string_view host, std::uint16_t port) {
        return allows_origin({},
                             {.origin_header = origin,
                              .has_origin = true,
                              .scheme = "https",
                              .host = host,
                              .port = port});
    };
    CHECK(allowed("https://example.com:8443", "example.com", 8443));
    CHECK(allowed("https://[::1]:8443", "[::1]", 8443));
    CHECK(allowed("https://example.com", "example.com", 443));
    CHECK_FALSE(allowed("https://example.com", "example.com", 8443));
    CHECK_FALSE(allowed("https://example.com:8443", "example.com", 0));
    CHECK(allowed("https://example.com:8443", "example.com:8443", 80));
    CHECK_FALSE(allowed("https://example.com:80", "example.com:8443", 80));
}

TEST_CASE("what programs with a browser inside send can be listed") {
    struct {
        char const* entry;
        char const* origin;
        char const* others[3];
    } const kinds[] = {
        {"null", "null", {"NULL", "nullx", "null://"}},
        {"file://", "file://", {"file://host", "null", "files://"}},
        {"app://.", "app://.", {"app://x", "app://", "app://.."}},
        {"qrc://", "qrc://", {"qrc://x", "qrc:", "file://"}},
        {"capacitor://localhost",
         "capacitor://localhost",
         {"capacitor://localhost.evil", "http://localhost", "capacitor://localhost:1"}},
        {"http://localhost:*",
         "http://localhost:3000",
         {"https://localhost:3000", "http://localhost.evil:3000", "http://x.localhost:1"}},
        {"http://[::1]:*", "http://[::1]:3000", {"http://[::2]:3000", "http://::1:1", "null"}},
        {"https://*.wild.org:*",
         "https://a.wild.org:9",
         {"https://wild.org:9", "http://a.wild.org:9", "https://a.wild.org:x"}},
    };
    for (auto const& k : kinds) {
        CAPTURE(k.entry);
        CHECK_FALSE(check_origin_option(k.entry));
        CHECK(allows({{k.entry}}, k.origin));
        CHECK_FALSE(allows(same_origin, k.origin));
        CHECK_FALSE(allows(listed, k.origin));
        for (std::string_view const other : k.others) {
            CAPTURE(other);
            CHECK_FALSE(allows({{k.entry}}, other));
        }
    }
    CHECK(allows({{"http://localhost:*"}}, "http://localhost"));
    CHECK(allows({{"http://localhost:*"}}, "ws://LOCALHOST:65535"));
    // The own origin is not touched by any of them.
    CHECK(allows({{"null"}}, "https://example.com"));
}

TEST_CASE("a callback is asked about origins only, and of a Referer only the origin") {
    auto const with = [](std::string_view origin) {
        return page_origin({.origin_header = origin, .has_origin = true, .referer = "http://r/"},
                           true);
    };
    CHECK(with("https://a.example") == "https://a.example");
    CHECK(with("null") == "null");
    CHECK(with("app://.") == "app://.");
    CHECK(with("").empty());
    CHECK(with("https://a.example/").empty());
    CHECK(with("https://a.example\r").empty());
    CHECK(with("https://u@a.example").empty());
    CHECK(page_origin({.referer = "http://r:1/x?y#z"}, true) == "http://r:1");
    CHECK(page_origin({.referer = "http://r:1/x?y#z"}, false).empty());
    CHECK(page_origin({.referer = "about:blank"}, true).empty());
    CHECK(page_origin({}, true).empty());
}

TEST_CASE("a refusal says what was compared, and the cure") {
    origin_request r{.origin_header = "https://chat.example",
                     .has_origin = true,
                     .scheme = "http",
                     .host = "10.0.0.5",
                     .port = 8080};
    auto const text = explain_refusal(r, false, "10.0.0.1", false);
    CHECK(text.starts_with("'https://chat.example' is not 'http://10.0.0.5:8080'"));
    CHECK(text.find("10.0.0.1, no trusted proxy, sent it") != std::string::npos);
    for (auto const* cure : {"`proxy_set_header Host $http_host`",
                             "X-Forwarded-Proto",
                             "`trusted_proxies`",
                             "`origins`"})
        CHECK(text.find(cure) != std::string::npos);
    CHECK(explain_refusal(r, false, "1.2.3.4", true).find("trusted proxy before 1.2.3.4") !=
          std::string::npos);
    r.host = "h:1";
    CHECK(explain_refusal(r, false, "x", true).find("'http://h:1'") != std::string::npos);
    r.has_origin = false;
    CHECK(explain_refusal(r, true, "x", true).starts_with("a script's or frame's request"));
    r.referer = "http://page/x";
    CHECK(explain_refusal(r, true, "x", true).starts_with("'http://page/x'"));
    std::string const noise = "\x1b[31m" + std::string(10'000, 'x');
    r = {.origin_header = noise, .has_origin = true};
    auto const quiet = explain_refusal(r, false, "x", false);
    CHECK(quiet.find('\x1b') == std::string::npos);
    CHECK(quiet.size() < 1'000);
}

TEST_CASE("listed origins are allowed exactly") {
    CHECK(allows(listed, "https://good.net"));
    CHECK(allows(listed, "https://GOOD.net:443"));
    CHECK(allows(listed, "http://dev:3000"));
    CHECK_FALSE(allows(listed, "http://good.net"));
    CHECK_FALSE(allows(listed, "https://good.net:444"));
    CHECK_FALSE(allows(listed, "https://good.net.evil"));
    CHECK_FALSE(allows(listed, "https://xgood.net"));
    CHECK_FALSE(allows(listed, "https://a.good.net"));
    CHECK_FALSE(allows(listed, "http://dev"));
    CHECK(allows({{"capacitor://localhost"}}, "capacitor://localhost"));
}

TEST_CASE("a wildcard matches names below, never the name itself or a look-alike") {
    CHECK(allows(listed, "https://a.wild.org"));
    CHECK(allows(listed, "https://A.b.Wild.org:443"));
    for (std::string_view const origin : {"https://wild.org",
                                          "https://xwild.org",
                                          "https://.wild.org",
                                          "http://a.wild.org",
                                          "https://a.wild.org.evil",
                                          "https://a.wild.org:444",
                                          "https://evil/.wild.org",
                                          "https://evil#.wild.org",
                                          "https://evil@a.wild.org"}) {
        CAPTURE(origin);
        CHECK_FALSE(allows(listed, origin));
    }
}

TEST_CASE("a request without Origin is no browser's") {
    CHECK(allows_origin(same_origin, {.scheme = "https", .host = "example.com"}));
    CHECK(allows_origin(listed, {.sec_fetch_site = "cross-site"}));
}

TEST_CASE("a GET without Origin shows where it is from, or passes only where all may") {
    for (auto const* policy : {&same_origin, &listed}) {
        CHECK(allows_get(*policy, "same-origin", ""));
        CHECK(allows_get(*policy, "", "https://example.com/page?x#y"));
        CHECK(allows_get(*policy, "", "https://example.com"));
        CHECK_FALSE(allows_get(*policy, "", ""));
        CHECK_FALSE(allows_get(*policy, "cross-site", ""));
        CHECK_FALSE(allows_get(*policy, "same-site", ""));
        CHECK_FALSE(allows_get(*policy, "none", ""));
        CHECK_FALSE(allows_get(*policy, "cross-site", "https://evil/https://example.com/"));
        CHECK_FALSE(allows_get(*policy, "", "https://example.com@evil/"));
        CHECK_FALSE(allows_get(*policy, "", "http://example.com/"));
        CHECK_FALSE(allows_get(*policy, "", "about:blank"));
    }
    CHECK(allows_get(listed, "cross-site", "https://good.net/"));
    CHECK(allows_get(listed, "", "https://a.wild.org?x"));
    CHECK_FALSE(allows_get(same_origin, "cross-site", "https://good.net/"));
    CHECK(allows_get(everyone, "", ""));
    CHECK(allows_get(everyone, "cross-site", ""));
}

TEST_CASE("malformed entries of the list are explained") {
    for (std::string_view const entry : {"*",
                                         "https://example.com",
                                         "http://h:1",
                                         "https://*.example.com",
                                         "https://*.a.b:8443",
                                         "http://[::1]:80",
                                         "app://x",
                                         "null",
                                         "file://",
                                         "app://.",
                                         "http://localhost:*",
                                         "https://*.a.b:*",
                                         "wss://x"}) {
        CAPTURE(entry);
        CHECK_FALSE(check_origin_option(entry));
    }
    for (std::string_view const entry : {"",
                                         "NULL",
                                         "example.com",
                                         "https://",
                                         "file:",
                                         "file:///",
                                         "https://.",
                                         "app://*.",
                                         "app://.x",
                                         "file://:*",
                                         "http://h:1:*",
                                         "http://*:*",
                                         "https://example.com/",
                                         "https://*",
                                         "https://*.",
                                         "https://a.*.com",
                                         "*.example.com",
                                         "*://example.com",
                                         "https://*example.com",
                                         "https://.example.com",
                                         "https://a b",
                                         "https://a;b",
                                         "https://*.[::1]"}) {
        CAPTURE(entry);
        auto const sentence = check_origin_option(entry);
        REQUIRE(sentence);
        CHECK(sentence->find(entry) != std::string::npos);
    }
}

TEST_CASE("the iframe page may be framed by whom the list names") {
    CHECK(frame_ancestors(same_origin) == "'self'");
    CHECK(frame_ancestors(everyone) == "*");
    CHECK(frame_ancestors(listed) == "'self' https://good.net http://dev:3000 https://*.wild.org");
    CHECK(frame_ancestors({{"https://a; script-src *"}}) == "'self'");
    CHECK(frame_ancestors({{"null", "file://", "app://.", "http://localhost:*", "app://x"}}) ==
          "'self' file: app: http://localhost:* app://x");
    CHECK(frame_ancestors(same_origin, "https://a.example:1") == "'self' https://a.example:1");
    CHECK(frame_ancestors(listed, "null") == frame_ancestors(listed));
    CHECK(frame_ancestors(everyone, "https://a.example") == "*");
}
