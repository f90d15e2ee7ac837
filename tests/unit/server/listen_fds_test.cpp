#include "listen_fds.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>

using namespace anywire;
using descriptors = std::vector<int>;

TEST_CASE("systemd's descriptors begin at 3, in order, for the process that is named") {
    CHECK(listen_descriptors({"77", "2", {}}, 77, "") == descriptors{3, 4});
    CHECK(listen_descriptors({"77", "0", {}}, 77, "").empty());
    CHECK(listen_descriptors({"78", "2", {}}, 77, "").empty());
    CHECK(listen_descriptors({{}, "2", {}}, 77, "").empty());
    CHECK(listen_descriptors({"77", {}, {}}, 77, "").empty());
    CHECK(listen_descriptors({}, 77, "").empty());
}

TEST_CASE("they can be asked for by name") {
    listen_variables const v{"77", "3", "web:admin:web"};
    CHECK(listen_descriptors(v, 77, "") == descriptors{3, 4, 5});
    CHECK(listen_descriptors(v, 77, "web") == descriptors{3, 5});
    CHECK(listen_descriptors(v, 77, "admin") == descriptors{4});
    CHECK(listen_descriptors(v, 77, "other").empty());
    // Fewer names than descriptors: the others have none.
    CHECK(listen_descriptors({"77", "3", "web"}, 77, "web") == descriptors{3});
    CHECK(listen_descriptors({"77", "3", {}}, 77, "web").empty());
}

TEST_CASE("variables that make no sense are an error, but another process's are nobody's") {
    for (auto const* bad : {"", "x", "-1", "2x", " 2", "99999999999999999999", "5000"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(listen_descriptors({"77", bad, {}}, 77, ""), std::invalid_argument);
        CHECK(listen_descriptors({"78", bad, {}}, 77, "").empty());
    }
    CHECK_THROWS_AS(listen_descriptors({"x", "1", {}}, 77, ""), std::invalid_argument);
}
