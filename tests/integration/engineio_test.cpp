// Engine.IO over real sockets: handshakes, echoes, the upgrade, what ends a session.
#include "engineio_client.hpp"
#include "support/certificate.hpp"
#include "support/tls_client.hpp"

#include <string>
#include <utility>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using test_server = engineio_test_server;

TEST_CASE("an Engine.IO handshake says what the options say") {
    engineio_options o;
    o.ping_interval = 300ms;
    o.ping_timeout = 200ms;
    o.limits.max_message = 12345;
    test_server const h(some_threads(), o);
    auto const r = h.connect().get(test_server::polling());
    CHECK(r.status == 200);
    auto const sid = sid_in(r.body);
    CHECK(sid.size() == 20);
    CHECK(r.body == R"(0{"sid":")" + sid +
                        R"(","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,)"
                        R"("maxPayload":12345})");
    CHECK(r.header("Content-Type") == "text/plain; charset=UTF-8");
    CHECK(r.header("Cache-Control") == "no-store");
    CHECK(r.header("Set-Cookie").empty());

    raw_client c(h.server.port());
    CHECK(c.upgrade(test_server::websocket()).status == 101);
    CHECK(c.read_message().find(R"("upgrades":[])") != std::string::npos);
}

TEST_CASE("an Engine.IO session echoes by polls, over any connections") {
    test_server const h(some_threads());
    auto const sid = h.open();
    for (int i = 0; i < 20; ++i) {
        auto const text = "4" + std::to_string(i);
        auto const sent = h.post(sid, text);
        CHECK(sent.status == 200);
        CHECK(sent.body == "ok");
        CHECK(sent.header("Content-Type") == "text/html");
        CHECK(h.poll(sid).body == text);
    }
}

TEST_CASE("an Engine.IO session upgrades, over any connections") {
    test_server const h(some_threads());
    for (int i = 0; i < 8; ++i) {
        auto const sid = h.open();
        CHECK(h.post(sid, "4early").status == 200);
        raw_client parked(h.server.port());
        raw_client socket(h.server.port());
        CHECK(parked.get(test_server::polling(sid)).body == "4early");
        parked.send(parked.request_bytes("GET", test_server::polling(sid)));
        CHECK(socket.upgrade(test_server::websocket(sid)).status == 101);
        socket.send_text("2probe");
        CHECK(socket.read_message() == "3probe");
        CHECK(parked.read_response().body == "6");
        socket.send_text("5");
        socket.send_text("4late");
        CHECK(socket.read_message() == "4late");
        // The old transport is over, and what asks for it does no harm.
        CHECK(h.poll(sid).body == R"({"code":3,"message":"Bad request"})");
        CHECK(h.post(sid, "4x").status == 400);
        raw_client second(h.server.port());
        CHECK(second.upgrade(test_server::websocket(sid)).status == 101);
        CHECK(second.read_close().close_code() == 0);
        socket.send_text("4still");
        CHECK(socket.read_message() == "4still");
    }
}

TEST_CASE("probes and the upgrade may come in one segment with the handshake") {
    test_server const h(some_threads());
    auto const sid = h.open();
    raw_client c(h.server.port());
    c.send(c.upgrade_bytes(test_server::websocket(sid)) + client_frame(1, "2probe") +
           client_frame(1, "5") + client_frame(1, "4x"));
    CHECK(c.read_response().status == 101);
    CHECK(c.read_message() == "3probe");
    CHECK(c.read_message() == "4x");
}

TEST_CASE("Engine.IO works over TLS, too") {
    certificate const files;
    auto with = on_free_port(some_threads());
    with.listeners = {{.port = 0, .tls = files.options()}};
    test_server const h(std::move(with), {});
    auto const port = h.server.port(1);
    tls_client poll(port);
    auto const sid = sid_in(poll.get(test_server::polling()).body);
    tls_client sender(port);
    CHECK(sender.post(test_server::polling(sid), "4a").body == "ok");
    CHECK(poll.get(test_server::polling(sid)).body == "4a");
    tls_client socket(port);
    upgrade(socket, sid);
    socket.send_text("4b");
    CHECK(socket.read_message() == "4b");
}

TEST_CASE("a candidate that fails or is a flood of garbage leaves the session alone") {
    test_server const h(some_threads());
    auto const sid = h.open();
    for (std::string const& bytes : {std::string("test\xff\xff\xff\xff"),
                                     client_frame(1, "garbage"),
                                     client_frame(2, "2probe"),
                                     std::string("\x81\x01x"),
                                     client_frame(1, "2probe") + client_frame(8, "")}) {
        raw_client c(h.server.port());
        c.send(c.upgrade_bytes(test_server::websocket(sid)) + bytes);
        CHECK(c.read_response().status == 101);
        (void)c.read_close();
        c.close();
        // The next one is let in as soon as the first is gone.
        CHECK(h.post(sid, "4x").status == 200);
        CHECK(h.poll(sid).body == "4x");
    }
    {
        raw_client c(h.server.port());
        CHECK(c.upgrade(test_server::websocket(sid)).status == 101);
        c.reset();
    }
    CHECK(eventually([&] {
        raw_client c(h.server.port());
        CHECK(c.upgrade(test_server::websocket(sid)).status == 101);
        c.send_text("2probe");
        if (c.read_frame().payload != "3probe") return false;
        c.send_text("5");
        c.send_text("4up");
        return c.read_message() == "4up";
    }));
}

TEST_CASE("a POST to a paused session is answered when it reads again") {
    handlers app;
    app.on_message = [](session& s, message_view m) {
        (void)s.send(m);
        if (m.data != "stop") return;
        s.pause();
        s.after(50ms, [](session& same) {
            (void)same.send("reading");
            same.resume();
        });
    };
    test_server const h(on_free_port(some_threads()), {}, app);
    auto const sid = h.open();
    CHECK(h.post(sid,
                 "4stop\x1e"
                 "4more")
              .body == "ok");
    auto const body = h.poll(sid).body;
    CHECK(body ==
          "4stop\x1e"
          "4reading\x1e"
          "4more");
}

TEST_CASE("a paused session keeps POSTs up to its limit, and its client may go") {
    engineio_options o;
    o.limits.max_queued_bytes = 1024;
    handlers app;
    notes paused;
    app.on_open = [&](session& s) {
        s.pause();
        paused.add("paused");
    };
    test_server h(on_free_port(some_threads()), o, app);
    auto const sid = h.open();
    raw_client first(h.server.port());
    raw_client second(h.server.port());
    first.send(first.request_bytes("POST", test_server::polling(sid), "4" + std::string(500, 'x')));
    settle(h.server);
    second.send(
        second.request_bytes("POST", test_server::polling(sid), "4" + std::string(300, 'x')));
    settle(h.server);
    CHECK(h.post(sid, "4" + std::string(600, 'x')).status == 503);
    second.reset();
    settle(h.server);
    CHECK(h.seen.count("close") == 0);
    h.server->drain(200ms);
    CHECK(first.read_response().body == "ok");
    CHECK(h.server.wait_for_end());
}

// -- refusals -------------------------------------------------------------------------------------

TEST_CASE("Engine.IO refuses with its codes, and tells the application of each") {
    notes errors;
    engineio_options o;
    o.on_connection_error = [&](connection_error const& e) {
        errors.add(std::to_string(e.code) + " " + std::string(e.message) + " " +
                   std::string(e.request.query()));
    };
    test_server const h(some_threads(), o);
    struct row {
        char const* method;
        char const* target;
        char const* body;
    };
    row const rows[] = {
        {"GET", "/eio/?EIO=4", R"({"code":0,"message":"Transport unknown"})"},
        {"GET", "/eio/?EIO=4&transport=__proto__", R"({"code":0,"message":"Transport unknown"})"},
        {"GET",
         "/eio/?EIO=4&transport=polling&sid=nobody",
         R"({"code":1,"message":"Session ID unknown"})"},
        {"POST", "/eio/?EIO=4&transport=polling", R"({"code":2,"message":"Bad handshake method"})"},
        {"OPTIONS",
         "/eio/?EIO=4&transport=polling",
         R"({"code":2,"message":"Bad handshake method"})"},
        {"GET", "/eio/?EIO=4&transport=websocket", R"({"code":3,"message":"Bad request"})"},
        {"GET",
         "/eio/?EIO=3&transport=polling",
         R"({"code":5,"message":"Unsupported protocol version"})"},
        {"GET",
         "/eio/?transport=polling",
         R"({"code":5,"message":"Unsupported protocol version"})"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.target);
        raw_client c(h.server.port());
        c.send(c.request_bytes(row.method, row.target));
        auto const r = c.read_response();
        CHECK(r.status == 400);
        CHECK(r.body == row.body);
        CHECK(r.header("Content-Type") == "application/json");
    }
    CHECK(errors.wait_for("", std::size(rows)));
    CHECK(errors.wait_for("0 Transport unknown", 2));
    CHECK(errors.wait_for("5 Unsupported protocol version", 2));
    CHECK(errors.wait_for("1 Session ID unknown EIO=4&transport=polling&sid=nobody"));
}

TEST_CASE("Engine.IO refuses an upgrade with the bare text") {
    test_server const h(some_threads());
    for (auto const& [target, text] :
         {std::pair{"/eio/?EIO=4&transport=websocket&sid=nobody", "Session ID unknown"},
          std::pair{"/eio/?EIO=4&transport=polling", "Bad request"},
          std::pair{"/eio/?EIO=3&transport=websocket", "Unsupported protocol version"}}) {
        raw_client c(h.server.port());
        auto const r = c.upgrade(target);
        CHECK(r.status == 400);
        CHECK(r.body == text);
        CHECK(r.header("Connection") == "close");
    }
}

TEST_CASE("a request that does not fit its Engine.IO session leaves it as it is") {
    test_server const h(some_threads());
    auto const sid = h.open();
    CHECK(h.connect().get("/eio/?EIO=3&transport=polling&sid=" + sid).body ==
          R"({"code":3,"message":"Bad request"})");
    CHECK(h.connect().get(test_server::websocket(sid)).body ==
          R"({"code":3,"message":"Bad request"})");
    raw_client put(h.server.port());
    put.send(put.request_bytes("PUT", test_server::polling(sid)));
    CHECK(put.read_response().status == 500);
    CHECK(h.post(sid, "4alive").body == "ok");
}

TEST_CASE("a page of another origin is refused by code 4, on an upgrade by 400") {
    notes errors;
    engineio_options o;
    o.origins = {"https://good.example"};
    o.on_connection_error = [&](connection_error const& e) { errors.add(std::to_string(e.code)); };
    test_server const h(some_threads(), o);
    std::string const evil = "Origin: https://evil.example\r\n";
    auto const refused = h.connect().get(test_server::polling(), evil);
    CHECK(refused.status == 403);
    CHECK(refused.body == R"({"code":4,"message":"Forbidden"})");
    CHECK(refused.header("Access-Control-Allow-Origin").empty());
    raw_client c(h.server.port());
    auto const upgrade = c.upgrade(test_server::websocket(), evil);
    CHECK(upgrade.status == 400);
    CHECK(upgrade.body == "Forbidden");
    CHECK(errors.wait_for("4", 2));
    // Every request is looked at, not only the first.
    auto const sid = h.open();
    CHECK(h.connect().post(test_server::polling(sid), "4x", evil).status == 403);
    CHECK(h.connect().get(test_server::polling(sid), evil).status == 403);
    CHECK(raw_client(h.server.port()).upgrade(test_server::websocket(sid), evil).status == 400);
    CHECK(h.connect().get(test_server::polling(), "Origin: https://good.example\r\n").status ==
          200);
}
