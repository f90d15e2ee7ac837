// Sessions that pause, over real sockets: their clients come to a stop, and nothing is lost.
#include "integration/echo_test_server.hpp"

#include <cstddef>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

/// An echo that pauses at each message that asks for it, and one client on a WebSocket.
struct pausing_server {
    echo_test_server h{{.on_message = [this](session& s, message_view m) {
        (void)s.send(m);
        if (!m.data.starts_with("pause")) return;
        s.pause();
        h.seen.add("paused");
    }}};
    std::unique_ptr<raw_client> c = websocket(h.server.port(), "/ws?user=ada");
    std::string id = (h.seen.wait_for("open"), h.people.id_of("ada"));

    void resume() {
        h.ws.post(id, [](session& s) { s.resume(); });
    }
};

}  // namespace

TEST_CASE_METHOD(pausing_server, "messages after a pause in the same read wait, in order") {
    c->send(client_frame(1, "pause") + client_frame(1, "a") + client_frame(1, "b"));
    CHECK(h.seen.wait_for("paused"));
    c->send_text("c");
    CHECK(c->read_message() == "pause");
    h.ws.post(id, [](session& s) { (void)s.send("while paused"); });
    CHECK(c->read_message() == "while paused");
    resume();
    for (auto const* const text : {"a", "b", "c"}) CHECK(c->read_message() == text);
}

TEST_CASE_METHOD(pausing_server,
                 "a session pauses and resumes again and again, and loses nothing") {
    std::string all;
    for (int i = 0; i < 10; ++i)
        all += client_frame(1, "pause" + std::to_string(i)) + client_frame(1, "x");
    c->send(all);
    for (std::size_t i = 0; i < 10; ++i) {
        CHECK(h.seen.wait_for("paused", i + 1));
        resume();
    }
    for (int i = 0; i < 10; ++i) {
        CHECK(c->read_message() == "pause" + std::to_string(i));
        CHECK(c->read_message() == "x");
    }
}

TEST_CASE_METHOD(pausing_server, "the writes of a client whose session is paused come to a stop") {
    c->send_text("pause");
    CHECK(h.seen.wait_for("paused"));
    std::string const big = client_frame(2, std::string(900'000, 'x'));
    std::size_t sent = 0;
    std::size_t whole = 0;
    for (;;) {
        auto const n = ::send(
            c->descriptor(), big.data() + sent, big.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0) {
            pollfd entry{c->descriptor(), POLLOUT, 0};
            if (::poll(&entry, 1, 200) == 0) break;  // nothing moved: the server does not read
            continue;
        }
        sent += static_cast<std::size_t>(n);
        if (sent == big.size()) sent = 0, ++whole;
        REQUIRE(whole < 1000);
    }
    CHECK(c->read_message() == "pause");
    resume();
    std::thread rest([&] { c->send(big.substr(sent)); });
    for (std::size_t i = 0; i <= whole; ++i)
        if (c->read_message().size() != 900'000) FAIL("message " << i);
    rest.join();
}

TEST_CASE_METHOD(pausing_server, "pause and resume in one handler change nothing") {
    h.ws.post(id, [](session& s) {
        s.pause();
        s.resume();
        s.pause();
        s.resume();
    });
    c->send_text("a");
    CHECK(c->read_message() == "a");
}

TEST_CASE_METHOD(pausing_server, "a drain ends a paused session") {
    c->send_text("pause");
    CHECK(h.seen.wait_for("paused"));
    CHECK(c->read_message() == "pause");
    h.server->drain(10s);
    CHECK(c->read_close().close_code() == 1001);
    c->send(client_close(1001));
    CHECK(h.seen.wait_for("close shutting_down"));
    CHECK(h.server.wait_for_end());
}

TEST_CASE("a paused session holds the answer to a POST until it resumes") {
    auto const threads = GENERATE(1u, 4u);
    echo_test_server h({.on_message =
                            [&](session& s, message_view m) {
                                if (m.data == "pause") {
                                    s.pause();
                                    h.seen.add("paused");
                                }
                                (void)s.send(m);
                            }},
                       threads);
    raw_client poll(h.server.port());
    CHECK(poll.post("/echo/000/abc/xhr?user=ada").body == "o\n");
    poll.send(poll.request_bytes("POST", "/echo/000/abc/xhr"));
    raw_client first(h.server.port());
    raw_client second(h.server.port());
    first.send(first.request_bytes("POST", "/echo/000/abc/xhr_send", R"(["pause","a"])"));
    CHECK(h.seen.wait_for("paused"));
    CHECK(poll.read_response().body == "a[\"pause\"]\n");
    second.send(second.request_bytes("POST", "/echo/000/abc/xhr_send", R"(["b"])"));
    poll.send(poll.request_bytes("POST", "/echo/000/abc/xhr"));
    raw_client barrier(h.server.port());
    CHECK(barrier.get("/echo").status == 200);
    CHECK(first.received().empty());
    SECTION("nothing is lost, the order is kept") {
        h.sockjs.post(h.people.id_of("ada"), [](session& s) { s.resume(); });
        CHECK(first.read_response().status == 204);
        CHECK(second.read_response().status == 204);
        std::string all;
        while (all.find('b') == std::string::npos) {
            all += poll.read_response().body;
            if (all.find('b') == std::string::npos)
                poll.send(poll.request_bytes("POST", "/echo/000/abc/xhr"));
        }
        CHECK(all.find("\"a\"") < all.find("\"b\""));
    }
    SECTION("a client that does not wait for the answer harms nobody") {
        first.reset();
        second.close();
        h.sockjs.post(h.people.id_of("ada"), [](session& s) { s.resume(); });
        CHECK(poll.read_response().body.starts_with("a[\"a\""));
    }
    SECTION("the end of the session answers too") {
        h.sockjs.post(h.people.id_of("ada"), [](session& s) { s.close(); });
        CHECK(first.read_response().status >= 200);
        CHECK(poll.read_response().body == "c[1000,\"\"]\n");
        CHECK(h.seen.wait_for("close server_closed 1000"));
    }
    SECTION("so does the end of the server") {
        h.server->stop();
        CHECK(h.server.wait_for_end());
    }
}

TEST_CASE("a paused WebSocket whose peer has gone ends") {
    auto const threads = GENERATE(1u, 3u);
    echo_test_server h({.on_message =
                            [&](session& s, message_view) {
                                s.pause();
                                h.seen.add("paused");
                            }},
                       threads);
    auto const c = websocket(h.server.port(), "/ws?user=ada");
    c->send_text("pause");
    REQUIRE(h.seen.wait_for("paused"));
    SECTION("by an end") {
        c->close();
    }
    SECTION("by an end after bytes that nobody reads") {
        c->send_text("unread");
        c->close();
    }
    SECTION("by a reset") {
        c->reset();
    }
    SECTION("by the end of what it sends") {
        c->end_sending();
    }
    CHECK(h.seen.wait_for("close transport_lost 1006"));
    CHECK(eventually([&] { return h.ws.session_count() == 0; }));
}

TEST_CASE("a WebSocket that paused and resumed hears its peer's messages before its end") {
    echo_test_server h({.on_message = [&](session& s, message_view m) {
        h.seen.add("message " + std::string(m.data));
        if (m.data != "pause") return;
        s.pause();
        s.after(std::chrono::milliseconds(1), [](session& self) { self.resume(); });
    }});
    auto const c = websocket(h.server.port(), "/ws?user=ada");
    c->send_text("pause");
    REQUIRE(h.seen.wait_for("message pause"));
    settle(h.server);
    c->send_text("later");
    CHECK(h.seen.wait_for("message later"));
    c->close();
    CHECK(h.seen.wait_for("close transport_lost 1006"));
}
