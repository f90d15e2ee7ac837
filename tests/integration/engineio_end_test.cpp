// What ends an Engine.IO session over real sockets, and what does not.
#include "engineio_client.hpp"

#include <string>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using test_server = engineio_test_server;

namespace {

std::string unknown_sid() {
    return R"({"code":1,"message":"Session ID unknown"})";
}

/// The head of a POST whose body has so many bytes.
std::string post_head(std::string_view sid, std::size_t length) {
    return "POST " + test_server::polling(sid) +
           " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
}

}  // namespace

// -- what ends a session --------------------------------------------------------------------------

TEST_CASE("a second poll ends the session: it gets 400, the first a close packet") {
    test_server h(some_threads());
    for (int i = 0; i < 6; ++i) {
        auto const sid = h.open();
        raw_client parked(h.server.port());
        h.park(parked, sid);
        auto const second = h.poll(sid);
        CHECK(second.status == 400);
        CHECK(second.body.empty());
        CHECK(parked.read_response().body == "1");
        CHECK(h.is_gone(sid));
    }
    CHECK(h.seen.wait_for("close protocol_error 1005", 6));
    CHECK(h.is_empty());
}

TEST_CASE("a parked poll that is cut ends the session") {
    test_server h(some_threads());
    auto const by_reset = GENERATE(true, false);
    auto const sid = h.open();
    {
        raw_client parked(h.server.port());
        h.park(parked, sid);
        if (by_reset) parked.reset();
    }
    CHECK(h.seen.wait_for("close transport_lost"));
    CHECK(h.is_gone(sid));
}

TEST_CASE("a body that is cut in the middle ends the session") {
    test_server h(some_threads());
    auto const by_reset = GENERATE(true, false);
    for (int i = 0; i < 4; ++i) {
        auto const sid = h.open();
        raw_client parked(h.server.port());
        h.park(parked, sid);
        {
            raw_client c(h.server.port());
            c.send("POST " + test_server::polling(sid) +
                   " HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n4ab");
            settle(h.server);
            if (by_reset) c.reset();
        }
        CHECK(parked.read_response().body == "1");
        CHECK(h.is_gone(sid));
    }
}

TEST_CASE("a body in pieces is taken when it is whole") {
    test_server const h(some_threads());
    auto const sid = h.open();
    raw_client c(h.server.port());
    c.send("POST " + test_server::polling(sid) +
           " HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n4a");
    settle(h.server);
    c.send("bc");
    CHECK(c.read_response().body == "ok");
    CHECK(h.poll(sid).body == "4abc");
    CHECK(c.post(test_server::polling(sid), "4next").body == "ok");
    CHECK(h.poll(sid).body == "4next");
}

TEST_CASE("two bodies at once end the session: 400 for the second, the first is cut off") {
    test_server h(some_threads());
    auto const in_pieces = GENERATE(true, false);
    for (int i = 0; i < 6; ++i) {
        auto const sid = h.open();
        raw_client first(h.server.port());
        auto const head = post_head(sid, 10);
        first.send(head + "4ab");
        settle(h.server);
        raw_client second(h.server.port());
        second.send(in_pieces ? head + "4cd" : head + "4cdefghijk");
        auto const r = second.read_response();
        CHECK(r.status == 400);
        CHECK(r.body.empty());
        CHECK(first.is_ended_by_peer());
        CHECK(eventually([&] { return h.is_gone(sid); }));
    }
    CHECK(h.seen.wait_for("close protocol_error 1005", 6));
    CHECK(h.seen.count("message") == 0);
}

TEST_CASE("a body that is too long is answered 413, and the session lives") {
    engineio_options o;
    o.limits.max_message = 1000;
    test_server const h(some_threads(), o);
    auto const sid = h.open();
    std::string const long_body(1001, '4');
    auto const whole = h.post(sid, long_body);
    CHECK(whole.status == 413);
    CHECK(whole.body.empty());
    raw_client announced(h.server.port());
    announced.send("POST " + test_server::polling(sid) +
                   " HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000000\r\n\r\n4");
    CHECK(announced.read_response().status == 413);
    raw_client chunked(h.server.port());
    chunked.send("POST " + test_server::polling(sid) +
                 " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "200\r\n");
    chunked.send(std::string(512, 'x') + "\r\n");
    settle(h.server);
    chunked.send("200\r\n" + std::string(512, 'x') + "\r\n");
    CHECK(chunked.read_response().status == 413);
    settle(h.server);
    CHECK(h.post(sid, "4" + std::string(999, 'x')).body == "ok");
    CHECK(h.poll(sid).body == "4" + std::string(999, 'x'));
    // On a WebSocket it is the end.
    raw_client socket(h.server.port());
    upgrade(socket, sid);
    socket.send_text(long_body);
    CHECK(socket.read_close().close_code() == 1009);
}

TEST_CASE("a v4 client that posts bytes is refused, and its session closed") {
    test_server const h(some_threads());
    auto const sid = h.open();
    raw_client c(h.server.port());
    auto const r =
        c.post(test_server::polling(sid), "4x", "Content-Type: application/octet-stream\r\n");
    CHECK(r.status == 400);
    CHECK(h.is_gone(sid));
}

TEST_CASE("what a client closes is answered, and gone") {
    test_server h(some_threads());
    auto const sid = h.open();
    raw_client parked(h.server.port());
    h.park(parked, sid);
    CHECK(h.post(sid, "1").body == "ok");
    CHECK(parked.read_response().body == "6");
    CHECK(h.is_gone(sid));
    CHECK(h.post(sid, "4x").body == unknown_sid());
    CHECK(h.seen.wait_for("close client_closed"));
}

TEST_CASE("a close without a poll is told to the next one") {
    handlers app;
    app.on_message = [](session& s, message_view) {
        (void)s.send("a");
        (void)s.send("b");
        s.close(close_code::normal, {});
    };
    test_server const h(on_free_port(some_threads()), {}, app);
    auto const sid = h.open();
    CHECK(h.post(sid, "4close").body == "ok");
    CHECK(h.poll(sid).body ==
          "4a\x1e"
          "4b");
    CHECK(h.poll(sid).body ==
          "6\x1e"
          "1");
    CHECK(h.is_gone(sid));
}

TEST_CASE("a client that never answers pings is timed out") {
    engineio_options o;
    o.ping_interval = 50ms;
    o.ping_timeout = 50ms;
    test_server h(some_threads(), o);
    raw_client socket(h.server.port());
    CHECK(socket.upgrade(test_server::websocket()).status == 101);
    (void)socket.read_message();
    CHECK(socket.read_message() == "2");
    CHECK(socket.read_close().close_code() == 0);
    (void)h.open();
    CHECK(h.seen.wait_for("close heartbeat_timeout", 2));
    CHECK(h.is_empty());
}

// -- the server's end -----------------------------------------------------------------------------

namespace {

/// Sessions of every kind, each with what it can have open.
struct crowd {
    explicit crowd(test_server const& h)
        : idle(h.open()),
          sid(h.open()),
          mid(h.open()),
          uploading(h.open()),
          parked(h.server.port()),
          socket(h.server.port()),
          candidate(h.server.port()),
          upload(h.server.port()),
          mid_poll(h.server.port()) {
        CHECK(socket.upgrade(test_server::websocket()).status == 101);
        (void)socket.read_message();
        CHECK(candidate.upgrade(test_server::websocket(mid)).status == 101);
        candidate.send_text("2probe");
        CHECK(candidate.read_message() == "3probe");
        upload.send("POST " + test_server::polling(uploading) +
                    " HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n4a");
        h.park(parked, sid);
    }
    std::string idle;
    std::string sid;
    std::string mid;
    std::string uploading;
    raw_client parked;
    raw_client socket;
    raw_client candidate;
    raw_client upload;
    raw_client mid_poll;
};

}  // namespace

TEST_CASE("a drain answers polls and closes WebSockets") {
    test_server h(some_threads());
    crowd c(h);
    h.server->drain(500ms);
    CHECK(c.parked.read_response().body == "1");
    CHECK(c.socket.read_close().close_code() == 0);
    CHECK(c.candidate.read_close().close_code() == 0);
    CHECK(h.server.wait_for_end());
    CHECK(h.seen.count("open") == 5);
    CHECK(h.seen.count("close shutting_down") == 5);
}

TEST_CASE("a stop with everything parked leaves nothing behind") {
    test_server h(some_threads());
    crowd c(h);
    h.server->stop();
    CHECK(h.server.wait_for_end());
    CHECK(h.seen.count("close") == 5);
    CHECK(c.upload.is_ended_by_peer());
}
