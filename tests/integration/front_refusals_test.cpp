// What pages of other origins are told when their requests are refused.
#include "integration/front.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace anywire;
using namespace anywire::test;

namespace {

void check_cors(response const& r, int status) {
    CHECK(r.status == status);
    CHECK(r.header("Access-Control-Allow-Origin") == friendly);
    CHECK(r.head.find("Vary: Origin\r\n") != std::string::npos);
    // Once, and for browsers that sent cookies where that is offered.
    CHECK(r.head.find("Access-Control-Allow-Origin",
                      r.head.find("Access-Control-Allow-Origin") + 1) == std::string::npos);
}

std::string with_length(std::string const& target, std::string const& origin, std::size_t length) {
    return "POST " + target + " HTTP/1.1\r\nHost: h\r\n" + origin +
           "Content-Length: " + std::to_string(length) + "\r\n\r\n";
}

/// A mount of every dialect that lets one page in, and refuses it whatever is wrong.
struct refusing_front : front {
    refusing_front()
        : front(
              [](auto& o) {
                  o.origins = {friendly};
                  o.limits.max_message = 1'000;
              },
              app(),
              impatient()) {}

    static handlers app() {
        handlers h;
        h.authorize = [](request const& r, decision d) {
            if (r.query_value("no"))
                d.refuse(403, "no");
            else
                d.accept();
        };
        return h;
    }
    static server_options impatient() {
        server_options o;
        o.limits.request_body = std::chrono::milliseconds(100);
        return o;
    }
    response raw(std::string const& bytes) const {
        auto c = connect();
        c.send(bytes);
        return c.read_response();
    }
    response method(char const* name, std::string const& target) const {
        auto c = connect();
        c.send(c.request_bytes(name, target, {}, from_friend));
        return c.read_response();
    }

    std::string const eio = engineio_test_server::polling();
};

}  // namespace

TEST_CASE_METHOD(refusing_front,
                 "a page of an allowed origin may read 400, 404, 405 and 500, on every dialect") {
    check_cors(connect().get("/ws", from_friend), 400);
    check_cors(connect().get("/echo/websocket", from_friend), 400);
    check_cors(connect().get("/eio/?EIO=4&transport=websocket", from_friend), 400);
    check_cors(connect().get(eio + "&sid=nobody", from_friend), 400);
    check_cors(connect().get("/echo/nothing/there", from_friend), 404);
    check_cors(connect().post("/echo/000/nobody/xhr_send", "[\"x\"]", from_friend), 404);
    check_cors(method("PUT", "/echo/000/a/xhr"), 405);
    check_cors(method("DELETE", "/ws"), 405);
    check_cors(connect().post("/echo/000/a/xhr_send", "", from_friend), 500);
}

TEST_CASE_METHOD(refusing_front, "such a page may read what authorize refuses it") {
    check_cors(connect().get("/echo/000/a/eventsource?no=1", from_friend), 403);
    check_cors(connect().post("/echo/000/a/xhr?no=1", "", from_friend), 403);
    check_cors(connect().get(eio + "&no=1", from_friend), 403);
    check_cors(connect().upgrade("/ws?no=1", from_friend), 403);
    check_cors(connect().upgrade("/eio/?EIO=4&transport=websocket&no=1", from_friend), 400);
}

TEST_CASE_METHOD(refusing_front, "such a page may read a 413, whether the body comes or not") {
    for (auto const& target : {std::string("/echo/000/a/xhr_send"), eio + "&sid=x"}) {
        CAPTURE(target);
        check_cors(raw(with_length(target, from_friend, 5'000)), 413);
        check_cors(raw(with_length(target, from_friend, 5'000) + std::string(5'000, 'x')), 413);
        check_cors(raw(with_length(target, from_friend, 5'000'000)), 413);
        auto const chunked = "POST " + target + " HTTP/1.1\r\nHost: h\r\n" + from_friend +
                             "Transfer-Encoding: chunked\r\n\r\n7d0\r\n" + std::string(2'000, 'x');
        check_cors(raw(chunked), 413);
    }
}

TEST_CASE_METHOD(refusing_front,
                 "such a page may read 400 and 431 in the body, and 408 without it") {
    auto const chunked = "POST /echo/000/a/xhr_send HTTP/1.1\r\nHost: h\r\n" + from_friend +
                         "Transfer-Encoding: chunked\r\n\r\n";
    check_cors(raw(chunked + "x\r\n"), 400);
    check_cors(raw(chunked + "1;" + std::string(5'000, 'x')), 431);
    check_cors(raw(with_length("/echo/000/a/xhr_send", from_friend, 10)), 408);
    check_cors(raw(with_length(eio + "&sid=x", from_friend, 10)), 408);
}

TEST_CASE_METHOD(refusing_front,
                 "other pages may read no refusal, and nothing is left over for the next request") {
    auto const evil = "Origin: https://evil.example\r\n";
    for (auto const& r : {raw(with_length("/echo/000/a/xhr_send", evil, 5'000)),
                          connect().post("/echo/000/a/xhr", "", evil),
                          connect().get(eio, evil)}) {
        CHECK(r.status >= 400);
        CHECK(r.header("Access-Control-Allow-Origin").empty());
    }
    auto c = connect();
    check_cors(c.post("/echo/000/nobody/xhr_send", "[\"x\"]", from_friend), 404);
    auto const next = c.get("/elsewhere", from_friend);
    CHECK(next.status == 404);
    CHECK(next.header("Access-Control-Allow-Origin").empty());
    c.send("GET / HTTP/1.1\r\nHost: h\r\nbad field\r\n\r\n");
    CHECK(c.read_response().header("Access-Control-Allow-Origin").empty());
}

TEST_CASE("503 of a full mount and of a paused session carry the CORS fields") {
    front full([](auto& o) {
        o.origins = {friendly};
        o.limits.max_sessions = 1;
    });
    auto ws = full.connect();
    CHECK(ws.upgrade("/ws").status == 101);
    CHECK(full.connect().post("/echo/000/a/xhr").status == 200);
    CHECK(full.connect().get(engineio_test_server::polling()).status == 200);
    check_cors(full.connect().upgrade("/ws", from_friend), 503);
    check_cors(full.connect().post("/echo/000/b/xhr", "", from_friend), 503);
    check_cors(full.connect().get(engineio_test_server::polling(), from_friend), 503);

    handlers undecided;
    undecided.authorize = [waiting = std::make_shared<pending_decisions>()](
                              request const&, decision d) { waiting->put(std::move(d)); };
    front slow(
        [](auto& o) {
            o.origins = {friendly};
            o.limits.authorize_timeout = std::chrono::milliseconds(50);
        },
        undecided);
    check_cors(slow.connect().post("/echo/000/b/xhr", "", from_friend), 503);
    check_cors(slow.connect().get(engineio_test_server::polling(), from_friend), 503);
}

TEST_CASE("a session that another shard owns refuses with the CORS fields, too") {
    server_options four;
    four.threads = 4;
    front f([](auto& o) { o.origins = {friendly}; }, {}, four);
    for (int i = 0; i < 8; ++i) {
        auto const target = "/echo/000/nobody" + std::to_string(i) + "/xhr_send";
        check_cors(f.connect().post(target, "[\"x\"]", from_friend), 404);
    }
}
