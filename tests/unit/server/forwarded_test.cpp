#include "forwarded.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace anywire::http;

namespace {

address_ranges ranges(std::vector<std::string> const& entries) {
    auto const r = address_ranges::parse(entries);
    REQUIRE(r);
    return *r;
}

client_info resolve(std::string_view peer,
                    std::vector<field> const& fields,
                    anywire::proxy_fields believed = anywire::proxy_fields::any) {
    request_view request;
    request.host = "own";
    request.fields = fields;
    return resolve_client(
        peer, "http", request, ranges({"10.0.0.0/8", "::1", "fd00::/8"}), believed);
}

/// What comes of one `Forwarded` field from a trusted proxy: "address scheme host".
std::string rfc7239(std::string_view value) {
    auto const c = resolve("10.0.0.1", {{"forwarded", value}});
    return c.address + " " + std::string(c.scheme) + " " + std::string(c.host);
}

std::string address(std::string_view peer, std::string_view forwarded) {
    return resolve(peer, {{"x-forwarded-for", forwarded}}).address;
}

}  // namespace

TEST_CASE("ranges hold what their prefix says, IPv4 mapped into IPv6 or not") {
    auto const r = ranges({"10.1.2.3/12", "192.0.2.1", "2001:db8::/33", "::ffff:198.51.100.0/120"});
    for (auto const* in : {"10.0.0.0",
                           "10.15.255.255",
                           "::ffff:10.1.1.1",
                           "192.0.2.1",
                           "2001:db8:7fff::1",
                           "198.51.100.255",
                           "2001:DB8::%eth0"}) {
        CAPTURE(in);
        CHECK(r.contains(in));
    }
    for (auto const* out : {"10.16.0.0",
                            "9.255.255.255",
                            "192.0.2.2",
                            "2001:db8:8000::",
                            "198.51.101.0",
                            "::10.1.1.1",
                            "",
                            "x",
                            "10.1.1",
                            "010.1.1.1",
                            "10.1.1.1 "}) {
        CAPTURE(out);
        CHECK_FALSE(r.contains(out));
    }
    CHECK(ranges({"0.0.0.0/0"}).contains("1.2.3.4"));
    CHECK_FALSE(ranges({"0.0.0.0/0"}).contains("::1"));
    CHECK(ranges({"::/0"}).contains("1.2.3.4"));
    CHECK_FALSE(ranges({}).contains("127.0.0.1"));
}

TEST_CASE("what is no network is refused") {
    for (auto const* bad : {"",
                            "x",
                            "10.0.0.0/33",
                            "10.0.0.0/",
                            "10.0.0.0/-1",
                            "10.0.0.0/8x",
                            "::/129",
                            "10.0.0/8",
                            "/8",
                            "fe80::1%eth0",
                            "10.0.0.0/8/8"}) {
        CAPTURE(bad);
        std::vector<std::string> const entries{"127.0.0.1", bad};
        CHECK_FALSE(address_ranges::parse(entries));
    }
}

TEST_CASE("only a trusted peer is believed") {
    CHECK(address("192.0.2.9", "1.2.3.4") == "192.0.2.9");
    CHECK(address("10.0.0.1", "1.2.3.4") == "1.2.3.4");
    CHECK(address("::ffff:10.0.0.1", "1.2.3.4") == "1.2.3.4");
    CHECK(resolve("10.0.0.1", {}).address == "10.0.0.1");
    auto const c =
        resolve("192.0.2.9", {{"X-Forwarded-Proto", "https"}, {"X-Forwarded-Host", "x"}});
    CHECK(c.scheme == "http");
    CHECK(c.host == "own");
}

TEST_CASE("the right-most address that is no trusted proxy is the client") {
    CHECK(address("10.0.0.1", "6.6.6.6, 1.2.3.4") == "1.2.3.4");
    CHECK(address("10.0.0.1", "6.6.6.6, 1.2.3.4 ,\t10.0.0.2,fd00::1") == "1.2.3.4");
    CHECK(address("10.0.0.1", "10.0.0.3, 10.0.0.2") == "10.0.0.3");
    CHECK(address("::1", "[2001:db8::1]:443") == "2001:db8::1");
    CHECK(address("::1", "1.2.3.4:5678") == "1.2.3.4");
    CHECK(address("::1", "::ffff:1.2.3.4") == "1.2.3.4");
    CHECK(
        resolve("::1", {{"X-Forwarded-For", "6.6.6.6"}, {"a", "b"}, {"X-FORWARDED-FOR", "1.2.3.4"}})
            .address == "1.2.3.4");
    CHECK(
        resolve("::1", {{"X-Forwarded-For", "1.2.3.4"}, {"X-Forwarded-For", "10.0.0.2"}}).address ==
        "1.2.3.4");
}

TEST_CASE("garbage ends the search at the last good address") {
    CHECK(address("10.0.0.1", "1.2.3.4, unknown, 10.0.0.2") == "10.0.0.2");
    for (auto const* bad :
         {"", ",", "unknown", "1.2.3", "1.2.3.4.5", "<script>", "[::1", "1.2.3.4, x"}) {
        CAPTURE(bad);
        auto const a = address("10.0.0.1", bad);
        CHECK((a == "10.0.0.1" || a == "::1"));
    }
}

TEST_CASE("scheme and host are those the same proxy saw") {
    auto const one = resolve("::1",
                             {{"X-Forwarded-For", "1.2.3.4"},
                              {"X-Forwarded-Proto", "http, WSS"},
                              {"X-Forwarded-Host", "spoofed, example.com:8443"}});
    CHECK(one.scheme == "https");
    CHECK(one.host == "example.com:8443");
    auto const two = resolve("::1",
                             {{"X-Forwarded-For", "6.6.6.6, 1.2.3.4, 10.0.0.2"},
                              {"X-Forwarded-Proto", "https"},
                              {"X-Forwarded-Host", "spoofed, www, inner"}});
    CHECK(two.scheme == "https");
    CHECK(two.host == "www");
    auto const bad = resolve("::1", {{"X-Forwarded-Proto", "gopher"}, {"X-Forwarded-Host", "a b"}});
    CHECK(bad.scheme == "http");
    CHECK(bad.host == "own");
}

TEST_CASE("a forwarded port counts from the proxy that saw the client") {
    auto const port = [](std::string_view value) {
        return resolve("::1", {{"X-Forwarded-For", "1.2.3.4"}, {"X-Forwarded-Port", value}}).port;
    };
    CHECK(port("8443") == 8443);
    CHECK(port("1, 8443") == 8443);
    for (auto const* bad : {"", "0", "65536", "-1", "80x", " ", "8443,"}) {
        CAPTURE(bad);
        CHECK(port(bad) == 0);
    }
    CHECK(
        resolve("::1", {{"X-Forwarded-For", "1.2.3.4, 10.0.0.2"}, {"X-Forwarded-Port", "8443, 80"}})
            .port == 8443);
    CHECK(resolve("192.0.2.9", {{"X-Forwarded-Port", "8443"}}).port == 0);
}

TEST_CASE("fields that are on or off say the scheme, where X-Forwarded-Proto does not") {
    for (auto const* name : {"X-Forwarded-Ssl", "Front-End-Https"}) {
        CAPTURE(name);
        CHECK(resolve("::1", {{name, "on"}}).scheme == "https");
        CHECK(resolve("::1", {{name, "On"}}).scheme == "https");
        CHECK(resolve("::1", {{name, "off"}}).scheme == "http");
        CHECK(resolve("::1", {{name, "maybe"}}).scheme == "http");
        CHECK(resolve("::1", {{name, "on"}, {"X-Forwarded-Proto", "http"}}).scheme == "http");
        CHECK(resolve("192.0.2.9", {{name, "on"}}).scheme == "http");
    }
}

TEST_CASE("Forwarded is read as RFC 7239 writes it") {
    CHECK(rfc7239("for=192.0.2.60;proto=https;by=203.0.113.43;host=www.example:8443") ==
          "192.0.2.60 https www.example:8443");
    CHECK(rfc7239("For=\"[2001:db8:cafe::17]:4711\"") == "2001:db8:cafe::17 http own");
    CHECK(rfc7239("FOR=\"192.0.2.1:4711\";HOST=\"[::1]:80\"; Proto=\"WSS\"") ==
          "192.0.2.1 https [::1]:80");
    CHECK(rfc7239(" ; for=192.0.2.1 ;; proto=https;") == "192.0.2.1 https own");
    CHECK(rfc7239("ext=\"x,y\", for=192.0.2.1") == "192.0.2.1 http own");
    // Many leave out the quotes that a colon and brackets need.
    CHECK(rfc7239("for=192.0.2.1:4711;host=www:8443") == "192.0.2.1 http www:8443");
    CHECK(rfc7239("for=[2001:db8::1]:1") == "2001:db8::1 http own");
}

TEST_CASE("of Forwarded the right-most element of no trusted proxy counts, as a whole") {
    CHECK(rfc7239("for=6.6.6.6;proto=http;host=evil, for=1.2.3.4;proto=https;host=www") ==
          "1.2.3.4 https www");
    CHECK(rfc7239("for=6.6.6.6, for=1.2.3.4;proto=https;host=www, for=10.0.0.2;host=inner") ==
          "1.2.3.4 https www");
    CHECK(rfc7239("for=1.2.3.4, for=10.0.0.2;proto=https;host=inner") == "1.2.3.4 https inner");
    auto const c = resolve("::1", {{"Forwarded", "for=6.6.6.6"}, {"Forwarded", "for=1.2.3.4"}});
    CHECK(c.address == "1.2.3.4");
}

TEST_CASE("a client behind a name that hides it has the address of the proxy that says so") {
    CHECK(rfc7239("for=6.6.6.6, for=_hidden;proto=https;host=www") == "10.0.0.1 https www");
    CHECK(rfc7239("for=unknown;proto=https, for=10.0.0.2") == "10.0.0.2 https own");
    CHECK(rfc7239("for=\"_a.b-c:_port\"") == "10.0.0.1 http own");
    CHECK(rfc7239("proto=https") == "10.0.0.1 https own");
}

TEST_CASE("a malformed Forwarded ends the search, and swallows nothing that a proxy appended") {
    for (auto const* bad : {"\"",
                            "for",
                            "for=",
                            "for=\"1.2.3.4",
                            "for=1.2.3.4\"",
                            "for=\"1.2\\.3.4\"",
                            "for=1.2.3.4;for=5.6.7.8",
                            "for=1.2.3.4;proto=https;proto=https",
                            "for=\"a;b\"",
                            ",",
                            ""}) {
        CAPTURE(bad);
        CHECK(rfc7239(bad) == "10.0.0.1 http own");
        CHECK(rfc7239(std::string(bad) + ", for=1.2.3.4;proto=https") == "1.2.3.4 https own");
    }
    CHECK(rfc7239("for=\"\\\", for=1.2.3.4;host=\"www\"") == "1.2.3.4 http www");
    CHECK(rfc7239("for=1.2.3.4;host=\"a b\"") == "1.2.3.4 http own");
    CHECK(rfc7239("for=1.2.3.4;proto=gopher") == "1.2.3.4 http own");
    CHECK(rfc7239(std::string(100'000, ',')) == "10.0.0.1 http own");
    CHECK(rfc7239(std::string(100'000, '"')) == "10.0.0.1 http own");
    CHECK(rfc7239(std::string(100'000, '\\') + "\"") == "10.0.0.1 http own");
}

TEST_CASE("of both kinds of fields the one that is configured counts, else X-Forwarded-For") {
    using anywire::proxy_fields;
    std::vector<field> const both{{"Forwarded", "for=1.1.1.1;proto=https;host=f"},
                                  {"X-Forwarded-For", "2.2.2.2"},
                                  {"X-Forwarded-Host", "x"}};
    CHECK(resolve("::1", both).address == "2.2.2.2");
    CHECK(resolve("::1", both).host == "x");
    CHECK(resolve("::1", both).scheme == "http");
    CHECK(resolve("::1", both, proxy_fields::forwarded).address == "1.1.1.1");
    CHECK(resolve("::1", both, proxy_fields::forwarded).host == "f");
    CHECK(resolve("::1", both, proxy_fields::x_forwarded).address == "2.2.2.2");
    std::vector<field> const one{{"Forwarded", "for=1.1.1.1"}, {"X-Forwarded-Proto", "https"}};
    CHECK(resolve("::1", one).address == "1.1.1.1");
    CHECK(resolve("::1", one).scheme == "http");
    CHECK(resolve("::1", one, proxy_fields::x_forwarded).address == "::1");
    CHECK(resolve("192.0.2.9", both, proxy_fields::forwarded).address == "192.0.2.9");
    CHECK(resolve("::1", both).trusted);
    CHECK_FALSE(resolve("192.0.2.9", both).trusted);
}

TEST_CASE("whoever comes to a Unix domain socket is trusted where \"unix:\" is, and only then") {
    field const forwarded{"x-forwarded-for", "203.0.113.9"};
    request_view request;
    request.fields = {&forwarded, 1};
    auto const address = [&](std::string_view peer, address_ranges const& trusted) {
        return resolve_client(peer, "http", request, trusted).address;
    };
    auto const trusted = ranges({"unix:", "10.0.0.0/8"});
    CHECK_FALSE(ranges({"unix:"}).empty());
    CHECK(address("unix:", trusted) == "203.0.113.9");
    CHECK(address("10.0.0.1", trusted) == "203.0.113.9");
    CHECK(address("192.0.2.1", trusted) == "192.0.2.1");
    CHECK(address("unix:", ranges({"0.0.0.0/0", "::/0"})) == "unix:");
    // Nobody else can say to have come by one.
    field const lie{"x-forwarded-for", "unix:, 203.0.113.9, 10.0.0.2"};
    request.fields = {&lie, 1};
    CHECK(address("10.0.0.1", trusted) == "203.0.113.9");
}

TEST_CASE("the host asked for has the port that a proxy says, where it is none of the scheme's") {
    auto const asked = [](std::vector<field> const& fields) {
        return asked_host(resolve("10.0.0.1", fields));
    };
    CHECK(asked({}) == "own");
    CHECK(asked({{"x-forwarded-host", "example.com"}}) == "example.com");
    CHECK(asked({{"x-forwarded-host", "example.com:81"}, {"x-forwarded-port", "82"}}) ==
          "example.com:81");
    CHECK(asked({{"x-forwarded-host", "example.com"}, {"x-forwarded-port", "8443"}}) ==
          "example.com:8443");
    CHECK(asked({{"x-forwarded-host", "[::1]"}, {"x-forwarded-port", "81"}}) == "[::1]:81");
    CHECK(asked({{"x-forwarded-port", "80"}}) == "own");
    CHECK(asked({{"x-forwarded-port", "443"}, {"x-forwarded-proto", "https"}}) == "own");
    CHECK(asked_host(client_info{.scheme = "http", .port = 81}).empty());
}
