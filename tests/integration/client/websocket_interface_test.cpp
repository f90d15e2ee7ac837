// The interface of browsers, against our own server.

#include <anywire/server.hpp>
#include <anywire/websocket.hpp>

#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire;
using namespace anywire::test;

namespace {

std::string shown(websocket const& w) {
    return std::to_string(static_cast<int>(w.ready_state()));
}

struct echo_at_ws {
    echo_at_ws()
        : server(on_free_port(), [&](anywire::server& s) {
              s.mount("/ws", websocket_options{.subprotocols = {"b"}}, noting_echo(seen));
          }) {}
    notes seen{};
    running_server server;
};

/// What its handlers, which run on another thread than the test, have seen.
websocket::handlers noting(notes& seen) {
    websocket::handlers h;
    h.on_open = [&](websocket& w) { seen.add("open in " + shown(w)); };
    h.on_message = [&](websocket& w, message_view m) {
        seen.add("message " + std::string(m.data) + " in " + shown(w));
    };
    h.on_error = [&](websocket&, client_failure const& why) {
        seen.add("error " + std::to_string(why.status));
    };
    h.on_close = [&](websocket& w, websocket::close_info const& how) {
        seen.add("close " + std::to_string(how.code) + (how.was_clean ? " clean in " : " in ") +
                 shown(w));
    };
    return h;
}

}  // namespace

TEST_CASE("a WebSocket opens, talks and closes as in browsers") {
    echo_at_ws fixture;
    client_context context;
    notes seen;
    auto h = noting(seen);
    h.on_open = [&](websocket& w) {
        seen.add("open in " + shown(w));
        w.send("hello");
    };
    h.on_message = [&](websocket& w, message_view m) {
        seen.add("message " + std::string(m.data) + " by " + std::string(w.protocol()));
        w.close(3000, "enough");
        w.send("lost");
        seen.add(w.buffered_amount() >= 4 ? "then in " + shown(w) : "nothing is buffered");
    };
    websocket w(context, fixture.server->url() + "/ws", {"a", "b"}, h);
    CHECK(seen.wait_for("close"));
    CHECK(seen.all() ==
          std::vector<std::string>{
              "open in 1", "message hello by b", "then in 2", "close 3000 clean in 3"});
    CHECK_THROWS_AS(w.close(1001), std::invalid_argument);
    CHECK_THROWS_AS(w.close(1000, std::string(124, 'r')), std::invalid_argument);
    w.close();  // does nothing any more
}

TEST_CASE("a WebSocket that does not open has an error and 1006") {
    echo_at_ws fixture;
    client_context context;
    notes seen;
    websocket w(context, fixture.server->url() + "/none", noting(seen));
    CHECK(seen.wait_for("close"));
    CHECK(seen.all() == std::vector<std::string>{"error 404", "close 1006 in 3"});
}

TEST_CASE("a WebSocket may be destroyed in each of its handlers") {
    echo_at_ws fixture;
    client_context context;
    for (std::string const which : {"open", "message", "error", "close"}) {
        notes seen;
        std::unique_ptr<websocket> w;
        auto h = noting(seen);
        // What it holds goes with it: not before it has returned.
        auto const go = [&, which, text = std::string(100, 'x')](std::string_view now) {
            if (now == which) w.reset();
            seen.add(now == which ? "gone " + text : std::string(now));
        };
        h.on_open = [&, go](websocket& self) {
            if (which == "message") self.send("hello");
            if (which == "close") self.close();
            go("open");
        };
        h.on_message = [go](websocket&, message_view) { go("message"); };
        h.on_error = [go](websocket&, client_failure const&) { go("error"); };
        h.on_close = [go](websocket&, websocket::close_info const&) { go("close"); };
        auto const* const path = which == "error" ? "/none" : "/ws";
        std::promise<void> made;
        context.post([&] {
            w = std::make_unique<websocket>(context, fixture.server->url() + path, h);
            made.set_value();
        });
        made.get_future().wait();
        CHECK(seen.wait_for("gone"));
        std::promise<void> later;
        context.post([&] { later.set_value(); });
        later.get_future().wait();
        CHECK(seen.all().back().starts_with("gone"));
    }
}
