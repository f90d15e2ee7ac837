// The interface of browsers, against our own server.

#include <anywire/server.hpp>
#include <anywire/websocket.hpp>

#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <future>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace anywire;
using namespace anywire::test;

namespace {

struct echo_at_ws {
    echo_at_ws()
        : server(on_free_port(), [&](anywire::server& s) {
              s.mount("/ws", websocket_options{.subprotocols = {"b"}}, noting_echo(seen));
          }) {}
    notes seen{};
    running_server server;
};

struct ending {
    std::uint16_t code = 0;
    std::string reason{};
    bool was_clean = false;
    int errors = 0;
};

}  // namespace

TEST_CASE("a WebSocket opens, talks and closes as in browsers") {
    echo_at_ws fixture;
    client_context context;
    std::promise<std::pair<std::string, std::string>> heard;
    std::promise<ending> ended;
    websocket::handlers h;
    h.on_open = [](websocket& w) {
        CHECK(w.ready_state() == websocket::state::open);
        w.send("hello");
    };
    h.on_message = [&](websocket& w, message_view m) {
        heard.set_value({std::string(w.protocol()), std::string(m.data)});
        w.close(3000, "enough");
        CHECK(w.ready_state() == websocket::state::closing);
        w.send("lost");
        CHECK(w.buffered_amount() >= 4);
    };
    h.on_close = [&](websocket& w, websocket::close_info const& how) {
        CHECK(w.ready_state() == websocket::state::closed);
        ended.set_value({how.code, std::string(how.reason), how.was_clean});
    };
    websocket w(context, fixture.server->url() + "/ws", {"a", "b"}, h);
    auto const said = heard.get_future().get();
    CHECK(said.first == "b");
    CHECK(said.second == "hello");
    auto const how = ended.get_future().get();
    CHECK(how.code == 3000);
    CHECK(how.was_clean);
    CHECK_THROWS_AS(w.close(1001), std::invalid_argument);
    CHECK_THROWS_AS(w.close(1000, std::string(124, 'r')), std::invalid_argument);
    w.close();  // does nothing any more
}

TEST_CASE("a WebSocket that does not open has an error and 1006") {
    echo_at_ws fixture;
    client_context context;
    std::promise<ending> ended;
    int errors = 0;
    websocket::handlers h;
    h.on_error = [&](websocket&, client_failure const& why) {
        ++errors;
        CHECK(why.status == 404);
    };
    h.on_close = [&](websocket&, websocket::close_info const& how) {
        ended.set_value({how.code, std::string(how.reason), how.was_clean, errors});
    };
    websocket w(context, fixture.server->url() + "/none", h);
    auto const how = ended.get_future().get();
    CHECK(how.code == 1006);
    CHECK_FALSE(how.was_clean);
    CHECK(how.errors == 1);
}
