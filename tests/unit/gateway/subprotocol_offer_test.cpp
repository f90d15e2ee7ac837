#include "subprotocol_offer.hpp"

#include "unit/gateway/opening.hpp"

#include <catch2/catch.hpp>

using namespace anywire::gateway;
using anywire::test::kept_request;
using names = std::vector<std::string>;

namespace {

names offered(std::string_view dialect, std::string_view field, std::string_view value) {
    auto const r = field.empty() ? kept_request("/live") : kept_request("/live", {{field, value}});
    forward_settings how;
    how.default_subprotocols = {"mine"};
    return offered_for({.request = r, .dialect = dialect}, how);
}

}  // namespace

TEST_CASE("a backend is offered the subprotocols of the client, however it says them") {
    CHECK(offered("websocket", "Sec-WebSocket-Protocol", "a, b") == names{"a", "b"});
    CHECK(offered("sockjs", "Sec-WebSocket-Protocol", "a") == names{"a"});
    CHECK(offered("sockjs", "Anywire-Protocol", " a ,b,, a, c d, e/f") == names{"a", "b"});
}

TEST_CASE("for who cannot say any, the route does") {
    CHECK(offered("sockjs", "", "") == names{"mine"});
    CHECK(offered("engineio", "", "") == names{"mine"});
    CHECK(offered("websocket", "", "").empty());
}

TEST_CASE("no subprotocol goes through where none shall") {
    auto const r = kept_request("/live", {{"Sec-WebSocket-Protocol", "a"}});
    forward_settings how;
    how.default_subprotocols = {"mine"};
    how.subprotocols = false;
    CHECK(offered_for({.request = r, .dialect = "websocket"}, how).empty());
    CHECK(offered_for({.request = r, .dialect = "sockjs"}, how).empty());
}
