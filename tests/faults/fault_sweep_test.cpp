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
              eio = at.mount("/eio",
                             engineio_options{.limits = {.close_handshake = 100ms},
                                              .ping_interval = 500ms,
                                              .ping_timeout = 500ms,
                                              .upgrade_timeout = 100ms},
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
    endpoint eio{};
    std::mutex mutex{};
    std::function<void()> errand{};
    running_server server;

    std::size_t sessions() const {
        return ws.session_count() + sockjs.session_count() + eio.session_count();
    }
    std::uint64_t opened() const {
        return ws.opened_count() + sockjs.opened_count() + eio.opened_count();
    }
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
        CHECK(eventually([&] { return f.sessions() == 0; }));
        auto const counted = f.on_server([] {
            auto const calls = calls_counted();
            fail_call(0, fault::none);
            return calls;
        });
        CHECK(f.seen.count("open") == f.seen.count("close"));
        CHECK(f.seen.count("open") == f.opened());
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

std::string engineio_path(std::string_view transport, std::string_view sid) {
    std::string path("/eio/?EIO=4&transport=");
    path.append(transport);
    if (!sid.empty()) path.append("&sid=").append(sid);
    return path;
}

std::string engineio_open(raw_client& c) {
    auto const r = c.get(engineio_path("polling", {}));
    expect(r.status == 200);
    auto const at = r.body.find("\"sid\":\"") + 7;
    return r.body.substr(at, 20);
}

/// The next answer of a poll that is no heartbeat.
std::string engineio_poll(raw_client& c, std::string const& path) {
    for (;;) {
        auto const r = c.get(path);
        expect(r.status == 200);
        if (r.body != "2") return r.body;
    }
}

void engineio_poll_and_send(raw_client& poll, raw_client& sender, std::string const& sid) {
    auto const path = engineio_path("polling", sid);
    auto const both = sender.request_bytes("POST", path, "4c");
    expect(sender.post(path, "4ab").body == "ok");
    expect(engineio_poll(poll, path).starts_with("4ab"));
    // A body in two pieces.
    sender.send(both.substr(0, both.size() - 1));
    sender.send(both.substr(both.size() - 1));
    expect(sender.read_response().body == "ok");
    expect(engineio_poll(poll, path).starts_with("4c"));
    expect(sender.post(path, "1").body == "ok");
}

void engineio_upgrade(raw_client& poll, raw_client& socket, std::string const& sid) {
    poll.send(poll.request_bytes("GET", engineio_path("polling", sid)));
    expect(socket.upgrade(engineio_path("websocket", sid)).status == 101);
    socket.send_text("2probe");
    expect(socket.read_message() == "3probe");
    auto const released = poll.read_response().body;
    expect(released == "6" || released == "2");
    socket.send_text("5");
    socket.send_text("4a");
    auto answer = socket.read_message();
    if (answer == "2") answer = socket.read_message();
    expect(answer == "4a");
    socket.send_text("1");
    (void)socket.read_close();
    (void)socket.read_to_end();
}

/// Opens an Engine.IO session and runs `exchange(poll, other, sid)` over two connections. A session
/// that a fault leaves behind is closed, lest each waits for its heartbeat.
template <class Exchange>
void with_engineio(faulty const& f, Exchange exchange) {
    raw_client poll(f.server.port());
    auto const sid = engineio_open(poll);
    try {
        raw_client other(f.server.port());
        exchange(poll, other, sid);
    } catch (std::runtime_error const&) {
        poll.close();
        (void)raw_client(f.server.port()).post(engineio_path("polling", sid), "1");
        throw;
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

TEST_CASE("Engine.IO polling survives any one failing call") {
    auto const what = every_fault();
    faulty f;
    sweep(f, what, [&] { with_engineio(f, engineio_poll_and_send); });
}

TEST_CASE("an Engine.IO upgrade survives any one failing call") {
    auto const what = every_fault();
    faulty f;
    sweep(f, what, [&] { with_engineio(f, engineio_upgrade); });
}
