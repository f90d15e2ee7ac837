#include "http_carriers.hpp"
#include "websocket_connection.hpp"

#include <catch2/catch.hpp>

using namespace anywire;

TEST_CASE("a WebSocket's connection is small") {
    INFO("one_shot_carrier " << sizeof(one_shot_carrier) << ", stream_carrier "
                             << sizeof(stream_carrier));
    CHECK(sizeof(websocket_connection) <= 256);
}
