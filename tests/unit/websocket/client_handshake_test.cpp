#include "websocket/client_handshake.hpp"

#include "websocket/handshake.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire;
using namespace anywire::websocket;

namespace {

constexpr std::string_view sample_key = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view sample_accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

handshake_request good_request() {
    return {.host = "server.example.com", .target = "/chat", .key = sample_key};
}

handshake_response good_response() {
    return {
        .status = 101, .connection = "Upgrade", .upgrade = "websocket", .accept = sample_accept};
}

std::string written(handshake_request const& request) {
    std::string out = "kept";
    REQUIRE_FALSE(append_handshake_request(out, request));
    REQUIRE(out.substr(0, 4) == "kept");
    return out.substr(4);
}

bool refused(handshake_request const& request) {
    std::string out = "kept";
    auto const ec = append_handshake_request(out, request);
    return ec == errc::bad_option && out == "kept";
}

std::string why(handshake_response const& response,
                handshake_request const& request = good_request()) {
    auto const result = check_handshake_response(response, request);
    CHECK(result.error.failed() == !result.why.empty());
    if (result.error)
        CHECK(result.error ==
              (response.status == 101 ? errc::bad_handshake : errc::handshake_refused));
    return std::string{result.why};
}

std::string why_with(std::string_view handshake_response::*field, std::string_view value) {
    auto response = good_response();
    response.*field = value;
    return why(response);
}

/// What comes of an offer with these options and an answer of this text.
deflate_answer answer(std::string_view field, deflate_options const& options = {.enabled = true}) {
    return check_deflate_answer(field, options);
}

std::string offer(deflate_options const& options) {
    std::string out;
    append_deflate_offer(out, options);
    return out;
}

}  // namespace

TEST_CASE("a key is base64 of 16 bytes") {
    std::array<std::uint8_t, 16> bytes{};
    std::string_view const nonce = "the sample nonce";
    std::copy(nonce.begin(), nonce.end(), bytes.begin());
    CHECK(make_key(bytes) == sample_key);
}

TEST_CASE("a request is that of the standard's example") {
    std::vector<std::string> const protocols{"chat", "superchat"};
    std::vector<request_field> const fields{{"Origin", "http://example.com"}};
    auto request = good_request();
    request.protocols = protocols;
    request.fields = fields;
    CHECK(written(request) ==
          "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n"
          "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chat, superchat\r\n"
          "Origin: http://example.com\r\n\r\n");
}

TEST_CASE("compression is offered where it is wanted") {
    auto request = good_request();
    CHECK(written(request).find("Extensions") == std::string::npos);
    request.deflate.enabled = true;
    CHECK(written(request).find("\r\nSec-WebSocket-Extensions: permessage-deflate; "
                                "client_max_window_bits\r\n") != std::string::npos);
}

TEST_CASE("a request that would not be one is not written") {
    auto const with = [](auto change) {
        auto request = good_request();
        change(request);
        return refused(request);
    };
    for (auto const* host : {"", "a b", "a\r\nb", "a/b", "u@h", "\xc3\xa9"})
        CHECK(with([&](auto& r) { r.host = host; }));
    for (auto const* target : {"", "chat", "/a b", "/a\r\n", "/a#b", "http://x/", "/\x7f"})
        CHECK(with([&](auto& r) { r.target = target; }));
    for (auto const* key : {"", "short", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ==\n"})
        CHECK(with([&](auto& r) { r.key = key; }));
    for (std::vector<std::string> const& names :
         {std::vector<std::string>{""}, {"a b"}, {"a,b"}, {"a", "b", "a"}, {"x\r\n"}})
        CHECK(with([&](auto& r) { r.protocols = names; }));
    for (request_field const field : {request_field{"", "x"},
                                      {"A B", "x"},
                                      {"A:", "x"},
                                      {"A", "x\r\nB: y"},
                                      {"A", "x\ny"},
                                      {"A", std::string_view("\0", 1)},
                                      {"Host", "x"},
                                      {"upgrade", "x"},
                                      {"CONNECTION", "x"},
                                      {"Content-Length", "1"},
                                      {"Transfer-Encoding", "chunked"},
                                      {"sec-websocket-key", "x"},
                                      {"Sec-WebSocket-Extensions", "x"}}) {
        CAPTURE(field.name, field.value);
        CHECK(with([&](auto& r) { r.fields = {&field, 1}; }));
    }
    request_field const fine{"Authorization", "Bearer \xc3\xa9\tx"};
    CHECK_FALSE(with([&](auto& r) { r.fields = {&fine, 1}; }));
}

TEST_CASE("an answer as servers send it is in order") {
    CHECK(why(good_response()).empty());
    using r = handshake_response;
    CHECK(why_with(&r::connection, "keep-alive, Upgrade").empty());
    CHECK(why_with(&r::connection, "upgrade").empty());
    CHECK(why_with(&r::upgrade, " WebSocket ").empty());
    CHECK(why_with(&r::accept, " s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\t").empty());
    auto const result = check_handshake_response(good_response(), good_request());
    CHECK(result.protocol.empty());
    CHECK_FALSE(result.deflate);
}

TEST_CASE("a status other than 101 is a refusal, whatever else it says") {
    for (auto const status : {200u, 301u, 400u, 401u, 403u, 404u, 407u, 426u, 502u, 100u, 0u}) {
        auto response = good_response();
        response.status = status;
        CHECK(why(response) == "the server answered with another status than 101");
    }
}

TEST_CASE("a 101 that breaks a rule is told apart") {
    using r = handshake_response;
    CHECK(why_with(&r::upgrade, "") == "the 101 does not upgrade to websocket");
    CHECK(why_with(&r::upgrade, "h2c") == "the 101 does not upgrade to websocket");
    CHECK(why_with(&r::upgrade, "websocket, h2c") == "the 101 does not upgrade to websocket");
    auto const no_upgrade = "the Connection of the 101 does not list upgrade";
    CHECK(why_with(&r::connection, "") == no_upgrade);
    CHECK(why_with(&r::connection, "close") == no_upgrade);
    CHECK(why_with(&r::connection, "upgraded") == no_upgrade);
    auto const bad_accept = "Sec-WebSocket-Accept does not answer the key";
    CHECK(why_with(&r::accept, "") == bad_accept);
    CHECK(why_with(&r::accept, sample_key) == bad_accept);
    CHECK(why_with(&r::accept, "S3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == bad_accept);
    CHECK(why_with(&r::accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=, x") == bad_accept);
    CHECK(why_with(&r::protocol, "chat") == "the server chose a subprotocol that was not offered");
    CHECK(why_with(&r::extensions, "permessage-deflate") ==
          "the server chose an extension that was not offered");
    auto response = good_response();
    response.http_1_1 = false;
    CHECK(why(response) == "a 101 that is not HTTP/1.1");
}

TEST_CASE("the subprotocol is one of those offered, as they are spelled") {
    std::vector<std::string> const protocols{"chat", "v12.stomp"};
    auto request = good_request();
    request.protocols = protocols;
    auto response = good_response();
    response.protocol = " v12.stomp ";
    auto const result = check_handshake_response(response, request);
    CHECK_FALSE(result.error);
    CHECK(result.protocol == "v12.stomp");
    CHECK(result.protocol.data() == protocols[1].data());
    for (auto const* other : {"Chat", "chat, v12.stomp", "chat,", "stomp"}) {
        response.protocol = other;
        CHECK(why(response, request) == "the server chose a subprotocol that was not offered");
    }
}

TEST_CASE("an offer says what is wanted of each side") {
    CHECK(offer({}).empty());
    CHECK(offer({.enabled = true}) == "permessage-deflate; client_max_window_bits");
    CHECK(offer({.enabled = true,
                 .server_no_context_takeover = true,
                 .client_no_context_takeover = true,
                 .server_max_window_bits = 10,
                 .client_max_window_bits = 8}) ==
          "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
          "server_max_window_bits=10; client_max_window_bits=9");
}

TEST_CASE("what the server chose holds, within what was offered") {
    auto const plain = answer("permessage-deflate");
    REQUIRE(plain.agreed);
    CHECK(plain.agreed->server_max_window_bits == 15);
    CHECK(plain.agreed->client_max_window_bits == 15);
    CHECK_FALSE(plain.agreed->server_no_context_takeover);
    CHECK_FALSE(plain.agreed->client_no_context_takeover);

    auto const full = answer(
        ", permessage-deflate;server_no_context_takeover ; "
        "client_no_context_takeover; server_max_window_bits=\"8\"; "
        "client_max_window_bits=11,");
    REQUIRE(full.agreed);
    CHECK(full.agreed->server_max_window_bits == 8);
    CHECK(full.agreed->client_max_window_bits == 11);
    CHECK(full.agreed->server_no_context_takeover);
    CHECK(full.agreed->client_no_context_takeover);

    // The client's own wishes need nobody's consent.
    auto const own =
        answer("permessage-deflate",
               {.enabled = true, .client_no_context_takeover = true, .client_max_window_bits = 10});
    REQUIRE(own.agreed);
    CHECK(own.agreed->client_no_context_takeover);
    CHECK(own.agreed->client_max_window_bits == 10);

    CHECK_FALSE(answer("").agreed);
    CHECK(answer("").wrong.empty());
    CHECK(answer(" , ").wrong.empty());
}

TEST_CASE("an answer beyond the offer fails the handshake") {
    auto const text = GENERATE(as<std::string>{},
                               "x-webkit-deflate-frame",
                               "permessage-deflate; foo",
                               "permessage-deflate; server_no_context_takeover=1",
                               "permessage-deflate; client_max_window_bits",
                               "permessage-deflate; client_max_window_bits=16",
                               "permessage-deflate; client_max_window_bits=7",
                               "permessage-deflate; client_max_window_bits=08",
                               "permessage-deflate; server_max_window_bits",
                               "permessage-deflate; server_max_window_bits=9; "
                               "server_max_window_bits=9",
                               "permessage-deflate, permessage-deflate",
                               "permessage-deflate, foo",
                               "permessage-deflate;",
                               "permessage-deflate x",
                               "Permessage-Deflate",
                               ";");
    CAPTURE(text);
    CHECK_FALSE(answer(text).wrong.empty());
    CHECK_FALSE(answer(text).agreed);
}

TEST_CASE("an answer without what the offer demanded fails the handshake") {
    deflate_options const options{.enabled = true,
                                  .server_no_context_takeover = true,
                                  .server_max_window_bits = 10,
                                  .client_max_window_bits = 11};
    CHECK(answer("permessage-deflate; server_max_window_bits=10", options).wrong ==
          "the server keeps its context, though asked not to");
    CHECK(answer("permessage-deflate; server_no_context_takeover", options).wrong ==
          "the server's window was asked to be smaller, and is not");
    CHECK(
        answer("permessage-deflate; server_no_context_takeover; server_max_window_bits=11", options)
            .wrong == "the server's window is larger than asked for");
    CHECK(answer("permessage-deflate; server_no_context_takeover; server_max_window_bits=10; "
                 "client_max_window_bits=12",
                 options)
              .wrong == "the client's window is to be larger than it can be");
    CHECK(
        answer("permessage-deflate; server_no_context_takeover; server_max_window_bits=9", options)
            .agreed);
}

TEST_CASE("what our server answers to our client is agreed by both, whatever they want") {
    auto const bits = GENERATE(9, 12, 15);
    auto const flags = GENERATE(range(0, 16));
    deflate_options const client{.enabled = true,
                                 .server_no_context_takeover = (flags & 1) != 0,
                                 .client_no_context_takeover = (flags & 2) != 0,
                                 .server_max_window_bits = bits,
                                 .client_max_window_bits = 24 - bits};
    deflate_options const server{.enabled = true,
                                 .server_no_context_takeover = (flags & 4) != 0,
                                 .client_no_context_takeover = (flags & 8) != 0,
                                 .server_max_window_bits = 11,
                                 .client_max_window_bits = 13};
    std::string response;
    auto const agreed = negotiate_deflate(offer(client), server, response);
    REQUIRE(agreed);
    auto const result = answer(response, client);
    CAPTURE(response);
    CHECK(result.wrong.empty());
    REQUIRE(result.agreed);
    CHECK(result.agreed->server_max_window_bits == agreed->server_max_window_bits);
    CHECK(result.agreed->client_max_window_bits == agreed->client_max_window_bits);
    CHECK(result.agreed->server_no_context_takeover == agreed->server_no_context_takeover);
    CHECK(result.agreed->client_no_context_takeover == agreed->client_no_context_takeover);
}
