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

client_info resolve(std::string_view peer, std::vector<field> const& fields) {
    request_view request;
    request.host = "own";
    request.fields = fields;
    return resolve_client(peer, "http", request, ranges({"10.0.0.0/8", "::1", "fd00::/8"}));
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
