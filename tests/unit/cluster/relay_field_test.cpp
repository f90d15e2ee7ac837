#include "relay_field.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire;

TEST_CASE("a relay's field says address and scheme of its client") {
    for (auto const* const address : {"203.0.113.9", "2001:db8::9", "unix:", ""})
        for (auto const is_secure : {true, false}) {
            auto const text = relay_value({address, is_secure});
            auto const read = read_relay_value(text);
            REQUIRE(read);
            CHECK(read->address == address);
            CHECK(read->is_secure == is_secure);
        }
}

TEST_CASE("what is no such value is nothing") {
    for (auto const* const text : {"",
                                   "http",
                                   "https1.2.3.4",
                                   "ftp 1.2.3.4",
                                   "https 1.2.3",
                                   "https a b",
                                   "https  1.2.3.4",
                                   "HTTP 1.2.3.4",
                                   "http 1.2.3.4 "})
        CHECK(!read_relay_value(text));
}
