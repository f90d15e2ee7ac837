// Every dialect and transport when no two requests of a client come to the same node.
#include "integration/cluster/test_cluster.hpp"

#include <string>

using namespace anywire;
using namespace anywire::test;

namespace {

/// Two nodes and four, one shard and several.
node_terms some_threads() {
    return {.threads = GENERATE(1u, 3u)};
}
std::size_t some_nodes() {
    return GENERATE(std::size_t{2}, std::size_t{4});
}

}  // namespace

TEST_CASE("Engine.IO polls and posts go to the node that has the session") {
    test_cluster all(some_nodes(), some_threads());
    auto const sid = sid_of(all.get(polling()).body);
    CHECK(sid.size() == 20);
    for (int i = 0; i < 8; ++i) {
        auto const text = "4message " + std::to_string(i);
        auto const taken = all.post(polling(sid), text);
        CHECK(taken.status == 200);
        CHECK(taken.body == "ok");
        CHECK(all.get(polling(sid)).body == text);
    }
    CHECK(all.total().carried >= 8);
    CHECK(all.total().asked == 0);
    CHECK(eventually([&] { return all.total().under_way == 0; }));
}

TEST_CASE("a parked Engine.IO poll is answered through another node when there is something") {
    test_cluster all(2);
    auto const sid = sid_of(raw_client(all.at(0).port()).get(polling()).body);
    raw_client parked(all.at(1).port());
    parked.send(parked.request_bytes("GET", polling(sid)));
    REQUIRE(eventually([&] { return all.at(1).numbers().under_way == 1; }));
    CHECK(raw_client(all.at(0).port()).post(polling(sid), "4late").body == "ok");
    CHECK(parked.read_response().body == "4late");
    CHECK(parked.get("/nothing").status == 404);  // the connection goes on
}

TEST_CASE("an Engine.IO session is upgraded by a WebSocket that came to another node") {
    test_cluster all(some_nodes(), some_threads());
    auto const sid = sid_of(all.get(polling()).body);
    raw_client socket(all.next_port());
    REQUIRE(socket.upgrade(probing(sid)).status == 101);
    socket.send_text("2probe");
    CHECK(socket.read_message() == "3probe");
    socket.send_text("5");
    socket.send_text("4over the socket");
    CHECK(socket.read_message() == "4over the socket");
    std::string const large(300'000, 'x');
    socket.send_text("4" + large);
    CHECK(socket.read_message() == "4" + large);
    CHECK(all.get(polling(sid)).status == 400);  // it has left polling
    CHECK(all.total().tunnelled == 1);
    socket.send(client_close(1000));
    (void)socket.read_close();
    CHECK(socket.is_ended_by_peer());
    CHECK(eventually([&] { return all.total().under_way == 0; }));
}

TEST_CASE("JSONP of Engine.IO 3 goes to the node that has the session") {
    node_terms terms;
    terms.engineio.eio3 = true;
    terms.engineio.jsonp = true;
    test_cluster all(2, terms);
    std::string const path = "/eio/?EIO=3&transport=polling&j=0";
    std::string const own = "Sec-Fetch-Site: same-origin\r\n";
    auto const first = all.get(path, own).body;
    CHECK(first.starts_with("___eio[0]("));
    auto const at = first.find("sid\\\":\\\"") + 8;
    auto const sid = first.substr(at, first.find("\\\"", at) - at);
    auto const there = path + "&sid=" + sid;
    for (int i = 0; i < 3; ++i) {
        CHECK(all.post(there, "d=3%3A4hi", "Content-Type: application/x-www-form-urlencoded\r\n")
                  .body == "ok");
        CHECK(all.get(there, own).body.find("3:4hi") != std::string::npos);
    }
}

TEST_CASE("SockJS xhr and xhr_send go to the node that has the session") {
    test_cluster all(some_nodes(), some_threads());
    std::string const s = "/echo/000/aaaaaaaa";
    CHECK(all.post(s + "/xhr", "").body == "o\n");
    for (int i = 0; i < 8; ++i) {
        CHECK(all.post(s + "/xhr_send", R"(["hello"])").status == 204);
        CHECK(all.post(s + "/xhr", "").body == "a[\"hello\"]\n");
    }
    CHECK(all.total().carried >= 8);
}

TEST_CASE("SockJS streams go to the node that has the session, as they come") {
    test_cluster all(2, some_threads());
    auto const send = [&](std::string const& s) {
        CHECK(all.post(s + "/xhr_send", R"(["hello"])").status == 204);
        CHECK(all.post(s + "/xhr_send", R"(["again"])").status == 204);
    };
    auto const opened_at_the_other = [&](std::string const& s) {
        CHECK(all.post(s + "/xhr", "").body == "o\n");
    };
    SECTION("xhr_streaming") {
        std::string const s = "/echo/000/streamed";
        opened_at_the_other(s);
        raw_client stream(all.next_port());
        stream.send(stream.request_bytes("POST", s + "/xhr_streaming"));
        CHECK(stream.read_head().header("X-Accel-Buffering") == "no");
        CHECK(stream.read_chunk().size() == 2049);
        send(s);
        CHECK(stream.read_chunk() == "a[\"hello\"]\n");
        CHECK(stream.read_chunk() == "a[\"again\"]\n");
    }
    SECTION("eventsource") {
        std::string const s = "/echo/000/eventing";
        opened_at_the_other(s);
        raw_client stream(all.next_port());
        stream.send(stream.request_bytes("GET", s + "/eventsource"));
        CHECK(stream.read_head().header("Content-Type").starts_with("text/event-stream"));
        CHECK(stream.read_chunk() == "\r\n");
        send(s);
        CHECK(stream.read_chunk() == "data: a[\"hello\"]\r\n\r\n");
        CHECK(stream.read_chunk() == "data: a[\"again\"]\r\n\r\n");
    }
    SECTION("htmlfile") {
        std::string const s = "/echo/000/htmlfile";
        opened_at_the_other(s);
        raw_client stream(all.next_port());
        stream.send(stream.request_bytes(
            "GET", s + "/htmlfile?c=callback", {}, "Sec-Fetch-Site: same-origin\r\n"));
        CHECK(stream.read_head().status == 200);
        CHECK(stream.read_chunk().size() >= 1024);
        send(s);
        CHECK(stream.read_chunk().find("hello") != std::string::npos);
    }
    CHECK(all.total().carried >= 2);
}

TEST_CASE("SockJS jsonp and jsonp_send go to the node that has the session") {
    test_cluster all(2);
    std::string const s = "/echo/000/scripted";
    std::string const own = "Sec-Fetch-Site: same-origin\r\n";
    CHECK(all.get(s + "/jsonp?c=x", own).body.find("x(\"o\")") != std::string::npos);
    CHECK(all.post(s + "/jsonp_send",
                   "d=%5B%22hello%22%5D",
                   "Content-Type: application/x-www-form-urlencoded\r\n")
              .body == "ok");
    CHECK(all.get(s + "/jsonp?c=x", own).body.find("hello") != std::string::npos);
    CHECK(all.total().carried >= 1);
}

TEST_CASE("WebSockets that open a session stay where they came") {
    test_cluster all(2);
    raw_client plain(all.next_port());
    REQUIRE(plain.upgrade("/ws").status == 101);
    plain.send_text("hi");
    CHECK(plain.read_message() == "hi");
    raw_client sockjs(all.next_port());
    REQUIRE(sockjs.upgrade("/echo/000/bbbbbbbb/websocket").status == 101);
    CHECK(sockjs.read_message() == "o");
    raw_client engineio(all.next_port());
    REQUIRE(engineio.upgrade("/eio/?EIO=4&transport=websocket").status == 101);
    CHECK(sid_of(engineio.read_message()).size() == 20);
    CHECK(all.total().carried == 0);
    CHECK(all.total().asked == 0);
}

TEST_CASE("a request at the node that has the session asks nobody") {
    test_cluster all(2);
    auto const port = all.at(0).port();
    auto const sid = sid_of(raw_client(port).get(polling()).body);
    std::string const s = "/echo/000/cccccccc";
    CHECK(raw_client(port).post(s + "/xhr", "").body == "o\n");
    auto const asked = all.total().asked;
    CHECK(asked == 1);
    for (int i = 0; i < 4; ++i) {
        CHECK(raw_client(port).post(polling(sid), "4x").body == "ok");
        CHECK(raw_client(port).get(polling(sid)).body == "4x");
        CHECK(raw_client(port).post(s + "/xhr_send", R"(["x"])").status == 204);
        CHECK(raw_client(port).post(s + "/xhr", "").body == "a[\"x\"]\n");
    }
    CHECK(all.total().asked == asked);
    CHECK(all.total().carried == 0);
}
