// Whoever brings much at once lets others have their turn, over real sockets.
#include <anywire/server.hpp>

#include "support/raw_client.hpp"
#include "support/running_server.hpp"
#include "websocket/deflate.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

using namespace anywire;
using namespace anywire::test;

namespace {

constexpr std::size_t bombs = 40;
constexpr std::size_t inflated = 900'000;

/// Messages that are a thousand times longer than they look; all fit into one read.
std::string bombs_in_one_read() {
    websocket::deflater deflate({.server_no_context_takeover = true});
    std::string all;
    for (std::size_t i = 0; i < bombs; ++i) {
        std::string payload;
        deflate.compress(std::string(inflated, 'a'), payload);
        all += client_frame(0x41, payload);
    }
    return all;
}

struct deflating_server {
    explicit deflating_server(std::function<void(session&, message_view)> on_message)
        : server({.port = 0}, [&](anywire::server& at) {
              at.mount("/ws",
                       websocket_options{.deflate = {.enabled = true, .max_ratio = 0}},
                       {.on_message = std::move(on_message)});
          }) {}

    std::unique_ptr<raw_client> client() {
        auto c = std::make_unique<raw_client>(server.port());
        auto const offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
        REQUIRE(c->upgrade("/ws", offer).status == 101);
        return c;
    }

    running_server server;
};

}  // namespace

TEST_CASE("messages that inflate to megabytes let others have their turn between them") {
    notes seen;
    std::unique_ptr<raw_client> other;
    deflating_server s([&](session&, message_view m) {
        auto const is_bomb = m.data.size() == inflated;
        // The other's message is in the kernel before the first bomb has been looked at.
        if (is_bomb && seen.count("bomb") == 0) other->send_text("other");
        seen.add(is_bomb ? "bomb" : std::string(m.data));
    });
    other = s.client();
    auto const hostile = s.client();
    hostile->send(bombs_in_one_read());
    REQUIRE(seen.wait_for("bomb", bombs));
    auto const all = seen.all();
    auto const at = std::find(all.begin(), all.end(), "other") - all.begin();
    CHECK(at < 5);
}

TEST_CASE("what a client has sent in one read is heard in order, however much it becomes") {
    notes seen;
    deflating_server s([&](session&, message_view m) {
        seen.add(m.data.size() == inflated ? "bomb" : std::string(m.data));
    });
    auto const c = s.client();
    c->send(bombs_in_one_read() + client_frame(1, "last"));
    REQUIRE(seen.wait_for("last"));
    CHECK(seen.count("bomb") == bombs);
    CHECK(seen.all().back() == "last");
}

TEST_CASE("a goodbye after much that inflates is answered at once") {
    notes seen;
    deflating_server s([&](session& self, message_view) {
        seen.add("bomb");
        self.close(close_code{3000}, "enough");
    });
    auto const c = s.client();
    c->send(bombs_in_one_read() + client_frame(8, "\x03\xe8"));
    CHECK(c->read_frame().close_code() == 3000);
    CHECK(c->is_ended_by_peer());
    CHECK(seen.count("bomb") == 1);
}

TEST_CASE("who goes on sending bombs is closed, and the log names the option") {
    notes seen;
    notes log;
    server_options options{.port = 0};
    options.log.write = [&](log_level, std::string_view line) { log.add(std::string(line)); };
    running_server const s(options, [&](server& at) {
        at.mount("/ws",
                 websocket_options{.deflate = {.enabled = true}},
                 {.on_message = [&](session&, message_view) { seen.add("bomb"); }});
        at.mount("/unbounded",
                 websocket_options{.deflate = {.enabled = true, .max_ratio = 0}},
                 {.on_message = [&](session&, message_view) { seen.add("let in"); }});
    });
    auto const offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    raw_client hostile(s.port());
    REQUIRE(hostile.upgrade("/ws", offer).status == 101);
    hostile.send(bombs_in_one_read());
    CHECK(hostile.read_frame().close_code() == 1009);
    CHECK(seen.count("bomb") == 1);
    REQUIRE(log.wait_for("closed: message_too_big"));
    auto const line = log.all().back();
    CHECK(line.find("`deflate_options::max_ratio`") != std::string::npos);
    CHECK(line.find("/ws, session ") != std::string::npos);

    raw_client other(s.port());
    REQUIRE(other.upgrade("/unbounded", offer).status == 101);
    other.send(bombs_in_one_read());
    CHECK(seen.wait_for("let in", bombs));
}
