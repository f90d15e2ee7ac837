// Requests after one that is held: answered in order, without waiting for its time.
#include "integration/echo_test_server.hpp"
#include "integration/engineio_client.hpp"

#include <future>
#include <string>

using namespace anywire;
using namespace anywire::test;

namespace {

/// The request in HTTP/1.0, which keeps its connection alive if it says so.
std::string as_1_0(std::string bytes, bool keeps_alive = true) {
    auto const at = bytes.find("HTTP/1.1\r\n");
    return bytes.replace(
        at, 10, keeps_alive ? "HTTP/1.0\r\nConnection: keep-alive\r\n" : "HTTP/1.0\r\n");
}

}  // namespace

TEST_CASE("a POST after a held SockJS poll is answered without waiting for the poll") {
    auto const threads = GENERATE(1u, 4u);
    auto const together = GENERATE(true, false);
    auto const old = GENERATE(false, true);
    echo_test_server h({}, threads);
    raw_client c(h.server.port());
    CHECK(c.post("/echo/000/abc/xhr").body == "o\n");
    auto poll = c.request_bytes("POST", "/echo/000/abc/xhr");
    auto post = c.request_bytes("POST", "/echo/000/abc/xhr_send", R"(["a"])");
    if (old) poll = as_1_0(poll), post = as_1_0(post);
    if (together) {
        c.send(poll + post);
    } else {
        c.send(poll);
        settle(h.server);
        c.send(post);
    }
    CHECK(c.read_response().body == "h\n");
    CHECK(c.read_response().status == 204);
    CHECK(c.post("/echo/000/abc/xhr").body == "a[\"a\"]\n");
    CHECK(h.seen.count("close") == 0);
}

TEST_CASE("polls after a held poll are held in its place, one after the other") {
    echo_test_server h;
    raw_client c(h.server.port());
    CHECK(c.post("/echo/000/abc/xhr").body == "o\n");
    auto const poll = c.request_bytes("POST", "/echo/000/abc/xhr");
    c.send(poll + poll + "\r\n" + poll);
    CHECK(c.read_response().body == "h\n");
    CHECK(c.read_response().body == "h\n");
    raw_client sender(h.server.port());
    CHECK(sender.post("/echo/000/abc/xhr_send", R"(["a"])").status == 204);
    CHECK(c.read_response().body == "a[\"a\"]\n");
}

TEST_CASE("line ends after a held poll are no request") {
    echo_test_server h;
    raw_client c(h.server.port());
    CHECK(c.post("/echo/000/abc/xhr").body == "o\n");
    c.send(c.request_bytes("POST", "/echo/000/abc/xhr") + "\r\n\r\n");
    settle(h.server);
    raw_client sender(h.server.port());
    CHECK(sender.post("/echo/000/abc/xhr_send", R"(["a"])").status == 204);
    CHECK(c.read_response().body == "a[\"a\"]\n");
}

TEST_CASE("a POST after a held JSONP poll is answered without waiting for the poll") {
    echo_test_server h;
    raw_client c(h.server.port());
    auto const page = "Sec-Fetch-Site: same-origin\r\n";
    CHECK(c.get("/echo/000/abc/jsonp?c=x", page).body == "/**/x(\"o\");\r\n");
    c.send(c.request_bytes("GET", "/echo/000/abc/jsonp?c=x", {}, page) +
           c.request_bytes("POST", "/echo/000/abc/jsonp_send", R"(["a"])"));
    CHECK(c.read_response().body == "/**/x(\"h\");\r\n");
    CHECK(c.read_response().body == "ok");
    CHECK(c.get("/echo/000/abc/jsonp?c=x", page).body == "/**/x(\"a[\\\"a\\\"]\");\r\n");
}

TEST_CASE("a stream ends properly when a request comes after it") {
    echo_test_server h;
    raw_client c(h.server.port());
    c.send(c.request_bytes("POST", "/echo/000/abc/xhr_streaming"));
    CHECK(c.read_head().status == 200);
    CHECK(c.read_chunk().size() == 2049);
    CHECK(c.read_chunk() == "o\n");
    c.send(c.request_bytes("POST", "/echo/000/abc/xhr_send", R"(["a"])"));
    CHECK(c.read_chunk() == "h\n");
    CHECK(c.read_chunk().empty());
    CHECK(c.read_response().status == 204);
    CHECK(c.post("/echo/000/abc/xhr").body == "a[\"a\"]\n");
    CHECK(h.seen.count("close") == 0);
}

TEST_CASE("a stream without chunks ends with its connection when a request comes after it") {
    echo_test_server h;
    raw_client c(h.server.port());
    c.send(as_1_0(c.request_bytes("GET", "/echo/000/abc/eventsource"), false));
    CHECK(c.read_head().status == 200);
    (void)c.read_until("data: o\r\n\r\n");
    c.send(as_1_0(c.request_bytes("POST", "/echo/000/abc/xhr_send", R"(["a"])")));
    CHECK(c.read_to_end() == "data: h\r\n\r\n");
    raw_client next(h.server.port());
    CHECK(next.post("/echo/000/abc/xhr_send", R"(["b"])").status == 204);
    CHECK(next.post("/echo/000/abc/xhr").body == "a[\"b\"]\n");
}

TEST_CASE("a POST after a held Engine.IO poll is answered without waiting for the poll") {
    engineio_test_server tested(some_threads());
    auto const sid = tested.open();
    auto c = tested.connect();
    auto const poll = c.request_bytes("GET", tested.polling(sid));
    auto const post = c.request_bytes("POST", tested.polling(sid), "4a");
    SECTION("together") {
        c.send(poll + post);
    }
    SECTION("later") {
        c.send(poll);
        settle(tested.server);
        c.send(post);
    }
    CHECK(c.read_response().body == "6");
    CHECK(c.read_response().body == "ok");
    CHECK(c.get(tested.polling(sid)).body == "4a");
}

TEST_CASE("what waits for a poll goes into it, and not a noop") {
    engineio_test_server tested;
    auto const sid = tested.open();
    CHECK(tested.post(sid, "4first").body == "ok");
    auto c = tested.connect();
    c.send(c.request_bytes("GET", tested.polling(sid)) +
           c.request_bytes("POST", tested.polling(sid), "4second"));
    CHECK(c.read_response().body == "4first");
    CHECK(c.read_response().body == "ok");
    CHECK(c.get(tested.polling(sid)).body == "4second");
}

TEST_CASE("a request after one that waits for authorize waits with it, and then goes on") {
    std::promise<decision> asked;
    notes seen;
    auto app = noting_echo(seen);
    app.authorize = [&](request const&, decision d) { asked.set_value(std::move(d)); };
    running_server s(on_free_port(), [&](server& at) { at.mount("/echo", sockjs_options{}, app); });
    raw_client c(s.port());
    auto const poll = c.request_bytes("POST", "/echo/000/abc/xhr");
    c.send(poll + poll + c.request_bytes("POST", "/echo/000/abc/xhr_send", R"(["a"])"));
    auto d = asked.get_future().get();
    settle(s);
    d.accept();
    CHECK(c.read_response().body == "o\n");
    CHECK(c.read_response().body == "h\n");
    CHECK(c.read_response().status == 204);
}

TEST_CASE("a GET after a held poll waits for its turn") {
    echo_test_server h;
    raw_client c(h.server.port());
    CHECK(c.post("/echo/000/abc/xhr").body == "o\n");
    c.send(c.request_bytes("POST", "/echo/000/abc/xhr") + c.request_bytes("GET", "/echo"));
    settle(h.server);
    raw_client sender(h.server.port());
    CHECK(sender.post("/echo/000/abc/xhr_send", R"(["a"])").status == 204);
    CHECK(c.read_response().body == "a[\"a\"]\n");
    CHECK(c.read_response().body == "Welcome to SockJS!\n");
}
