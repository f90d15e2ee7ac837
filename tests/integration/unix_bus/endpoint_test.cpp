// The public face: endpoints of several servers as one.
#include "bus_bench.hpp"
#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <future>
#include <memory>
#include <string>

using namespace anywire;
using namespace anywire::test;

namespace {

/// A server with one WebSocket endpoint, whose clients are all in the group "lobby".
struct chat_server {
    explicit chat_server(unix_bus_options const& with)
        : bus(with), running(on_free_port(), [this](server& s) {
              chat = s.mount("/chat", websocket_options{}, handlers{.on_open = [](session& c) {
                                 c.join("lobby");
                                 c.send("joined");
                             }});
              chat.use_bus(bus.endpoint_bus({.name = "chat"}));
          }) {}

    std::size_t count() {
        auto const answer = std::make_shared<std::promise<std::size_t>>();
        chat.to("lobby").count([answer](error_code, std::size_t n) { answer->set_value(n); });
        auto got = answer->get_future();
        if (got.wait_for(patience) != std::future_status::ready)
            throw std::runtime_error("nobody counts");
        return got.get();
    }

    unix_bus bus;
    endpoint chat{};
    running_server running;
};

std::unique_ptr<raw_client> join(chat_server const& at) {
    auto out = std::make_unique<raw_client>(at.running.port());
    REQUIRE(out->upgrade("/chat").status == 101);
    REQUIRE(out->read_message() == "joined");
    return out;
}

}  // namespace

TEST_CASE("endpoints of several servers have the same groups") {
    bus_place const at;
    chat_server a(at.options());
    auto b = std::make_unique<chat_server>(at.options());
    auto const at_a = join(a);
    auto const at_b = join(*b);
    CHECK(eventually([&] { return a.count() == 2 && b->count() == 2; }));
    a.chat.to("lobby").send("to all of the lobby");
    CHECK(at_a->read_message() == "to all of the lobby");
    CHECK(at_b->read_message() == "to all of the lobby");
    b->chat.broadcast(message_view{"\x01\xff", true});
    CHECK(at_a->read_message() == "\x01\xff");
    CHECK(at_b->read_message() == "\x01\xff");
    CHECK(a.bus.node() != b->bus.node());
    CHECK(a.bus.health().received > 0);
    // Who is left does not wait for who is gone.
    b.reset();
    CHECK(eventually([&] { return a.bus.health().nodes == 0; }));
    CHECK(a.count() == 1);
}
