// Engine.IO's options over real sockets: authorize, CORS, cookies, header hooks, compression, caps.
#include "core/gzip.hpp"
#include "engineio_client.hpp"
#include "support/pending_decisions.hpp"

#include <atomic>
#include <stdexcept>
#include <string>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using test_server = engineio_test_server;

TEST_CASE("authorize lets Engine.IO clients in or not, and hears of the handshake only") {
    notes errors;
    std::atomic<int> asked{0};
    engineio_options o;
    o.on_connection_error = [&](connection_error const& e) {
        errors.add(std::to_string(e.code) + " " + std::string(e.message) + " " +
                   std::string(e.request.path()));
    };
    handlers app;
    app.authorize = [&](request const& r, decision d) {
        ++asked;
        if (r.query().find("key=good") != std::string_view::npos)
            d.accept();
        else
            d.refuse(401, "who are you?");
    };
    test_server const h(on_free_port(some_threads()), o, app);
    auto const refused = h.connect().get(test_server::polling());
    CHECK(refused.status == 401);
    CHECK(refused.body == R"({"code":4,"message":"who are you?"})");
    CHECK(errors.wait_for("4 who are you? /eio/"));
    raw_client c(h.server.port());
    auto const upgrade = c.upgrade(test_server::websocket());
    CHECK(upgrade.status == 400);
    CHECK(upgrade.body == "who are you?");
    CHECK(errors.wait_for("4 who", 2));
    CHECK(asked == 2);

    auto const sid = sid_in(h.connect().get(test_server::polling() + "&key=good").body);
    CHECK(h.post(sid, "4x").body == "ok");
    CHECK(h.poll(sid).body == "4x");
    CHECK(asked == 3);
    CHECK(h.eio.session_count() == 1);
}

TEST_CASE("authorize may decide later, on both transports") {
    pending_decisions waiting;
    handlers app;
    app.authorize = [&](request const&, decision d) { waiting.put(std::move(d)); };
    test_server const h(on_free_port(some_threads()), {}, app);

    raw_client poll(h.server.port());
    poll.send(poll.request_bytes("GET", test_server::polling()));
    waiting.take().accept();
    auto const sid = sid_in(poll.read_response().body);
    CHECK(h.post(sid, "4x").body == "ok");

    raw_client socket(h.server.port());
    socket.send(socket.upgrade_bytes(test_server::websocket()));
    waiting.take().accept();
    CHECK(socket.read_response().status == 101);
    CHECK(socket.read_message().starts_with("0{"));

    raw_client late(h.server.port());
    late.send(late.request_bytes("GET", test_server::polling()));
    waiting.take().refuse(403, "no");
    CHECK(late.read_response().body == R"({"code":4,"message":"no"})");

    raw_client gone(h.server.port());
    gone.send(gone.upgrade_bytes(test_server::websocket()));
    auto decision = waiting.take();
    gone.reset();
    settle(h.server);
    decision.accept();
    CHECK(eventually([&] { return h.eio.session_count() == 1 || h.eio.session_count() == 2; }));
}

TEST_CASE("the room of a mount is limited: 503") {
    engineio_options o;
    o.limits.max_sessions = 1;
    test_server const h(some_threads(), o);
    auto const sid = h.open();
    CHECK(h.connect().get(test_server::polling()).status == 503);
    CHECK(raw_client(h.server.port()).upgrade(test_server::websocket()).status == 503);
    CHECK(h.post(sid, "1").body == "ok");
    CHECK(h.is_empty());
    CHECK(h.connect().get(test_server::polling()).status == 200);
}

TEST_CASE("CORS: a preflight is answered by itself, other answers name the origin") {
    engineio_options o;
    o.origins = {"https://good.example"};
    o.cors.exposed_headers = {"X-One", "X-Two"};
    o.cors.max_age = 600s;
    test_server const h(some_threads(), o);
    std::string const good = "Origin: https://good.example\r\n";
    for (auto const& target :
         {test_server::polling(), test_server::polling("nobody"), std::string("/eio/")}) {
        raw_client c(h.server.port());
        c.send(c.request_bytes(
            "OPTIONS", target, {}, good + "Access-Control-Request-Headers: x-a\r\n"));
        auto const r = c.read_response();
        CHECK(r.status == 204);
        CHECK(r.header("Access-Control-Allow-Origin") == "https://good.example");
        CHECK(r.header("Access-Control-Allow-Credentials") == "true");
        CHECK(r.header("Access-Control-Allow-Headers") == "x-a");
        CHECK(r.header("Access-Control-Allow-Methods") == "GET,HEAD,PUT,PATCH,POST,DELETE");
        CHECK(r.header("Access-Control-Max-Age") == "600");
        CHECK(r.header("Vary") == "Origin");
    }
    auto const check = [](response const& r, int status) {
        CHECK(r.status == status);
        CHECK(r.header("Access-Control-Allow-Origin") == "https://good.example");
        CHECK(r.header("Access-Control-Expose-Headers") == "X-One,X-Two");
    };
    auto const opened = h.connect().get(test_server::polling(), good);
    check(opened, 200);
    auto const sid = sid_in(opened.body);
    check(h.connect().post(test_server::polling(sid), "4x", good), 200);
    check(h.connect().get(test_server::polling(sid), good), 200);
    check(h.connect().get(test_server::polling("nobody"), good), 400);
    check(raw_client(h.server.port()).upgrade(test_server::websocket(sid), good), 101);
}

TEST_CASE("without origins there are no CORS fields, and no preflights") {
    test_server const h(some_threads());
    auto const same = "Origin: http://127.0.0.1:" + std::to_string(h.server.port()) + "\r\n";
    auto const r = h.connect().get(test_server::polling(), same);
    CHECK(r.status == 200);
    CHECK(r.header("Access-Control-Allow-Origin").empty());
    auto const sid = sid_in(r.body);
    raw_client c(h.server.port());
    c.send(c.request_bytes("OPTIONS", test_server::polling(sid)));
    CHECK(c.read_response().status == 500);
    CHECK(h.post(sid, "4x").body == "ok");
}

TEST_CASE("the cookie goes with the polling handshake only") {
    engineio_options o;
    o.cookie.name = "io";
    test_server const h(some_threads(), o);
    auto const r = h.connect().get(test_server::polling());
    auto const sid = sid_in(r.body);
    CHECK(r.header("Set-Cookie") == "io=" + sid + "; Path=/; HttpOnly; SameSite=Lax");
    CHECK(h.post(sid, "4x").header("Set-Cookie").empty());
    CHECK(h.poll(sid).header("Set-Cookie").empty());
    CHECK(
        raw_client(h.server.port()).upgrade(test_server::websocket()).header("Set-Cookie").empty());
}

TEST_CASE("the header hooks: the first once a session, the other on every answer") {
    std::atomic<int> first{0};
    std::atomic<int> each{0};
    engineio_options o;
    o.cookie.name = "io";
    o.initial_headers = [&](request const& r, response_headers& to) {
        ++first;
        to.add("X-First", r.query());
        to.add("Set-Cookie", "mine=1");
    };
    o.headers = [&](request const&, response_headers& to) {
        ++each;
        to.add("X-Each", "yes");
        to.add("X-Bad", "a\r\nX-Injected: b");
    };
    test_server const h(some_threads(), o);
    auto const r = h.connect().get(test_server::polling());
    CHECK(r.header("X-First") == "EIO=4&transport=polling");
    CHECK(r.header("X-Each") == "yes");
    CHECK(r.head.find("X-Injected") == std::string::npos);
    CHECK(r.head.find("Set-Cookie: mine=1\r\n") != std::string::npos);
    CHECK(r.head.find("Set-Cookie: io=") != std::string::npos);
    auto const sid = sid_in(r.body);
    CHECK(h.post(sid, "4x").header("X-Each") == "yes");
    CHECK(h.poll(sid).header("X-Each") == "yes");
    raw_client c(h.server.port());
    auto const upgraded = c.upgrade(test_server::websocket(sid));
    CHECK(upgraded.header("X-Each") == "yes");
    CHECK(upgraded.header("X-First").empty());
    CHECK(first == 1);
    CHECK(each == 4);
    // Not where a request is refused.
    CHECK(h.poll("nobody").header("X-Each").empty());
    CHECK(each == 4);
    raw_client direct(h.server.port());
    CHECK_FALSE(direct.upgrade(test_server::websocket()).header("X-First").empty());
    CHECK(first == 2);
}

TEST_CASE("a hook that throws costs nobody anything") {
    engineio_options o;
    o.initial_headers = [](request const&, response_headers&) { throw std::runtime_error("no"); };
    o.headers = [](request const&, response_headers& to) {
        to.add("X-Each", "yes");
        throw 1;
    };
    o.on_connection_error = [](connection_error const&) { throw 2; };
    test_server const h(some_threads(), o);
    auto const sid = h.open();
    CHECK(h.post(sid, "4x").header("X-Each") == "yes");
    CHECK(h.poll(sid).body == "4x");
    CHECK(h.is_gone("nobody"));
    raw_client c(h.server.port());
    upgrade(c, sid);
    c.send_text("4y");
    CHECK(c.read_message() == "4y");
}

TEST_CASE("the initial packet follows the open packet") {
    engineio_options o;
    o.initial_packet = "hello";
    test_server const h(some_threads(), o);
    auto const body = h.connect().get(test_server::polling()).body;
    CHECK(
        body.ends_with("}\x1e"
                       "4hello"));
    raw_client c(h.server.port());
    CHECK(c.upgrade(test_server::websocket()).status == 101);
    CHECK(c.read_message().starts_with("0{"));
    CHECK(c.read_message() == "4hello");
}

TEST_CASE("an answer holds no more packets than allowed") {
    engineio_options o;
    o.max_packets_per_poll = 2;
    test_server const h(some_threads(), o);
    auto const sid = h.open();
    CHECK(h.post(sid,
                 "4a\x1e"
                 "4b\x1e"
                 "4c\x1e"
                 "4d\x1e"
                 "4e")
              .body == "ok");
    CHECK(h.poll(sid).body ==
          "4a\x1e"
          "4b");
    CHECK(h.poll(sid).body ==
          "4c\x1e"
          "4d");
    CHECK(h.poll(sid).body == "4e");
}

TEST_CASE("a mount that gives one packet a poll says its goodbye, too") {
    engineio_options o;
    o.max_packets_per_poll = 1;
    handlers app;
    app.on_message = [](session& s, message_view) { s.close(close_code::normal, {}); };
    test_server const h(on_free_port(some_threads()), o, app);
    auto const sid = h.open();
    CHECK(h.post(sid, "4x").body == "ok");
    CHECK(h.poll(sid).body == "6");
    CHECK(h.poll(sid).body == "1");
    CHECK(h.is_gone(sid));
}

TEST_CASE("long answers of polls are compressed for whoever takes it") {
    test_server const h(some_threads());
    auto const sid = h.open();
    auto const text = "4" + std::string(3000, 'x');
    auto const ask = [&](std::string const& sent, std::string const& accepts) {
        CHECK(h.post(sid, sent).body == "ok");
        return h.connect().get(test_server::polling(sid), "Accept-Encoding: " + accepts + "\r\n");
    };
    auto const gzip = ask(text, "gzip, deflate");
    CHECK(gzip.header("Content-Encoding") == "gzip");
    CHECK(gzip.body.starts_with("\x1f\x8b"));
    CHECK(gzip.body.size() < 200);
    std::string expected;
    append_gzip(expected, text, 1);
    CHECK(gzip.body == expected);
    auto const deflate = ask(text, "gzip;q=0, deflate");
    CHECK(deflate.header("Content-Encoding") == "deflate");
    CHECK(deflate.body.size() < 200);
    CHECK(ask(text, "br").body == text);
    CHECK(ask("4short", "gzip").body == "4short");
}

TEST_CASE("polling can be switched off, and so can WebSockets and upgrades") {
    auto const threads = some_threads();
    engineio_options only_websocket;
    only_websocket.polling = false;
    test_server const a(threads, only_websocket);
    CHECK(a.connect().get(test_server::polling()).body ==
          R"({"code":0,"message":"Transport unknown"})");
    CHECK(raw_client(a.server.port()).upgrade(test_server::websocket()).status == 101);

    engineio_options only_polling;
    only_polling.websocket = false;
    test_server const b(threads, only_polling);
    CHECK(b.connect().get(test_server::polling()).body.find(R"("upgrades":[])") !=
          std::string::npos);
    CHECK(raw_client(b.server.port()).upgrade(test_server::websocket()).body ==
          "Transport unknown");

    engineio_options no_upgrades;
    no_upgrades.upgrades = false;
    test_server const c(threads, no_upgrades);
    auto const r = c.connect().get(test_server::polling());
    CHECK(r.body.find(R"("upgrades":[])") != std::string::npos);
    raw_client socket(c.server.port());
    CHECK(socket.upgrade(test_server::websocket(sid_in(r.body))).status == 101);
    CHECK(socket.read_close().close_code() == 0);
    CHECK(c.post(sid_in(r.body), "4x").body == "ok");
}

TEST_CASE("Engine.IO 3 and JSONP, where they are switched on") {
    engineio_options o;
    o.eio3 = true;
    o.jsonp = true;
    test_server const h(some_threads(), o);
    auto const v3 = h.connect().get("/eio/?EIO=3&transport=polling");
    auto const sid = sid_in(v3.body);
    CHECK(v3.body.substr(v3.body.find(':')).starts_with(":0{"));
    std::string const path = "/eio/?EIO=3&transport=polling&sid=" + sid;
    CHECK(h.connect().post(path, "2:4\xe2\x82\xac").body == "ok");
    CHECK(h.connect().get(path).body == "2:4\xe2\x82\xac");
    CHECK(h.connect().post(path, "1:2").body == "ok");
    CHECK(h.connect().get(path).body == "1:3");
    std::string const bytes("\1\4\xff\4\1\2\3", 7);
    CHECK(h.connect().post(path, bytes, "Content-Type: application/octet-stream\r\n").body == "ok");
    auto const back = h.connect().get(path);
    CHECK(back.header("Content-Type") == "application/octet-stream");
    CHECK(back.body == bytes);

    // Browsers send no Origin with a script element's request: without more it is a foreign page's.
    CHECK(h.connect().get("/eio/?EIO=4&transport=polling&j=0").status == 403);
    std::string const page = "Sec-Fetch-Site: same-origin\r\n";
    auto const script = h.connect().get("/eio/?EIO=4&transport=polling&j=alert(1)//2", page);
    CHECK(script.header("Content-Type") == "text/javascript; charset=UTF-8");
    CHECK(script.header("X-Content-Type-Options") == "nosniff");
    CHECK(script.body.starts_with("___eio[12](\"0{"));
    auto const at = script.body.find("sid\\\":\\\"") + 8;
    auto const js = script.body.substr(at, script.body.find('\\', at) - at);
    auto const jpath = test_server::polling(js) + "&j=0";
    CHECK(h.connect().post(jpath, "d=4a%2Bb").body == "ok");
    CHECK(h.connect().get(jpath, page).body == "___eio[12](\"4a+b\");");
    CHECK(h.connect().post(jpath, "e=1").body == "ok");
}
