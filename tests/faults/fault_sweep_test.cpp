// The fault sweep: each system call of a scripted exchange fails in turn, in each way it can. What
// must hold whatever fails: one on_close for each on_open, no session left, the server serves on.

#include <anywire/server.hpp>

#include "faults/faults.hpp"
#include "support/certificate.hpp"
#include "support/raw_client.hpp"
#include "support/running_server.hpp"
#include "support/tls_client.hpp"

#include <catch2/catch.hpp>

#include <future>
#include <memory>
#include <string>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

/// A server whose thread can be told which of its calls fails.
struct faulty {
    faulty()
        : server(options(), [&](anywire::server& at) {
              auto const app = noting_echo(seen);
              ws = at.mount("/ws", websocket_options{.limits = {.close_handshake = 100ms}}, app);
              sockjs = at.mount(
                  "/echo",
                  sockjs_options{.limits = {.close_handshake = 100ms}, .disconnect_delay = 50ms},
                  app);
              // Ids of sessions are nobody's here: the ticker is the way onto the server's thread.
              at.every(1ms, [this] { run_errand(); });
          }) {}
    server_options options() const {
        auto o = on_free_port();
        o.limits.request_head = 1s;
        o.limits.request_body = 1s;
        o.limits.tls_handshake = 1s;
        o.listeners = {{.port = 0, .tls = files.options()}};
        return o;
    }

    /// Calls `fn` on the server's thread; returns what it returns.
    std::size_t on_server(std::function<std::size_t()> fn) {
        std::promise<std::size_t> done;
        auto result = done.get_future();
        {
            std::scoped_lock const lock(mutex);
            errand = [&] { done.set_value(fn()); };
        }
        return result.get();
    }
    void run_errand() {
        std::function<void()> mine;
        {
            std::scoped_lock const lock(mutex);
            mine.swap(errand);
        }
        if (mine) mine();
    }

    certificate files{};
    notes seen{};
    endpoint ws{};
    endpoint sockjs{};
    std::mutex mutex{};
    std::function<void()> errand{};
    running_server server;
};

/// Runs `exchange` with the first call failing, with the second, ... until it runs untouched.
/// `exchange` gives up by an exception when what it waits for does not come.
template <class Exchange>
void sweep(faulty& f, fault what, Exchange exchange) {
    for (std::size_t n = 1;; ++n) {
        CAPTURE(n, static_cast<int>(what));
        REQUIRE(n < 500);
        f.on_server([&] {
            fail_call(n, what);
            return 0u;
        });
        bool passed = false;
        try {
            exchange();
            passed = true;
        } catch (std::runtime_error const&) {
            // The fault was the end of the connection: as it should be.
        }
        CHECK(eventually([&] { return f.ws.session_count() + f.sockjs.session_count() == 0; }));
        auto const counted = f.on_server([] {
            auto const calls = calls_counted();
            fail_call(0, fault::none);
            return calls;
        });
        CHECK(f.seen.count("open") == f.seen.count("close"));
        CHECK(f.seen.count("open") == f.ws.opened_count() + f.sockjs.opened_count());
        REQUIRE(raw_client(f.server.port()).get("/echo").status == 200);
        if (counted >= n) continue;
        CHECK(passed);
        return;
    }
}

void echo_websocket(raw_client& c) {
    if (c.upgrade("/ws").status != 101) throw std::runtime_error("not upgraded");
    for (int i = 0; i < 3; ++i) {
        auto const text = std::string(100, static_cast<char>('a' + i));
        c.send_text(text);
        if (c.read_message() != text) FAIL("not what was sent");
    }
    c.send(client_frame(9, "ping"));
    if (c.read_frame().opcode != 10) throw std::runtime_error("no pong");
    c.send(client_close(1000));
    if (c.read_close().close_code() != 1000) throw std::runtime_error("no close");
    (void)c.read_to_end();
}

void expect(bool good) {
    if (!good) throw std::runtime_error("not what was expected");
}

void poll_and_send(raw_client& poll, raw_client& sender, std::string const& path) {
    expect(poll.post(path + "/xhr").body == "o\n");
    expect(sender.post(path + "/xhr_send", R"(["a","b"])").status == 204);
    auto const body = poll.post(path + "/xhr").body;
    expect(body == "a[\"a\",\"b\"]\n");
    poll.send(poll.request_bytes("POST", path + "/xhr"));
    expect(sender.post(path + "/xhr_send", R"(["c"])").status == 204);
    expect(poll.read_response().body == "a[\"c\"]\n");
}

void stream_and_send(raw_client& stream, raw_client& sender, std::string const& path) {
    stream.send(stream.request_bytes("POST", path + "/xhr_streaming"));
    expect(stream.read_head().status == 200);
    expect(stream.read_chunk().size() == 2049);
    expect(stream.read_chunk() == "o\n");
    for (auto const* const text : {"a", "b"}) {
        auto const array = "[\"" + std::string(text) + "\"]";
        expect(sender.post(path + "/xhr_send", array).status == 204);
        expect(stream.read_chunk() == "a" + array + "\n");
    }
}

auto every_fault() {
    return GENERATE(fault::reset,
                    fault::broken_pipe,
                    fault::again,
                    fault::interrupted,
                    fault::one_byte,
                    fault::end);
}

}  // namespace

TEST_CASE("a WebSocket echo survives any one failing call") {
    auto const what = every_fault();
    faulty f;
    sweep(f, what, [&] {
        raw_client c(f.server.port());
        echo_websocket(c);
    });
}

TEST_CASE("polling survives any one failing call") {
    auto const what = every_fault();
    faulty f;
    int n = 0;
    sweep(f, what, [&] {
        raw_client poll(f.server.port());
        raw_client sender(f.server.port());
        poll_and_send(poll, sender, "/echo/000/poll" + std::to_string(n++));
    });
}

TEST_CASE("streaming survives any one failing call") {
    auto const what = every_fault();
    faulty f;
    int n = 0;
    sweep(f, what, [&] {
        raw_client stream(f.server.port());
        raw_client sender(f.server.port());
        stream_and_send(stream, sender, "/echo/000/stream" + std::to_string(n++));
    });
}

TEST_CASE("a refused upgrade survives any one failing call") {
    auto const what = every_fault();
    faulty f;
    sweep(f, what, [&] {
        raw_client c(f.server.port());
        expect(c.upgrade("/ws", "Origin: https://evil.example\r\n").status == 403);
        expect(c.get("/ws").status == 400);
        expect(c.get("/nowhere").status == 404);
        c.send("nonsense\r\n\r\n");
        expect(c.read_response().status == 400);
        (void)c.read_to_end();
    });
}

TEST_CASE("a large message survives any one failing call") {
    auto const what = every_fault();
    faulty f;
    sweep(f, what, [&] {
        raw_client c(f.server.port(), {.receive_buffer = 65536});
        expect(c.upgrade("/ws").status == 101);
        std::string const big(400'000, 'x');
        c.send_text(big);
        expect(c.read_message() == big);
    });
}

TEST_CASE("TLS survives any one failing call") {
    auto const what = every_fault();
    faulty f;
    sweep(f, what, [&] {
        tls_client c(f.server.port(1));
        echo_websocket(c);
    });
}

TEST_CASE("polling over TLS survives any one failing call") {
    auto const what = every_fault();
    faulty f;
    int n = 0;
    sweep(f, what, [&] {
        tls_client poll(f.server.port(1));
        tls_client sender(f.server.port(1));
        poll_and_send(poll, sender, "/echo/000/tls" + std::to_string(n++));
    });
}
