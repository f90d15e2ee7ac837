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
    CHECK_FALSE(allows({{"null"}}, "null"));
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
                                         "app://x"}) {
        CAPTURE(entry);
        CHECK_FALSE(check_origin_option(entry));
    }
    for (std::string_view const entry : {"",
                                         "null",
                                         "example.com",
                                         "https://example.com/",
                                         "https://*",
                                         "https://*.",
                                         "https://a.*.com",
                                         "*.example.com",
                                         "*://example.com",
                                         "https://*example.com",
                                         "https://.example.com",
                                         "https://example.com:*",
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
}
