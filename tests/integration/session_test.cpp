// What a session promises its application, over real sockets.
#include "integration/echo_test_server.hpp"

#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

TEST_CASE("after calls once, in the order of time, and dies with its session") {
    echo_test_server h({.on_open = [&](session& s) {
        s.after(60ms, [&](session& it) { (void)it.send("second"); });
        s.after(0ms, [&](session& it) { (void)it.send("first"); });
        s.after(24h, [&](session&) { h.seen.add("never"); });
        s.after(120ms, [&](session& it) { it.after(1ms, [](session& again) { again.close(); }); });
    }});
    auto const c = websocket(h.server.port(), "/ws?user=ada");
    CHECK(c->read_message() == "first");
    CHECK(c->read_message() == "second");
    CHECK(c->read_close().close_code() == 1000);
    CHECK(h.seen.wait_for("close server_closed 1000"));
    CHECK(h.seen.count("never") == 0);
}

namespace {

/// What a session tells of itself, in one line.
std::string told_of(session const& s) {
    auto const& r = s.request();
    std::string out;
    out.append(r.target()).append("|").append(r.path()).append("|").append(r.query()).append("|");
    out.append(r.header("x-thing")).append("|").append(r.remote_address()).append("|");
    out.append(r.is_secure() ? "secure" : "plain").append("|").append(s.transport()).append("|");
    out.append(s.subprotocol()).append("|").append(std::to_string(s.id().size()));
    out.append(r.header("sec-websocket-key"))
        .append(r.header("upgrade"))
        .append(r.header("connection"));
    return out;
}

std::string const thing = "X-Thing: a thing\r\n";

handlers telling() {
    return {.on_message = [](session& s, message_view) { (void)s.send(told_of(s)); }};
}

}  // namespace

TEST_CASE("a session tells of its request, its transport and its user") {
    echo_test_server h(telling());
    SECTION("plain WebSocket, with a subprotocol") {
        raw_client c(h.server.port(), {.source = "127.0.0.5"});
        auto const answer = c.upgrade("/ws?user=ada", thing + "Sec-WebSocket-Protocol: v1, v2\r\n");
        CHECK(answer.header("Sec-WebSocket-Protocol") == "v1");
        c.send_text("?");
        CHECK(c.read_message() ==
              "/ws?user=ada|/ws|user=ada|a thing|127.0.0.5|plain|websocket|v1|22");
    }
    SECTION("a subprotocol nobody knows is not agreed on") {
        raw_client c(h.server.port());
        auto const answer = c.upgrade("/ws", "Sec-WebSocket-Protocol: v9\r\n");
        CHECK(answer.status == 101);
        CHECK(answer.header("Sec-WebSocket-Protocol").empty());
    }
}

TEST_CASE("a SockJS session tells of its request and of the carrier it is on") {
    echo_test_server h(telling());
    auto const line = [](std::string const& kind, std::string const& transport) {
        auto const path = "/echo/000/abc/" + kind;
        return "a[\"" + path + "?user=ada|" + path + "|user=ada|a thing|127.0.0.1|plain|" +
               transport + "||22\"]";
    };
    raw_client c(h.server.port());
    raw_client sender(h.server.port());
    SECTION("WebSocket") {
        CHECK(c.upgrade("/echo/000/abc/websocket?user=ada", thing).status == 101);
        c.send_text(R"(["?"])");
        CHECK(c.read_message() == "o");
        CHECK(c.read_message() == line("websocket", "websocket"));
    }
    SECTION("raw WebSocket") {
        CHECK(c.upgrade("/echo/websocket?user=ada", thing).status == 101);
        c.send_text("?");
        CHECK(c.read_message() ==
              "/echo/websocket?user=ada|/echo/websocket|user=ada|a "
              "thing|127.0.0.1|plain|websocket-raw||22");
    }
    SECTION("polling: between two requests, too") {
        CHECK(c.post("/echo/000/abc/xhr?user=ada", {}, thing).body == "o\n");
        CHECK(sender.post("/echo/000/abc/xhr_send", R"(["?"])").status == 204);
        CHECK(c.post("/echo/000/abc/xhr").body == line("xhr", "xhr-polling") + "\n");
    }
    SECTION("streaming") {
        c.send(c.request_bytes("POST", "/echo/000/abc/xhr_streaming?user=ada", {}, thing));
        (void)c.read_until("o\n");
        CHECK(sender.post("/echo/000/abc/xhr_send", R"(["?"])").status == 204);
        (void)c.read_until(line("xhr_streaming", "xhr-streaming"));
    }
    SECTION("eventsource") {
        c.send(c.request_bytes("GET", "/echo/000/abc/eventsource?user=ada", {}, thing));
        (void)c.read_until("data: o\r\n");
        CHECK(sender.post("/echo/000/abc/xhr_send", R"(["?"])").status == 204);
        (void)c.read_until("data: " + line("eventsource", "eventsource"));
    }
    SECTION("the transport's name changes with the carrier") {
        CHECK(c.post("/echo/000/abc/xhr?user=ada", {}, thing).body == "o\n");
        c.send(c.request_bytes("GET", "/echo/000/abc/eventsource"));
        CHECK(c.read_head().status == 200);
        CHECK(sender.post("/echo/000/abc/xhr_send", R"(["?"])").status == 204);
        (void)c.read_until(line("xhr", "eventsource"));
    }
}

TEST_CASE("forwarded addresses are believed of trusted proxies only") {
    auto const trusted = GENERATE(true, false);
    server_options options;
    if (trusted) options.trusted_proxies = {"127.0.0.0/8"};
    echo_test_server h({.on_message =
                            [](session& s, message_view) {
                                auto const& r = s.request();
                                (void)s.send(std::string(r.remote_address()) +
                                             (r.is_secure() ? " secure" : " plain"));
                            }},
                       1,
                       options);
    std::string const fields =
        "X-Forwarded-For: 203.0.113.7, 127.0.0.3\r\nX-Forwarded-Proto: https\r\n"
        "X-Forwarded-Host: chat.example\r\nOrigin: https://chat.example\r\n";
    raw_client c(h.server.port());
    auto const status = c.upgrade("/ws", fields).status;
    // The origin is compared with what the proxy forwards, if it is believed.
    CHECK(status == (trusted ? 101 : 403));
    if (trusted) {
        c.send_text("?");
        CHECK(c.read_message() == "203.0.113.7 secure");
    }
}

TEST_CASE("what is posted from other threads runs on the session, in the order of each thread") {
    auto const threads = GENERATE(1u, 4u);
    echo_test_server h({}, threads);
    auto const a = websocket(h.server.port(), "/ws?user=a");
    auto const b = websocket(h.server.port(), "/ws?user=b");
    REQUIRE(h.seen.wait_for("open", 2));
    auto const post_all = [&](std::string const& from) {
        for (int i = 0; i < 100; ++i)
            for (auto const* const to : {"a", "b"})
                h.ws.post(h.people.id_of(to), [text = from + " " + std::to_string(i)](session& s) {
                    (void)s.send(text);
                });
    };
    std::thread one([&] { post_all("one"); });
    std::thread two([&] { post_all("two"); });
    one.join();
    two.join();
    for (auto* c : {a.get(), b.get()}) {
        std::map<std::string, int> next;
        for (int i = 0; i < 200; ++i) {
            auto const text = c->read_message();
            if (std::stoi(text.substr(4)) != next[text.substr(0, 3)]++)
                FAIL("out of order: " << text);
        }
    }
    // Nobody is there by these names; and one has gone.
    h.ws.post("", [&](session&) { h.seen.add("wrong"); });
    h.ws.post("no such id", [&](session&) { h.seen.add("wrong"); });
    h.ws.post(std::string(22, 'z'), [&](session&) { h.seen.add("wrong"); });
    h.sockjs.post(h.people.id_of("a"), [&](session&) { h.seen.add("wrong"); });
    a->close();
    CHECK(h.seen.wait_for("close"));
    h.ws.post(h.people.id_of("a"), [&](session&) { h.seen.add("wrong"); });
    h.ws.post(h.people.id_of("b"), [&](session&) { h.seen.add("done"); });
    CHECK(h.seen.wait_for("done"));
    CHECK(h.seen.count("wrong") == 0);
}

TEST_CASE("what is posted and throws ends that session only") {
    echo_test_server h;
    auto const a = websocket(h.server.port(), "/ws?user=a");
    auto const b = websocket(h.server.port(), "/ws?user=b");
    REQUIRE(h.seen.wait_for("open", 2));
    h.ws.post(h.people.id_of("a"), [](session&) { throw 1; });
    CHECK(a->read_close().close_code() == 1011);
    b->send_text("still here");
    CHECK(b->read_message() == "still here");
}

TEST_CASE("a broadcast reaches every session of its mount, whatever carries it") {
    auto const threads = GENERATE(1u, 4u);
    echo_test_server h({}, threads);
    auto const ws = websocket(h.server.port(), "/ws?user=a");
    auto const socket = websocket(h.server.port(), "/echo/000/aaa/websocket?user=b");
    raw_client poll(h.server.port());
    raw_client stream(h.server.port());
    CHECK(socket->read_message() == "o");
    CHECK(poll.post("/echo/000/bbb/xhr?user=c").body == "o\n");
    poll.send(poll.request_bytes("POST", "/echo/000/bbb/xhr"));
    stream.send(stream.request_bytes("POST", "/echo/000/ccc/xhr_streaming?user=d"));
    (void)stream.read_until("o\n");
    REQUIRE(h.seen.wait_for("open", 4));
    CHECK(h.ws.session_count() == 1);
    CHECK(h.sockjs.session_count() == 3);
    CHECK(h.sockjs.opened_count() == 3);
    SECTION("to all") {
        h.sockjs.broadcast("hello");
        h.ws.broadcast("plain");
        CHECK(socket->read_message() == "a[\"hello\"]");
        CHECK(poll.read_response().body == "a[\"hello\"]\n");
        (void)stream.read_until("a[\"hello\"]\n");
        CHECK(ws->read_message() == "plain");
    }
    SECTION("to a group") {
        for (auto const* const user : {"b", "d"}) h.sockjs.join(h.people.id_of(user), "blue");
        h.sockjs.join(h.people.id_of("c"), "red");
        h.sockjs.to("blue").send("one");
        h.sockjs.to("nobody").send("lost");
        h.sockjs.leave(h.people.id_of("b"), "blue");
        h.sockjs.leave(h.people.id_of("b"), "never joined");
        h.sockjs.to("blue").send("two");
        h.sockjs.broadcast("three");
        CHECK(socket->read_message() == "a[\"one\"]");
        CHECK(socket->read_message() == "a[\"three\"]");
        CHECK(poll.read_response().body == "a[\"three\"]\n");
        for (auto const* const text : {"one", "two", "three"})
            (void)stream.read_until("a[\"" + std::string(text) + "\"]\n");
    }
}

TEST_CASE("binary messages go out as such on a WebSocket") {
    echo_test_server h({.on_message = [](session& s, message_view m) {
        (void)s.send({m.data, !m.binary});
    }});
    auto const c = websocket(h.server.port(), "/ws?user=a");
    c->send(client_frame(2, "bytes"));
    auto const text = c->read_frame();
    CHECK(text.opcode == 1);
    CHECK(text.payload == "bytes");
    c->send_text("text");
    CHECK(c->read_frame().opcode == 2);
}

TEST_CASE("a broadcast that a dialect cannot carry is refused to the caller, and nobody gets it") {
    echo_test_server h;
    auto const c = websocket(h.server.port(), "/ws?user=a");
    auto const framed = websocket(h.server.port(), "/echo/000/abc/websocket?user=b");
    CHECK(framed->read_message() == "o");
    REQUIRE(h.seen.wait_for("open", 2));
    std::string_view const not_text("\xff\xfe");
    for (auto const& at : {h.ws, h.sockjs}) {
        CHECK(at.broadcast(not_text).error() == errc::bad_utf8);
        CHECK(at.to("group").send(not_text).error() == errc::bad_utf8);
    }
    CHECK(h.sockjs.broadcast({not_text, true}).error() == errc::bad_utf8);
    CHECK(h.ws.broadcast({not_text, true}));
    CHECK(c->read_frame().payload == not_text);
    CHECK(h.sockjs.broadcast("text"));
    CHECK(framed->read_message() == "a[\"text\"]");
}

TEST_CASE("a poll that was broken off is not answered, whatever is asked for in the same moment") {
    echo_test_server h;
    raw_client sender(h.server.port());
    auto poll = std::make_unique<raw_client>(h.server.port());
    CHECK(poll->post("/echo/000/abc/xhr?user=a").body == "o\n");
    poll->send(poll->request_bytes("POST", "/echo/000/abc/xhr"));
    CHECK(sender.get("/echo").status == 200);  // the poll is parked by now, or will be before this
    std::promise<void> go_on;
    h.sockjs.post(h.people.id_of("a"), [&](session&) {
        h.seen.add("blocked");
        go_on.get_future().wait();
    });
    REQUIRE(h.seen.wait_for("blocked"));
    // The POST is there first, then the poll's end: the shard finds both at once.
    sender.send(sender.request_bytes("POST", "/echo/000/abc/xhr_send", R"(["a"])"));
    poll.reset();
    go_on.set_value();
    CHECK(sender.read_response().status == 404);
    CHECK(h.seen.wait_for("close transport_lost"));
    CHECK(h.seen.count("message") == 0);
}

TEST_CASE("close ends a session after what it had sent, once, with its code and words") {
    echo_test_server h({.on_message = [&](session& s, message_view m) {
        (void)s.send("last words");
        s.close(static_cast<close_code>(std::stoi(std::string(m.data))), "bye");
        s.close(close_code::normal, "not this");
        if (s.send("too late")) h.seen.add("sent too late");
        if (s.is_open()) h.seen.add("open too long");
    }});
    SECTION("of the application's codes") {
        auto const c = websocket(h.server.port(), "/ws?user=a");
        c->send_text("4001");
        CHECK(c->read_message() == "last words");
        auto const f = c->read_close();
        CHECK(f.close_code() == 4001);
        CHECK(f.payload.substr(2) == "bye");
        c->send(client_close(4001));
        CHECK(c->is_ended_by_peer());
        CHECK(h.seen.wait_for("close server_closed 4001"));
    }
    SECTION("other codes are sent as 1000") {
        auto const c = websocket(h.server.port(), "/ws?user=a");
        c->send_text("1006");
        CHECK(c->read_close().close_code() == 1000);
    }
    SECTION("on a poll, and again for whoever asks") {
        raw_client c(h.server.port());
        CHECK(c.post("/echo/000/abc/xhr?user=a").body == "o\n");
        CHECK(c.post("/echo/000/abc/xhr_send", R"(["3000"])").status == 204);
        CHECK(c.post("/echo/000/abc/xhr").body == "a[\"last words\"]\n");
        CHECK(c.post("/echo/000/abc/xhr").body == "c[3000,\"bye\"]\n");
        CHECK(c.post("/echo/000/abc/xhr").body == "c[3000,\"bye\"]\n");
        CHECK(h.seen.wait_for("close server_closed 3000"));
    }
    CHECK(h.seen.count("sent too late") + h.seen.count("open too long") == 0);
}

TEST_CASE("a peer's goodbye is answered and told") {
    echo_test_server h;
    auto const c = websocket(h.server.port(), "/ws?user=a");
    SECTION("a close frame with a code") {
        c->send(client_close(4321));
        CHECK(c->read_close().close_code() == 4321);
        CHECK(h.seen.wait_for("close client_closed 4321"));
    }
    SECTION("a close frame without one") {
        c->send(client_frame(8, ""));
        CHECK(c->read_close().payload.empty());
        CHECK(h.seen.wait_for("close client_closed 1005"));
    }
    SECTION("an end without a close frame") {
        c->end_sending();
        CHECK(h.seen.wait_for("close transport_lost 1006"));
    }
    SECTION("a reset") {
        c->reset();
        CHECK(h.seen.wait_for("close transport_lost 1006"));
        return;
    }
    CHECK(c->is_ended_by_peer());
}
