// Each allocation that the server makes for a scripted exchange fails in turn. What must hold: the
// client hears of it (its connection ends), no session is left, the server serves on.

#include <anywire/server.hpp>

#include "faults/faults.hpp"
#include "support/raw_client.hpp"
#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

/// A server whose thread can be told which of its allocations fail. Telling allocates nothing.
struct starving {
    explicit starving(std::size_t in_a_row)
        : times(in_a_row), server(options(), [&](anywire::server& at) {
              session_limits const limits{.close_handshake = 100ms};
              ws = at.mount("/ws", websocket_options{.limits = limits}, echo());
              sockjs = at.mount(
                  "/echo", sockjs_options{.limits = limits, .disconnect_delay = 50ms}, echo());
              eio = at.mount("/eio",
                             engineio_options{.limits = limits,
                                              .ping_interval = 200ms,
                                              .ping_timeout = 200ms,
                                              .upgrade_timeout = 100ms},
                             echo());
              at.every(1ms, [this] { turn(); });
          }) {}
    static server_options options() {
        auto o = on_free_port();
        o.limits.request_head = 1s;
        o.limits.request_body = 1s;
        return o;
    }

    void turn() noexcept {
        auto const n = wanted.exchange(nothing);
        if (n == nothing) return;
        counted = allocations_counted();
        fail_allocation(n, times);
        armed = n;
    }
    /// Has the `n`-th allocation from now on fail; 0: none. Returns how many there were until now.
    std::size_t fail(std::size_t n) {
        armed = nothing;
        wanted = n;
        REQUIRE(eventually([&] { return armed == n; }));
        return counted;
    }
    std::size_t sessions() const {
        return ws.session_count() + sockjs.session_count() + eio.session_count();
    }

    static constexpr std::size_t nothing = ~std::size_t{0};
    std::size_t times;
    std::atomic<std::size_t> wanted{nothing};
    std::atomic<std::size_t> armed{nothing};
    std::atomic<std::size_t> counted{0};
    endpoint ws{};
    endpoint sockjs{};
    endpoint eio{};
    running_server server;
};

template <class Exchange>
void sweep(starving& s, Exchange exchange) {
    for (std::size_t n = 1;; ++n) {
        CAPTURE(n);
        REQUIRE(n < 1000);
        (void)s.fail(n);
        auto const began = std::chrono::steady_clock::now();
        try {
            exchange(static_cast<int>(n));
        } catch (std::runtime_error const&) {
            // That was the connection's end, or that of the session.
        }
        CHECK(std::chrono::steady_clock::now() - began < patience / 2);
        auto const counted = s.fail(0);
        CHECK(eventually([&] { return s.sessions() == 0; }));
        REQUIRE(raw_client(s.server.port()).get("/echo").status == 200);
        if (counted < n) return;
    }
}

void expect(bool good) {
    if (!good) throw std::runtime_error("not what was expected");
}

std::size_t some_in_a_row() {
    return GENERATE(std::size_t{1}, std::size_t{3});
}

}  // namespace

TEST_CASE("a WebSocket survives any allocation that fails") {
    starving s(some_in_a_row());
    sweep(s, [&](int) {
        raw_client c(s.server.port());
        expect(c.upgrade("/ws").status == 101);
        for (auto const size : {10u, 20'000u}) {
            c.send_text(std::string(size, 'x'));
            expect(c.read_message() == std::string(size, 'x'));
        }
        c.send(client_close(1000));
        (void)c.read_to_end();
    });
}

TEST_CASE("SockJS survives any allocation that fails") {
    starving s(some_in_a_row());
    sweep(s, [&](int n) {
        raw_client c(s.server.port());
        raw_client stream(s.server.port());
        auto const path = "/echo/000/s" + std::to_string(n);
        expect(c.post(path + "/xhr").body == "o\n");
        expect(c.post(path + "/xhr_send", R"(["a"])").status == 204);
        expect(c.post(path + "/xhr").body == "a[\"a\"]\n");
        stream.send(stream.request_bytes("POST", path + "/xhr_streaming"));
        expect(stream.read_head().status == 200);
        expect(c.post(path + "/xhr_send", R"(["b"])").status == 204);
        // Or a goodbye: a handler's `send` may have been what failed.
        std::string chunk;
        do {
            chunk = stream.read_chunk();
            expect(!chunk.empty());
        } while (chunk != "a[\"b\"]\n");
    });
}

TEST_CASE("Engine.IO survives any allocation that fails") {
    starving s(some_in_a_row());
    sweep(s, [&](int) {
        raw_client c(s.server.port());
        raw_client socket(s.server.port());
        std::string const path("/eio/?EIO=4&transport=");
        auto const opened = c.get(path + "polling");
        expect(opened.status == 200);
        auto const sid = "&sid=" + opened.body.substr(opened.body.find("\"sid\":\"") + 7, 20);
        expect(c.post(path + "polling" + sid, "4a").status == 200);
        expect(c.get(path + "polling" + sid).status == 200);
        expect(socket.upgrade(path + "websocket" + sid).status == 101);
        socket.send_text("2probe");
        expect(socket.read_message() == "3probe");
        socket.send_text("5");
        socket.send_text("4b");
        (void)socket.read_message();
    });
}
