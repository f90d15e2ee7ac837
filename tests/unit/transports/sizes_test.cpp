#include "websocket_connection.hpp"

#include <catch2/catch.hpp>

using namespace anywire;

TEST_CASE("a WebSocket's connection is small") {
    CHECK(sizeof(websocket_connection) <= 256);
}
