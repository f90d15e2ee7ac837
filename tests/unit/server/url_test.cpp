#include <anywire/server.hpp>

#include <catch2/catch.hpp>

using anywire::url_of;

TEST_CASE("a URL has the brackets that an IPv6 address needs") {
    CHECK(url_of("127.0.0.1", 8080) == "http://127.0.0.1:8080");
    CHECK(url_of("::", 8080) == "http://[::]:8080");
    CHECK(url_of("::1", 8443, true) == "https://[::1]:8443");
    CHECK(url_of("0.0.0.0", 1, true) == "https://0.0.0.0:1");
}
