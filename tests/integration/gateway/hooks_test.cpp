// Clients of an application behind HTTP hooks, as both ends see them.

#include "hook_signature.hpp"
#include "hooked_application.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <thread>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
namespace gw = anywire::gateway;

TEST_CASE("an application has a client by a POST for each event") {
    hooked h([](gw::route_settings& s) { s.hooks.secret = "secret"; });
    auto client = h.client();
    client.send(client.upgrade_bytes(
        "/live?room=1", "Cookie: a=b\r\nSec-WebSocket-Protocol: x, y\r\nAnywire-Event: lie\r\n"));
    auto open = h.app.next();
    CHECK(open.head.starts_with("POST /hooks?room=1 HTTP/1.1\r\n"));
    CHECK(open.body == "OPEN\r\n");
    CHECK(open.field("Content-Type") == "application/websocket-events");
    CHECK(open.field("Accept") == "application/websocket-events");
    CHECK(open.field("Sec-WebSocket-Extensions") == "grip");
    CHECK(open.field("Sec-WebSocket-Protocol") == "x, y");
    CHECK(open.field("Cookie") == "a=b");
    CHECK(open.field("X-Forwarded-For") == "127.0.0.1");
    CHECK(open.field("Anywire-Event") == "open");
    CHECK(open.field("Anywire-Sequence") == "0");
    auto const id = open.field("Connection-Id");
    CHECK(id.size() == 22);
    CHECK(open.field("Anywire-Signature") ==
          gw::sign_hook("secret", open.field("Anywire-Timestamp"), id, "0", open.body));
    CHECK(open.field("Grip-Sig").starts_with("eyJ"));
    open.answer("OPEN\r\nTEXT 7\r\nwelcome\r\n",
                "Sec-WebSocket-Protocol: y\r\nSet-Cookie: c=d\r\nSet-Meta-User: ann\r\n");
    auto const r = client.read_response();
    CHECK(r.status == 101);
    CHECK(r.header("Sec-WebSocket-Protocol") == "y");
    CHECK(r.header("Set-Cookie") == "c=d");
    CHECK(client.read_message() == "welcome");

    client.send_text("hello");
    auto message = h.app.next();
    CHECK(message.body == "TEXT 5\r\nhello\r\n");
    CHECK(message.field("Connection-Id") == id);
    CHECK(message.field("Anywire-Event") == "message");
    CHECK(message.field("Anywire-Sequence") == "1");
    CHECK(message.field("Meta-User") == "ann");
    CHECK(message.field("Anywire-Signature") ==
          gw::sign_hook("secret", message.field("Anywire-Timestamp"), id, "1", message.body));
    message.answer("TEXT 3\r\none\r\nBINARY 2\r\n\x01\xff\r\nTEXT 3\r\ntwo\r\n");
    CHECK(client.read_message() == "one");
    CHECK(client.read_message() == "\x01\xff");
    CHECK(client.read_message() == "two");

    client.send(client_frame(8, std::string("\x0f\xa1", 2) + "bye"));
    auto close = h.app.next();
    CHECK(close.body == std::string("CLOSE 5\r\n\x0f\xa1") + "bye\r\n");
    CHECK(close.field("Anywire-Event") == "close");
    close.answer_with("204 No Content", "", "");
}

TEST_CASE("an application is told what the client asked a trusted proxy for") {
    auto o = on_free_port();
    o.trusted_proxies = {"127.0.0.1"};
    hooked h({}, {}, std::move(o));
    auto client = h.client();
    client.send(client.upgrade_bytes("/live",
                                     "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n"
                                     "X-Forwarded-Host: example.com\r\n"));
    auto const open = h.app.next();
    CHECK(open.field("X-Forwarded-For") == "192.0.2.7");
    CHECK(open.field("X-Forwarded-Host") == "example.com");
    CHECK(open.field("X-Forwarded-Port") == "443");
    CHECK(open.field("X-Forwarded-Proto") == "https");
}

TEST_CASE("an application that answers 204 lets everybody in and says nothing") {
    hooked h;
    auto client = h.client();
    client.send(client.upgrade_bytes("/live"));
    h.app.next().answer_with("204 No Content", "", "");
    CHECK(client.read_response().status == 101);
    client.send_text("a");
    h.app.next().answer_with("204 No Content", "", "");
    client.send_text("b");
    CHECK(h.app.next().body == "TEXT 1\r\nb\r\n");
}

TEST_CASE("an application's refusal is its client's") {
    hooked h;
    auto client = h.client();
    client.send(client.upgrade_bytes("/live"));
    h.app.next().answer_with("401 Unauthorized", "WWW-Authenticate: Basic\r\n", "who are you?");
    auto const r = client.read_response();
    CHECK(r.status == 401);
    CHECK(r.header("WWW-Authenticate") == "Basic");
    CHECK(r.body.find("who are you?") == 0);
}

TEST_CASE("what an application cannot have meant is a bad gateway") {
    hooked h;
    auto client = h.client();
    client.send(client.upgrade_bytes("/live"));
    SECTION("a page") {
        h.app.next().answer_with("200 OK", "Content-Type: text/html\r\n", "hi");
    }
    SECTION("a redirect") {
        h.app.next().answer_with("302 Found", "Location: /login\r\n", "");
    }
    SECTION("a fault") {
        h.app.next().answer_with("500 Internal Server Error", "", "oops");
    }
    SECTION("no HTTP") {
        h.app.next().peer.send("hello\r\n\r\n");
    }
    auto const r = client.read_response();
    CHECK(r.status == 502);
    CHECK(r.body.find("oops") == std::string::npos);
}

TEST_CASE("an application that takes too long to let a client in is a gateway's timeout") {
    hooked h([](gw::route_settings& s) { s.connect_timeout = 100ms; });
    auto client = h.client();
    client.send(client.upgrade_bytes("/live"));
    auto const open = h.app.next();
    CHECK(client.read_response().status == 504);
}

TEST_CASE("a server that is not there is passed over") {
    scripted_server gone;
    auto const dead = gone.url("/hooks");
    gone.close();
    application app;
    hooked h({}, {dead, app.url()});
    auto client = h.client();
    client.send(client.upgrade_bytes("/live"));
    app.next().answer("OPEN\r\n");
    CHECK(client.read_response().status == 101);
    SECTION("but where none is there, it is said") {
        hooked none({}, {dead});
        auto other = none.client();
        other.send(other.upgrade_bytes("/live"));
        CHECK(other.read_response().status == 502);
    }
}

TEST_CASE("messages keep their order, one POST at a time, what waits goes together") {
    hooked h;
    auto client = h.client();
    h.open(client);
    client.send_text("1");
    auto first = h.app.next();
    CHECK(first.body == text_event("1"));
    for (auto const* text : {"2", "3", "4"}) client.send_text(text);
    // A ping is answered when all before it was read.
    client.send(client_frame(9, "read"));
    CHECK(client.read_frame().payload == "read");
    CHECK_FALSE(h.app.server.has_newcomer());
    first.answer(text_event("a"));
    auto second = h.app.next();
    CHECK(second.body == text_event("2") + text_event("3") + text_event("4"));
    CHECK(second.field("Anywire-Sequence") == "2");
    second.answer(text_event("b"));
    CHECK(client.read_message() == "a");
    CHECK(client.read_message() == "b");
}

TEST_CASE("an application hears of a client that has gone without a word") {
    hooked h;
    auto client = h.client();
    h.open(client);
    SECTION("while nothing is under way") {
        client.reset();
    }
    SECTION("after what it has sent") {
        client.send_text("1");
        auto first = h.app.next();
        client.send_text("2");
        client.send(client_frame(9, "read"));
        CHECK(client.read_frame().payload == "read");
        client.reset();
        first.answer(text_event("nobody gets this"));
        auto second = h.app.next();
        CHECK(second.body == text_event("2"));
        second.answer("");
    }
    auto last = h.app.next();
    CHECK(last.body == "DISCONNECT\r\n");
    CHECK(last.field("Anywire-Event") == "disconnect");
    last.answer("");
}

TEST_CASE("an application hears of a client that did not wait to be let in") {
    hooked h;
    auto client = h.client();
    client.send(client.upgrade_bytes("/live"));
    auto open = h.app.next();
    client.reset();
    // Another client is served: that one's end was read before.
    CHECK(h.client().get("/settle").status == 404);
    open.answer("OPEN\r\n");
    CHECK(h.app.next().body == "DISCONNECT\r\n");
}

TEST_CASE("an application ends a session as it says") {
    hooked h;
    SECTION("with a code and a reason, after its last words") {
        auto client = h.client();
        h.open(client,
               "OPEN\r\n" + text_event("bye") +
                   "CLOSE 7\r\n\x0f\xa0"
                   "right\r\n");
        CHECK(client.read_message() == "bye");
        CHECK(closed_with(client) == "4000 right");
    }
    SECTION("without a word") {
        auto client = h.client();
        h.open(client);
        client.send_text("1");
        h.app.next().answer("DISCONNECT\r\n");
        CHECK(closed_with(client) == "1001 the application has ended this session");
    }
}

TEST_CASE("a POST that fails ends its session with a sentence, and only that is POSTed then") {
    hooked h([](gw::route_settings& s) { s.hooks.timeout = 300ms; });
    auto client = h.client();
    h.open(client);
    client.send_text("1");
    auto p = h.app.next();
    SECTION("a fault") {
        p.answer_with("500 Internal Server Error", "", "oops");
        CHECK(closed_with(client) == "1011 the application answered 500");
    }
    SECTION("too much to do") {
        p.answer_with("503 Service Unavailable", "", "");
        CHECK(closed_with(client) == "1013 the application answered 503");
    }
    SECTION("a session that it does not know") {
        p.answer_with("404 Not Found", "", "");
        CHECK(closed_with(client) == "1008 the application answered 404");
    }
    SECTION("no events") {
        p.answer_with("200 OK", "Content-Type: text/html\r\n", "<p>");
        CHECK(client.read_close().close_code() == 1011);
    }
    SECTION("no answer") {
        CHECK(closed_with(client) == "1013 the application took too long");
    }
    SECTION("half of one") {
        p.peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nTEXT");
        p.peer.close();
        CHECK(closed_with(client) == "1013 the application broke off");
    }
    auto goodbye = h.app.next();
    CHECK(goodbye.body == "DISCONNECT\r\n");
    goodbye.answer_with("500 Internal Server Error", "", "");
    CHECK(h.outcome() == "opened 1 failed 0 lost 0");
    CHECK_FALSE(h.app.server.has_newcomer());
}

TEST_CASE("no more POSTs are under way than there may be") {
    hooked h([](gw::route_settings& s) { s.hooks.max_in_flight = 1; });
    auto ann = h.client();
    h.open(ann);
    auto bob = h.client();
    h.open(bob);
    ann.send_text("ann");
    auto first = h.app.next();
    bob.send_text("bob");
    bob.send(client_frame(9, "read"));
    CHECK(bob.read_frame().payload == "read");
    CHECK_FALSE(h.app.server.has_newcomer());
    first.answer(text_event("to ann"));
    auto second = h.app.next();
    CHECK(second.body == text_event("bob"));
    second.answer(text_event("to bob"));
    CHECK(ann.read_message() == "to ann");
    CHECK(bob.read_message() == "to bob");
}

TEST_CASE("a slow application stops its client, and gets all of it in the end") {
    hooked h([](gw::route_settings& s) { s.limits.max_queued_bytes = 64u << 10; });
    auto client = h.client();
    h.open(client);
    auto const frame = client_frame(1, std::string(60'000, 'x'));
    std::size_t sent = 0;
    std::string rest;
    auto const takes_more = [&] {
        pollfd entry{client.descriptor(), POLLOUT, 0};
        return ::poll(&entry, 1, 500) > 0;
    };
    while (rest.empty() && takes_more()) {
        auto const n = ::send(client.descriptor(), frame.data(), frame.size(), MSG_DONTWAIT);
        if (n <= 0) break;
        ++sent;
        rest = frame.substr(static_cast<std::size_t>(n));
    }
    REQUIRE(sent < 2'000);
    std::size_t got = 0;
    std::thread finish([&] { client.send(rest); });
    while (got < sent) {
        auto p = h.app.next();
        gw::event_reader r(p.body);
        while (r.next()) ++got;
        p.answer("");
    }
    finish.join();
    CHECK(got == sent);
}

TEST_CASE("an application publishes to channels, to one session and to all") {
    hooked h;
    auto const grip = "Sec-WebSocket-Extensions: grip; message-prefix=\"\"\r\n";
    auto ann = h.client();
    h.open(ann, "OPEN\r\n" + text_event(R"(c:{"type": "subscribe", "channel": "news"})"), grip);
    auto bob = h.client();
    bob.send(bob.upgrade_bytes("/live"));
    auto open = h.app.next();
    auto const id = open.field("Connection-Id");
    open.answer("OPEN\r\n");
    CHECK(bob.read_response().status == 101);

    auto const publish = [&](std::string_view query, std::string_view body) {
        return h.client()
            .post("/publish/" + std::string(query), body, "Authorization: Bearer open sesame\r\n")
            .body;
    };
    CHECK(publish("?channel=news", "1") == "{\"sessions\": 1}\n");
    CHECK(ann.read_message() == "1");
    CHECK(publish("?session=" + id, "2") == "{\"sessions\": 1}\n");
    CHECK(bob.read_message() == "2");
    CHECK(publish("?all=1", "3") == "{\"sessions\": 2}\n");
    CHECK(ann.read_message() == "3");
    CHECK(bob.read_message() == "3");
    CHECK(publish(
              "",
              R"({"items": [{"channel": "news", "formats": {"ws-message": {"content": "4"}}}]})") ==
          "{\"sessions\": 1}\n");
    CHECK(ann.read_message() == "4");
    CHECK(publish("?channel=none", "5") == "{\"sessions\": 0}\n");

    bob.send_text("join");
    h.app.next().answer(text_event(R"(c:{"type": "subscribe", "channel": "news"})"), grip);
    ann.send_text("leave");
    h.app.next().answer(
        text_event(R"(c:{"type": "unsubscribe", "channel": "news"})") + text_event("left"), grip);
    CHECK(ann.read_message() == "left");
    CHECK(eventually(
        [&] { return publish("?channel=news&session=" + id, "6") == "{\"sessions\": 1}\n"; }));
    CHECK(bob.read_message() == "6");
    CHECK(publish("?channel=news&close=4001", "moved") == "{\"sessions\": 1}\n");
    CHECK(closed_with(bob) == "4001 moved");
}

TEST_CASE("nobody publishes without the secret, or what is no message") {
    hooked h;
    for (auto const* field : {"",
                              "Authorization: Bearer open\r\n",
                              "Authorization: Basic open sesame\r\n",
                              "Authorization: open sesame\r\n"})
        CHECK(h.client().post("/publish/?all=1", "x", field).status == 401);
    auto const r = h.client().post("/publish/", "hello", "Authorization: bearer open sesame\r\n");
    CHECK(r.status == 400);
    CHECK(r.body.find("items") != std::string::npos);
}
