#include "http_framing.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

using namespace anywire::testing;
using namespace std::string_view_literals;

namespace {

message_head request(std::string_view bytes) {
    message_head head;
    REQUIRE(read_request_head(bytes, head) == head_state::complete);
    return head;
}
message_head response(std::string_view bytes) {
    message_head head;
    REQUIRE(read_response_head(bytes, head) == head_state::complete);
    return head;
}
head_state state_of_request(std::string_view bytes) {
    message_head head;
    return read_request_head(bytes, head);
}

/// How many bytes of `bytes` a body takes, fed `step` at a time.
std::size_t taken(body_scanner body, std::string_view bytes, std::size_t step) {
    std::size_t sum = 0;
    while (sum < bytes.size() && !body.is_done()) {
        auto const piece = bytes.substr(sum, step);
        auto const n = body.take(piece);
        sum += n;
        if (n < piece.size()) break;
    }
    return sum;
}

}  // namespace

TEST_CASE("a request's head says what a relay needs") {
    auto const bytes = "POST /a?b HTTP/1.1\r\nHost: x\r\ncontent-length:  12 \r\n\r\nbody"sv;
    auto const head = request(bytes);
    CHECK(head.method == "POST");
    CHECK(head.target == "/a?b");
    CHECK(head.size == bytes.size() - 4);
    CHECK(head.content_length == 12);
    CHECK(head.keep_alive);
    CHECK_FALSE(head.is_websocket);
    CHECK(body_of_request(head) == body_kind::sized);
}

TEST_CASE("a request's head says which page it comes from") {
    auto const with = [](std::string const& origin) {
        return "GET / HTTP/1.1\r\nHost: x\r\n" + origin + "\r\n";
    };
    auto const origin_in = [](std::string const& bytes) {
        return std::string(request(bytes).origin);
    };
    CHECK(origin_in(with("")).empty());
    CHECK(origin_in(with("origin: https://a.example:8443 \r\n")) == "https://a.example:8443");
    CHECK(origin_in(with("Origin: null\r\n")) == "null");
    // It is written into an answer; what would be a line of its own there is not taken.
    CHECK(origin_in(with("Origin: http://a\nSet-Cookie: b=c\r\n")).empty());
    CHECK(origin_in(with("Origin: http://a b\r\n")).empty());
}

TEST_CASE("a head is incomplete until its empty line") {
    auto const whole = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"sv;
    for (std::size_t n = 0; n < whole.size(); ++n)
        CHECK(state_of_request(whole.substr(0, n)) == head_state::incomplete);
    CHECK(state_of_request(whole) == head_state::complete);
}

TEST_CASE("a head that leaves the end of its message in doubt is malformed") {
    for (auto const bytes : {"nonsense\r\n\r\n"sv,
                             "GET / FTP/1.1\r\n\r\n"sv,
                             "GET / HTTP/1.1\r\nno colon\r\n\r\n"sv,
                             "GET / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n"sv,
                             "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"sv,
                             "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"sv})
        CHECK(state_of_request(bytes) == head_state::malformed);
}

TEST_CASE("Connection and the version decide whether a connection lives on") {
    CHECK(request("GET / HTTP/1.1\r\n\r\n").keep_alive);
    CHECK_FALSE(request("GET / HTTP/1.0\r\n\r\n").keep_alive);
    CHECK(request("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keep_alive);
    CHECK_FALSE(request("GET / HTTP/1.1\r\nConnection: x, close\r\n\r\n").keep_alive);
}

TEST_CASE("an upgrade to a WebSocket is seen in any case") {
    CHECK(request("GET / HTTP/1.1\r\nUPGRADE: WebSocket\r\n\r\n").is_websocket);
    CHECK_FALSE(request("GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n").is_websocket);
}

TEST_CASE("a response's body follows from its status and fields") {
    auto const chunked = response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    CHECK(body_of_response(chunked, false) == body_kind::chunked);
    CHECK(body_of_response(chunked, true) == body_kind::none);
    CHECK(body_of_response(response("HTTP/1.1 204 No\r\n\r\n"), false) == body_kind::none);
    CHECK(body_of_response(response("HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n"), false) ==
          body_kind::none);
    CHECK(body_of_response(response("HTTP/1.1 101 Go\r\n\r\n"), false) == body_kind::none);
    CHECK(body_of_response(response("HTTP/1.0 200 OK\r\n\r\n"), false) == body_kind::until_close);
}

TEST_CASE("a sized body ends after its bytes, whatever pieces it comes in") {
    body_scanner body;
    body.start(body_kind::sized, 5);
    for (std::size_t step : {1u, 2u, 5u, 9u}) CHECK(taken(body, "helloHTTP", step) == 5);
}

TEST_CASE("a chunked body ends after its trailer, whatever pieces it comes in") {
    auto const whole = "5;name=\"v\"\r\nhello\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n"sv;
    auto const with_more = std::string(whole) + "HTTP/1.1 200";
    body_scanner body;
    body.start(body_kind::chunked, 0);
    for (std::size_t step : {1u, 2u, 3u, 7u, 100u})
        CHECK(taken(body, with_more, step) == whole.size());
}

TEST_CASE("a chunk's size that is none ends with the connection") {
    for (auto const bytes : {"x\r\n"sv, "\r\n"sv, "1111111111111111\r\n"sv, "1\r\nab"sv}) {
        body_scanner body;
        body.start(body_kind::chunked, 0);
        (void)body.take(bytes);
        CHECK(body.is_malformed());
        CHECK(body.ends_with_connection());
        CHECK(body.take("more") == 4);
    }
}
