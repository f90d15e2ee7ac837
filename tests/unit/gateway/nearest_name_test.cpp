#include "nearest_name.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace anywire::gateway;

TEST_CASE("who mistypes a name is told the nearest") {
    std::vector<std::string> const names{
        "heartbeat", "heartbeat_timeout", "path", "port", "max_message", "route"};
    CHECK(nearest_name("hartbeat", names) == "heartbeat");
    CHECK(nearest_name("heartbaet", names) == "heartbeat");
    CHECK(nearest_name("heartbeat-timeout", names) == "heartbeat_timeout");
    CHECK(nearest_name("Path", names) == "path");
    CHECK(nearest_name("routes", names) == "route");
    CHECK(nearest_name("pahr", names) == "");
    CHECK(nearest_name("max_messages", names) == "max_message");
    CHECK(nearest_name("colour", names) == "");
    CHECK(nearest_name("", names) == "");
    CHECK(nearest_name("path", {}) == "");
    CHECK(nearest_name(std::string(100'000, 'p'), names) == "");
}
