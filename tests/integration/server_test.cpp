// Starting, serving on several listeners, tickers, log lines, handlers that throw.

#include <anywire/server.hpp>
#include <anywire/socketio.hpp>

#include "support/raw_client.hpp"
#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <fcntl.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

TEST_CASE("a server on port 0 says which port it got, and serves there") {
    running_server s(on_free_port(), [](server& at) {
        at.mount("/ws", websocket_options{}, echo());
        at.mount("/echo", sockjs_options{}, echo());
    });
    raw_client ws(s.port());
    REQUIRE(ws.upgrade("/ws").status == 101);
    ws.send_text("hello");
    CHECK(ws.read_message() == "hello");

    raw_client http(s.port());
    CHECK(http.get("/echo").body == "Welcome to SockJS!\n");
    CHECK(http.get("/nowhere").status == 404);
    CHECK(http.post("/echo/000/abc/xhr").body == "o\n");
}

TEST_CASE("every listener serves every mount") {
    auto const threads = GENERATE(1u, 2u);
    auto options = on_free_port(threads);
    options.listeners = {{.port = 0}, {.address = "127.0.0.2", .port = 0}};
    running_server s(options, [](server& at) { at.mount("/ws", websocket_options{}, echo()); });
    CHECK(s.port(0) != s.port(1));
    for (std::size_t i = 0; i < 3; ++i) {
        CAPTURE(i);
        raw_client c(s.port(i), {.address = i == 2 ? "127.0.0.2" : "127.0.0.1"});
        REQUIRE(c.upgrade("/ws").status == 101);
        c.send_text("hello");
        CHECK(c.read_message() == "hello");
    }
}

TEST_CASE("a mount on the root serves what is not mounted elsewhere") {
    running_server s(on_free_port(), [](server& at) {
        at.mount("/", sockjs_options{}, echo());
        at.mount("/deep/er", sockjs_options{.websocket = false}, echo());
    });
    raw_client c(s.port());
    CHECK(c.get("/info").body.find("\"websocket\":true") != std::string::npos);
    CHECK(c.get("/deep/er/info").body.find("\"websocket\":false") != std::string::npos);
    CHECK(c.get("/deep").status == 404);
}

TEST_CASE("a ticker is called again and again, also one that throws") {
    notes seen;
    running_server s(on_free_port(), [&](server& at) {
        at.mount("/ws", websocket_options{}, echo());
        at.every(1ms, [&] { seen.add("before run"); });
        at.every(25ms, [&] {
            seen.add("thrower");
            throw std::runtime_error("tick");
        });
    });
    s->every(1ms, [&] { seen.add("while running"); });
    CHECK(seen.wait_for("before run", 3));
    CHECK(seen.wait_for("while running", 3));
    CHECK(seen.wait_for("thrower", 3));
}

TEST_CASE("log lines reach the sink, up to its level") {
    notes lines;
    auto options = on_free_port();
    options.log.write = [&](log_level level, std::string_view line) {
        lines.add(std::to_string(static_cast<int>(level)) + " " + std::string(line));
    };
    auto const set_up = [](server& at) { at.mount("/ws", websocket_options{}, echo()); };
    SECTION("info shows what an operator can act on") {
        running_server s(options, set_up);
        raw_client c(s.port());
        CHECK(c.upgrade("/ws", "Origin: https://evil.example\r\n").status == 403);
        CHECK(lines.wait_for("1 refused a foreign origin at /ws: 'https://evil.example'"));
        CHECK(lines.count("2") == 0);
    }
    SECTION("debug shows requests and sessions too") {
        options.log.level = log_level::debug;
        running_server s(options, set_up);
        raw_client c(s.port());
        c.send("nonsense\r\n\r\n");
        CHECK(c.read_response().status == 400);
        CHECK(lines.wait_for("2 request refused: 400"));
    }
    SECTION("error leaves the rest out") {
        options.log.level = log_level::error;
        running_server s(options, set_up);
        raw_client c(s.port());
        CHECK(c.upgrade("/ws", "Origin: https://evil.example\r\n").status == 403);
        CHECK(lines.all().empty());
    }
}

TEST_CASE("a handler that throws ends its own session with 1011, and the others live") {
    notes seen;
    notes lines;
    auto options = on_free_port();
    options.log.write = [&](log_level, std::string_view line) { lines.add(std::string(line)); };
    auto app = noting_echo(seen);
    app.on_message = [](session& s, message_view m) {
        if (m.data == "throw") throw std::runtime_error("a bug of the application");
        if (m.data == "throw 7") throw 7;
        (void)s.send(m);
    };
    running_server s(options, [&](server& at) {
        at.mount("/ws", websocket_options{}, app);
        at.mount("/echo", sockjs_options{}, app);
    });
    raw_client other(s.port());
    REQUIRE(other.upgrade("/ws").status == 101);

    SECTION("on a WebSocket") {
        raw_client c(s.port());
        REQUIRE(c.upgrade("/ws").status == 101);
        c.send_text("throw");
        CHECK(c.read_close().close_code() == 1011);
        CHECK(lines.wait_for("a handler threw: a bug of the application"));
    }
    SECTION("what is thrown needs to be no exception") {
        raw_client c(s.port());
        REQUIRE(c.upgrade("/ws").status == 101);
        c.send_text("throw 7");
        CHECK(c.read_close().close_code() == 1011);
        CHECK(lines.wait_for("a handler threw something that is not a std::exception"));
    }
    SECTION("on a poll") {
        raw_client poll(s.port());
        raw_client sender(s.port());
        CHECK(poll.post("/echo/000/abc/xhr").body == "o\n");
        poll.send(poll.request_bytes("POST", "/echo/000/abc/xhr"));
        CHECK(sender.post("/echo/000/abc/xhr_send", R"(["throw"])").status == 204);
        CHECK(poll.read_response().body.starts_with("c[1011,"));
    }
    CHECK(seen.wait_for("close handler_failed 1011"));
    other.send_text("still here");
    CHECK(other.read_message() == "still here");
    CHECK(seen.count("close") == 1);
}

TEST_CASE("a handler that throws in on_open or on_close harms nobody else") {
    notes seen;
    handlers app{.on_open = [](session&) { throw std::runtime_error("open"); },
                 .on_close =
                     [&](session&, close_event const& e) {
                         seen.add("close " + std::string(to_string(e.reason)));
                         throw std::runtime_error("close");
                     }};
    running_server s(on_free_port(), [&](server& at) {
        at.mount("/ws", websocket_options{}, app);
        at.mount("/echo", sockjs_options{}, app);
    });
    raw_client c(s.port());
    REQUIRE(c.upgrade("/ws").status == 101);
    CHECK(c.read_close().close_code() == 1011);
    CHECK(seen.wait_for("close handler_failed"));
    raw_client http(s.port());
    CHECK(http.post("/echo/000/abc/xhr").status == 200);
    CHECK(seen.wait_for("close handler_failed", 2));
    CHECK(http.get("/echo").status == 200);
}

TEST_CASE("stop ends run while clients hammer") {
    auto const threads = GENERATE(1u, 2u);
    notes seen;
    endpoint ws;
    endpoint sockjs;
    std::atomic<int> alive{0};
    std::vector<std::thread> clients;
    std::atomic<std::size_t> opened{0};
    std::atomic<std::size_t> closed{0};
    handlers const app{.on_open = [&](session&) { ++opened; },
                       .on_message = [](session& s, message_view m) { (void)s.send(m); },
                       .on_close = [&](session&, close_event const&) { ++closed; }};
    {
        running_server s(on_free_port(threads), [&](server& at) {
            ws = at.mount("/ws", websocket_options{}, app);
            sockjs = at.mount("/echo", sockjs_options{}, app);
        });
        for (int i = 0; i < 4; ++i)
            clients.emplace_back([&, i, port = s.port()] {
                try {
                    for (;;) {
                        raw_client c(port);
                        auto const path = "/echo/000/s" + std::to_string(i);
                        if (i % 2 == 0 && c.upgrade("/ws").status == 101) {
                            ++alive;
                            for (;;) {
                                c.send_text("hello");
                                (void)c.read_message();
                            }
                        }
                        for (;;) {
                            (void)c.post(path + "/xhr");
                            (void)c.post(path + "/xhr_send", R"(["hello"])");
                            ++alive;
                        }
                    }
                } catch (std::exception const&) {
                    // The server has gone: that is how it ends.
                }
            });
        CHECK(eventually([&] { return alive >= 20; }));
        s->stop();
        CHECK(s.wait_for_end());
    }
    for (auto& t : clients) t.join();
    CHECK(opened == closed);
    CHECK(ws.session_count() == 0);
    CHECK(sockjs.session_count() == 0);
}

TEST_CASE("a server that is stopped before it runs returns at once") {
    server s(on_free_port());
    s.mount("/ws", websocket_options{}, echo());
    s.stop();
    s.run();
    SUCCEED();
}

TEST_CASE("a server on which nothing is mounted says so in the log") {
    notes log;
    auto options = on_free_port();
    options.log.write = [&log](log_level, std::string_view line) { log.add(std::string(line)); };
    server s(options);
    s.stop();
    s.run();
    CHECK(log.count("nothing is mounted") == 1);
    CHECK_THROWS_AS(s.run(), std::logic_error);
}

TEST_CASE("a path without a mount is told apart from what a mount does not find") {
    running_server s(on_free_port(),
                     [](server& at) { at.mount("/ws", websocket_options{}, echo()); });
    CHECK(raw_client(s.port()).get("/socket.io/").body ==
          "404 Not Found: nothing is mounted at this path\n");
}

TEST_CASE("a Socket.IO server that nobody mounted is a line in the log") {
    notes log;
    auto const options = [&] {
        auto o = on_free_port();
        o.log.write = [&log](log_level, std::string_view line) { log.add(std::string(line)); };
        return o;
    };
    auto const hint = "a socketio::server is not mounted";
    {
        socketio::server const forgotten;
        server s(options());
        s.mount("/ws", websocket_options{}, echo());
        s.stop();
        s.run();
        CHECK(log.count(hint) == 1);
    }
    socketio::server const io;
    server s(options());
    s.mount("/socket.io/", io);
    s.stop();
    s.run();
    CHECK(log.count(hint) == 1);
}

TEST_CASE("a server that never runs is destroyed without a trace") {
    server s(on_free_port(3));
    auto const at = s.mount("/ws", websocket_options{}, echo());
    at.broadcast("nobody hears this");
    at.post("AAAAAAAAAAAAAAAAAAAAAA", [](session&) {});
    s.every(1ms, [] {});
    CHECK(at.session_count() == 0);
}

namespace {

/// A second descriptor of the server's end of `c`, as a forked child would have one.
int descriptor_held_elsewhere(raw_client const& c) {
    sockaddr_in own{};
    socklen_t size = sizeof own;
    ::getsockname(c.descriptor(), reinterpret_cast<sockaddr*>(&own), &size);
    for (int fd = 3; fd < 1'024; ++fd) {
        sockaddr_in peer{};
        size = sizeof peer;
        if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0 &&
            peer.sin_family == AF_INET && peer.sin_port == own.sin_port)
            return ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
    }
    return -1;
}

}  // namespace

TEST_CASE("a closed socket that a forked child still holds open is not told of any more") {
    endpoint all;
    running_server const s(on_free_port(),
                           [&](server& at) { all = at.mount("/ws", websocket_options{}, echo()); });
    auto c = std::make_unique<raw_client>(s.port());
    REQUIRE(c->upgrade("/ws").status == 101);
    auto const held = descriptor_held_elsewhere(*c);
    REQUIRE(held >= 0);
    c->send(client_close(1000));
    CHECK(c->read_frame().opcode == 8);
    CHECK(eventually([&] { return all.session_count() == 0; }));
    c->try_send("more");
    c.reset();
    for (int i = 0; i < 3; ++i) {
        raw_client next(s.port());
        REQUIRE(next.upgrade("/ws").status == 101);
        next.send_text("still here");
        CHECK(next.read_message() == "still here");
    }
    ::close(held);
}
