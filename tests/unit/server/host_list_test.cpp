#include "host_list.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace anywire::http;

namespace {

bool serves(std::vector<std::string> const& hosts, std::string_view host) {
    return is_served_host(hosts, host);
}

}  // namespace

TEST_CASE("without a list every host is served, and a request without one always") {
    CHECK(serves({}, "example.com"));
    CHECK(serves({}, ""));
    CHECK(serves({"example.com"}, ""));
}

TEST_CASE("a listed name is served on all ports, one with a port on that one") {
    std::vector<std::string> const hosts{"example.com", "dev:3000", "127.0.0.1", "[::1]"};
    for (auto const* host :
         {"example.com", "EXAMPLE.com:8443", "dev:3000", "127.0.0.1:80", "[::1]", "[::1]:8080"}) {
        CAPTURE(host);
        CHECK(serves(hosts, host));
    }
    for (auto const* host : {"evil.example",
                             "example.com.evil",
                             "xexample.com",
                             "a.example.com",
                             "example.com.",
                             "dev",
                             "dev:3001",
                             "127.0.0.2",
                             "[::2]"}) {
        CAPTURE(host);
        CHECK_FALSE(serves(hosts, host));
    }
}

TEST_CASE("a wildcard serves the names below, not the name itself") {
    std::vector<std::string> const hosts{"*.example.com"};
    CHECK(serves(hosts, "a.example.com"));
    CHECK(serves(hosts, "a.B.example.COM:1"));
    CHECK_FALSE(serves(hosts, "example.com"));
    CHECK_FALSE(serves(hosts, ".example.com"));
    CHECK_FALSE(serves(hosts, "aexample.com"));
    CHECK(serves({"*.example.com:81"}, "a.example.com:81"));
    CHECK_FALSE(serves({"*.example.com:81"}, "a.example.com"));
}

TEST_CASE("what is no host is not taken for one") {
    for (auto const* good : {"example.com", "localhost:80", "*.a.b", "[::1]:80", "10.0.0.1"}) {
        CAPTURE(good);
        CHECK(is_host_option(good));
    }
    for (auto const* bad : {"",
                            "*",
                            "*.",
                            "*.*.a",
                            "https://example.com",
                            "a/b",
                            "a b",
                            "a:",
                            "a:x",
                            ".a",
                            "*.[::1]",
                            "::1",
                            "a,b"}) {
        CAPTURE(bad);
        CHECK_FALSE(is_host_option(bad));
    }
}
