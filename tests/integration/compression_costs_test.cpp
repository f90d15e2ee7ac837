// What a client's compressed messages may become, and which answers are compressed for it.
#include <anywire/server.hpp>

#include "support/raw_client.hpp"
#include "support/running_server.hpp"
#include "websocket/deflate.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

/// A mount that compresses, without context takeover.
struct compressing_server {
    using on_message = std::function<void(session&, message_view)>;

    compressing_server(deflate_options deflate, on_message hears)
        : server({.port = 0}, [&](anywire::server& at) {
              deflate.enabled = true;
              deflate.server_context_takeover = deflate.client_context_takeover = false;
              at.mount(
                  "/ws", websocket_options{.deflate = deflate}, {.on_message = std::move(hears)});
          }) {}

    running_server server;
};

struct compressing_client {
    explicit compressing_client(compressing_server const& s) : raw(s.server.port()) {
        auto const offer =
            "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
            "client_no_context_takeover\r\n";
        REQUIRE(raw.upgrade("/ws", offer).status == 101);
    }
    std::size_t send(std::string_view text) {
        websocket::deflater deflate({.server_no_context_takeover = true}, 9);
        std::string payload;
        deflate.compress(text, payload);
        raw.send(client_frame(0x41, payload));
        return payload.size();
    }

    raw_client raw;
};

std::string records(std::size_t bytes) {
    std::string all("[");
    for (unsigned i = 0, r = 1; all.size() < bytes; ++i, r = r * 1'664'525u + 1'013'904'223u)
        all +=
            "{\"id\":" + std::to_string(i) +
            ",\"type\":\"measurement\",\"unit\":\"celsius\",\"station\":\"north\",\"valid\":true,"
            "\"of\":\"the air two metres above the ground, in the shade\",\"by\":\"a sensor "
            "that is read once a second and told apart from its neighbours by nothing else\","
            "\"value\":" +
            std::to_string((r >> 24) % 8) + "},";
    all.back() = ']';
    return all;
}

}  // namespace

TEST_CASE("a client that sends long lists of similar records now and then is served") {
    // Each is some 60 times as long as what is sent for it.
    compressing_server const s({}, [](session& from, message_view m) {
        auto const size = std::to_string(m.data.size());
        from.after(300ms, [size](session& to) { (void)to.send(size); });
    });
    compressing_client c(s);
    auto const list = records(900'000);
    for (int i = 0; i < 5; ++i) {
        auto const sent = c.send(list);
        CHECK(list.size() > 50 * sent);
        REQUIRE(c.raw.read_frame().payload == std::to_string(list.size()));
    }
}

TEST_CASE("what messages were inflated to beyond what was sent is paid back by time") {
    auto const pays_back = GENERATE(true, false);
    std::string const bomb(900'000, 'a');
    compressing_server const s({.ratio_refill = pays_back ? 1u << 30 : 0u},
                               [](session& from, message_view) {
                                   // A tick of the server's clock, and what it may be late.
                                   from.after(75ms, [](session& to) { (void)to.send("heard"); });
                               });
    compressing_client c(s);
    for (int i = 0; i < 5; ++i) {
        c.send(bomb);
        auto const f = c.raw.read_frame();
        if (!pays_back && i > 0) {
            CHECK(f.close_code() == 1009);
            return;
        }
        REQUIRE(f.payload == "heard");
    }
}

TEST_CASE("answers to messages that became much longer than what was sent are not compressed") {
    compressing_server const s({.ratio_refill = 0},
                               [](session& from, message_view m) { (void)from.send(m); });
    compressing_client c(s);
    std::string const text(60'000, 'a');
    // The first ones are: 256 KiB are for everybody.
    for (int i = 0; i < 7; ++i) {
        CAPTURE(i);
        c.send(text);
        auto const f = c.raw.read_frame();
        CHECK(f.is_compressed == (i < 4));
        if (i >= 4) CHECK(f.payload == text);
    }
    // A client that sends as much as that pays for it.
    c.raw.send(client_frame(1, std::string(100'000, 'b')));
    CHECK(c.raw.read_frame().is_compressed);
    c.send(text);
    CHECK(c.raw.read_frame().is_compressed);
}

TEST_CASE("what a server says unasked is compressed, however much it is") {
    compressing_server const s({}, [](session& from, message_view) {
        for (int i = 0; i < 20; ++i) (void)from.send(std::string(20'000, 'a'));
    });
    compressing_client c(s);
    c.raw.send(client_frame(1, "go"));
    for (int i = 0; i < 20; ++i) CHECK(c.raw.read_frame().is_compressed);
}
