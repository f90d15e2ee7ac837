// WebSocket, SockJS and Engine.IO on one path, over sockets.

#include <anywire/server.hpp>

#include "support/raw_client.hpp"
#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

handlers saying(std::string name) {
    return {.on_message = [name](session& s, message_view m) {
        (void)s.send(name + " " + std::string(m.data));
    }};
}

struct shared_path {
    explicit shared_path(unsigned threads)
        : server(on_free_port(threads), [](anywire::server& at) {
              at.mount("/live",
                       websocket_options{.origins = {"https://ws.example"}},
                       saying("websocket"));
              at.mount("/live",
                       sockjs_options{.limits = {.max_message = 100'000},
                                      .origins = {"https://sockjs.example"}},
                       saying("sockjs"));
              at.mount("/live",
                       engineio_options{.limits = {.max_message = 1'000},
                                        .origins = {"https://eio.example"}},
                       saying("engineio"));
          }) {}
    raw_client connect() const { return raw_client(server.port()); }

    running_server server;
};

std::string from(std::string_view page) {
    return "Origin: https://" + std::string(page) + ".example\r\n";
}

std::string sid_of(std::string const& open) {
    auto const at = open.find("\"sid\":\"") + 7;
    return open.substr(at, open.find('"', at) - at);
}

}  // namespace

TEST_CASE("each request to a shared path gets to its dialect, on every thread") {
    auto const threads = GENERATE(1u, 4u);
    shared_path const h(threads);
    for (int i = 0; i < 8; ++i) {
        for (auto const* target : {"/live", "/live/", "/live?a=b"}) {
            auto c = h.connect();
            REQUIRE(c.upgrade(target).status == 101);
            c.send_text("a");
            CHECK(c.read_message() == "websocket a");
        }
        auto raw = h.connect();
        REQUIRE(raw.upgrade("/live/websocket").status == 101);
        raw.send_text("b");
        CHECK(raw.read_message() == "sockjs b");

        auto eio = h.connect();
        REQUIRE(eio.upgrade("/live/?EIO=4&transport=websocket").status == 101);
        CHECK(eio.read_message().starts_with("0{"));
        eio.send_text("4c");
        CHECK(eio.read_message() == "4engineio c");

        auto const session = "/live/000/s" + std::to_string(i);
        CHECK(h.connect().post(session + "/xhr").body == "o\n");
        CHECK(h.connect().post(session + "/xhr_send", R"(["d"])").status == 204);
        CHECK(h.connect().post(session + "/xhr").body == "a[\"sockjs d\"]\n");

        std::string const polling = "/live/?EIO=4&transport=polling";
        auto const own = polling + "&sid=" + sid_of(h.connect().get(polling).body);
        CHECK(h.connect().post(own, "4e").body == "ok");
        CHECK(h.connect().get(own).body == "4engineio e");
    }
    CHECK(h.connect().get("/live").body == "Welcome to SockJS!\n");
    CHECK(h.connect().get("/live/info").status == 200);
}

TEST_CASE("each dialect of a shared path lets in its own pages, also where it refuses") {
    shared_path const h(1);
    auto const allowed = [](response const& r) { return r.header("Access-Control-Allow-Origin"); };
    auto const upgrade = [&](std::string_view target, std::string_view page) {
        return h.connect().upgrade(target, from(page)).status;
    };
    CHECK(upgrade("/live", "ws") == 101);
    CHECK(upgrade("/live", "sockjs") == 403);
    CHECK(upgrade("/live/websocket", "sockjs") == 101);
    CHECK(upgrade("/live/websocket", "ws") == 403);
    CHECK(upgrade("/live/?EIO=4&transport=websocket", "eio") == 101);
    CHECK(upgrade("/live/?EIO=4&transport=websocket", "sockjs") == 400);
    CHECK(allowed(h.connect().get("/live/info", from("sockjs"))) == "https://sockjs.example");
    CHECK(allowed(h.connect().get("/live/info", from("eio"))).empty());

    // A body that is too long is refused by its head.
    std::string const send = "/live/000/abc/xhr_send";
    auto const fields = from("sockjs") + "Content-Length: 100001\r\n";
    auto c = h.connect();
    c.send("POST " + send + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
    auto const long_sockjs = c.read_response();
    CHECK(long_sockjs.status == 413);
    CHECK(allowed(long_sockjs) == "https://sockjs.example");
    auto const long_eio = h.connect().post(
        "/live/?EIO=4&transport=polling&sid=x", std::string(1'001, 'x'), from("eio"));
    CHECK(long_eio.status == 413);
    CHECK(allowed(long_eio) == "https://eio.example");
}

TEST_CASE("two posts of one Engine.IO session at once overlap on a shared path, too") {
    shared_path const h(1);
    std::string const polling = "/live/?EIO=4&transport=polling";
    auto const own = polling + "&sid=" + sid_of(h.connect().get(polling).body);
    auto slow = h.connect();
    slow.send("POST " + own + " HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n4");
    auto const overlaps = [&] { return h.connect().post(own, "4b").status != 200; };
    CHECK(eventually(overlaps));
    CHECK(slow.is_ended_by_peer());
}
