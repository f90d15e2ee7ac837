// A clean goodbye: what every kind of client gets when the server drains or stops.
#include "integration/echo_test_server.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

auto const goodbye = std::string(R"(c[1001,"server shutting down"])") + "\n";

}  // namespace

TEST_CASE("a drain tells every kind of client goodbye, and run returns") {
    auto const threads = GENERATE(1u, 4u);
    echo_test_server h({}, threads);

    raw_client websocket(h.server.port());
    REQUIRE(websocket.upgrade("/ws").status == 101);
    raw_client sockjs_websocket(h.server.port());
    REQUIRE(sockjs_websocket.upgrade("/echo/000/aaa/websocket").status == 101);
    CHECK(sockjs_websocket.read_message() == "o");
    raw_client poll(h.server.port());
    CHECK(poll.post("/echo/000/bbb/xhr").body == "o\n");
    poll.send(poll.request_bytes("POST", "/echo/000/bbb/xhr"));
    raw_client stream(h.server.port());
    stream.send(stream.request_bytes("POST", "/echo/000/ccc/xhr_streaming"));
    CHECK(stream.read_head().status == 200);
    CHECK(stream.read_chunk().size() == 2049);
    CHECK(stream.read_chunk() == "o\n");
    raw_client events(h.server.port());
    events.send(events.request_bytes("GET", "/echo/000/ddd/eventsource"));
    CHECK(events.read_head().status == 200);
    CHECK(events.read_chunk() == "\r\n");
    CHECK(events.read_chunk() == "data: o\r\n\r\n");
    raw_client idle(h.server.port());
    CHECK(idle.get("/echo").status == 200);
    raw_client silent(h.server.port());
    REQUIRE(h.seen.wait_for("open", 5));
    settle(h.server);

    h.server->drain(10s);
    CHECK(websocket.read_close().close_code() == 1001);
    websocket.send(client_close(1001));
    CHECK(websocket.is_ended_by_peer());
    CHECK(sockjs_websocket.read_message() + "\n" == goodbye);
    CHECK(sockjs_websocket.read_close().close_code() == 1000);
    sockjs_websocket.send(client_close(1000));
    CHECK(poll.read_response().body == goodbye);
    CHECK(stream.read_chunk() == goodbye);
    CHECK(stream.read_chunk().empty());
    CHECK(events.read_chunk() == "data: " + goodbye.substr(0, goodbye.size() - 1) + "\r\n\r\n");
    CHECK(events.read_chunk().empty());
    CHECK(idle.is_ended_by_peer());
    CHECK(silent.is_ended_by_peer());
    for (auto* c : {&poll, &stream, &events}) c->close();
    sockjs_websocket.close();

    CHECK(h.server.wait_for_end());
    CHECK(h.seen.count("close shutting_down 1001") == 5);
    CHECK(h.seen.count("close") == 5);
    CHECK(h.ws.session_count() == 0);
    CHECK(h.sockjs.session_count() == 0);
}

TEST_CASE("a draining server takes no new connections") {
    auto const threads = GENERATE(1u, 2u);
    echo_test_server h({}, threads);
    raw_client lingering(h.server.port());
    REQUIRE(lingering.upgrade("/ws").status == 101);
    REQUIRE(h.seen.wait_for("open"));
    h.server->drain(20s);
    CHECK(lingering.read_close().close_code() == 1001);
    CHECK(eventually([&] {
        try {
            raw_client late(h.server.port());
            return false;
        } catch (std::exception const&) {
            return true;
        }
    }));
    CHECK_FALSE(h.server.has_ended());
    lingering.send(client_close(1001));
    CHECK(h.server.wait_for_end());
}

TEST_CASE("a POST that a drain finds on its way is answered, with Connection: close") {
    echo_test_server h;
    raw_client poll(h.server.port());
    CHECK(poll.post("/echo/000/abc/xhr").body == "o\n");
    poll.send(poll.request_bytes("POST", "/echo/000/abc/xhr"));
    raw_client sender(h.server.port());
    auto const bytes = sender.request_bytes("POST", "/echo/000/nobody/xhr_send", R"(["x"])");
    sender.send(bytes.substr(0, bytes.size() - 2));
    raw_client barrier(h.server.port());
    CHECK(barrier.get("/echo").status == 200);  // what was sent before has been read by now
    h.server->drain(20s);
    CHECK(poll.read_response().body == goodbye);
    sender.send(bytes.substr(bytes.size() - 2));
    auto const answer = sender.read_response();
    CHECK(answer.status == 404);
    CHECK(answer.header("Connection") == "close");
    CHECK(sender.is_ended_by_peer());
    sender.close();
    poll.close();
    CHECK(h.server.wait_for_end());
}

TEST_CASE("a drain ends at its deadline, whoever lingers") {
    echo_test_server h;
    raw_client stubborn(h.server.port());
    REQUIRE(stubborn.upgrade("/ws").status == 101);
    REQUIRE(h.seen.wait_for("open"));
    h.server->drain(200ms);
    CHECK(h.server.wait_for_end());
    CHECK(stubborn.read_close().close_code() == 1001);
    CHECK(h.seen.count("close shutting_down") == 1);
}

TEST_CASE("a drain paces its goodbyes and forgets none of them") {
    echo_test_server h;
    std::vector<std::unique_ptr<raw_client>> clients;
    for (int i = 0; i < 100; ++i) {
        clients.push_back(std::make_unique<raw_client>(h.server.port()));
        REQUIRE(clients.back()->upgrade("/ws").status == 101);
    }
    REQUIRE(h.seen.wait_for("open", 100));
    h.server->drain(1s);
    for (auto& c : clients) {
        CHECK(c->read_close().close_code() == 1001);
        c->send(client_close(1001));
        CHECK(c->is_ended_by_peer());
    }
    CHECK(h.server.wait_for_end());
    CHECK(h.seen.count("close shutting_down 1001") == 100);
    CHECK(h.seen.count("close") == 100);
}

TEST_CASE("what was sent before a drain arrives before the goodbye") {
    echo_test_server h;
    raw_client c(h.server.port());
    REQUIRE(c.upgrade("/ws").status == 101);
    REQUIRE(h.seen.wait_for("open"));
    for (int i = 0; i < 50; ++i) h.ws.broadcast(std::to_string(i));
    h.server->drain(10s);
    for (int i = 0; i < 50; ++i) CHECK(c.read_message() == std::to_string(i));
    CHECK(c.read_close().close_code() == 1001);
    c.close();
    CHECK(h.server.wait_for_end());
}

TEST_CASE("stop says goodbye as far as that needs no waiting") {
    auto const threads = GENERATE(1u, 4u);
    echo_test_server h({}, threads);
    raw_client websocket(h.server.port());
    REQUIRE(websocket.upgrade("/ws").status == 101);
    std::vector<std::unique_ptr<raw_client>> polls;
    for (int i = 0; i < 8; ++i) {
        auto const path = "/echo/000/poll" + std::to_string(i) + "/xhr";
        polls.push_back(std::make_unique<raw_client>(h.server.port()));
        CHECK(polls.back()->post(path).body == "o\n");
        polls.back()->send(polls.back()->request_bytes("POST", path));
    }
    REQUIRE(h.seen.wait_for("open", 9));
    settle(h.server);
    h.server->stop();
    CHECK(h.server.wait_for_end());
    CHECK(websocket.read_close().close_code() == 1001);
    // A poll of another shard may have missed it: each of them ends, one way or the other, and
    // does not wait until the server is destroyed.
    for (auto& p : polls) {
        auto const all = p->read_to_end();
        if (threads == 1) CHECK(all.find("c[1001,") != std::string::npos);
    }
    CHECK(h.seen.count("close shutting_down") == 9);
    CHECK(h.seen.count("close") == 9);
}

TEST_CASE("a drain does not wait for polling clients that cannot come back") {
    auto const threads = GENERATE(1u, 4u);
    echo_test_server h({}, threads);
    auto const before = std::chrono::steady_clock::now();
    {
        raw_client c(h.server.port());
        for (int i = 0; i < 8; ++i)
            CHECK(c.post("/echo/000/s" + std::to_string(i) + "/xhr").body == "o\n");
        REQUIRE(h.seen.wait_for("open", 8));
        h.server->drain(60s);
    }
    CHECK(h.server.wait_for_end());
    CHECK(std::chrono::steady_clock::now() - before < 4s);
    CHECK(h.seen.count("close shutting_down 1001") == 8);
}

TEST_CASE("an idle connection opens no session at a draining server") {
    auto const threads = GENERATE(1u, 3u);
    echo_test_server h({}, threads);
    raw_client stubborn(h.server.port());
    REQUIRE(stubborn.upgrade("/ws").status == 101);
    REQUIRE(h.seen.wait_for("open"));
    // A request that is on its way keeps its connection from being closed as idle.
    auto const refused = [&](std::string const& bytes) {
        auto c = std::make_unique<raw_client>(h.server.port());
        CHECK(c->get("/echo").status == 200);
        c->send(bytes.substr(0, bytes.size() - 1));
        return c;
    };
    raw_client const any(h.server.port());
    std::vector<std::string> const all{
        any.request_bytes("POST", "/echo/000/new1/xhr", "x"),
        any.request_bytes("POST", "/echo/000/new2/xhr_streaming", "x"),
        any.request_bytes("GET", "/echo/000/new3/eventsource"),
        any.request_bytes("GET", "/echo/000/new4/jsonp?c=x", {}, "Sec-Fetch-Site: same-origin\r\n"),
        any.upgrade_bytes("/echo/000/new5/websocket"),
        any.upgrade_bytes("/echo/websocket"),
        any.upgrade_bytes("/ws"),
    };
    std::vector<std::unique_ptr<raw_client>> clients;
    for (auto const& bytes : all) clients.push_back(refused(bytes));
    settle(h.server);
    h.server->drain(20s);
    CHECK(stubborn.read_close().close_code() == 1001);
    // The goodbye of one shard says nothing of the others: their listeners do.
    CHECK(eventually([&] {
        try {
            raw_client late(h.server.port());
            return false;
        } catch (std::exception const&) {
            return true;
        }
    }));
    for (std::size_t i = 0; i < all.size(); ++i) {
        CAPTURE(all[i]);
        clients[i]->send(all[i].substr(all[i].size() - 1));
        auto const answer = clients[i]->read_response();
        CHECK(answer.status == 503);
        CHECK(answer.header("Connection") == "close");
        CHECK(answer.body == "the server is shutting down\n");
        CHECK(clients[i]->is_ended_by_peer());
    }
    CHECK(h.seen.count("open") == 1);
    clients.clear();
    stubborn.close();
    CHECK(h.server.wait_for_end());
}

TEST_CASE("Engine.IO opens no session at a draining server, and serves those that live") {
    notes seen;
    endpoint eio;
    running_server s(on_free_port(), [&](server& at) {
        eio = at.mount("/eio", engineio_options{}, noting_echo(seen));
        at.mount("/ws", websocket_options{}, echo());
    });
    raw_client stubborn(s.port());
    REQUIRE(stubborn.upgrade("/ws").status == 101);
    raw_client poll(s.port());
    auto const opened = poll.get("/eio/?EIO=4&transport=polling");
    auto const at = opened.body.find("\"sid\":\"") + 7;
    auto const path = "/eio/?EIO=4&transport=polling&sid=" + opened.body.substr(at, 20);
    std::vector<std::unique_ptr<raw_client>> clients;
    auto const handshake = poll.request_bytes("GET", "/eio/?EIO=4&transport=polling");
    auto const socket = poll.upgrade_bytes("/eio/?EIO=4&transport=websocket");
    for (auto const& bytes : {handshake, socket}) {
        clients.push_back(std::make_unique<raw_client>(s.port()));
        clients.back()->send(bytes.substr(0, bytes.size() - 1));
    }
    CHECK(poll.get("/settle").status == 404);
    // Its answer belongs to a session: the client, which has not polled yet, may fetch its goodbye.
    CHECK(poll.post(path, "4a").body == "ok");
    s->drain(20s);
    CHECK(stubborn.read_close().close_code() == 1001);
    for (auto& c : clients) {
        c->send("\n");
        auto const answer = c->read_response();
        CHECK(answer.status == 503);
        CHECK(answer.header("Connection") == "close");
    }
    auto const last = poll.get(path);
    CHECK(last.status == 200);
    CHECK(last.body == "4a");
    clients.clear();
    stubborn.close();
    poll.close();
    CHECK(s.wait_for_end());
    CHECK(seen.count("open") == 1);
}
