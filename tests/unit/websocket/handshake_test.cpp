#include "websocket/handshake.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::websocket;

namespace {

handshake_headers good() {
    return {.method = "GET",
            .connection = "Upgrade",
            .upgrade = "websocket",
            .version = "13",
            .key = "dGhlIHNhbXBsZSBub25jZQ=="};
}

error_code check_with(std::string_view handshake_headers::*field, std::string_view value) {
    auto headers = good();
    headers.*field = value;
    return check_handshake(headers);
}

}  // namespace

TEST_CASE("a handshake as browsers send it is in order") {
    CHECK_FALSE(check_handshake(good()));
    CHECK_FALSE(check_with(&handshake_headers::connection, "keep-alive, Upgrade"));
    CHECK_FALSE(check_with(&handshake_headers::connection, "UPGRADE\t,close"));
    CHECK_FALSE(check_with(&handshake_headers::upgrade, "WebSocket"));
    CHECK_FALSE(check_with(&handshake_headers::upgrade, "h2c, websocket"));
    CHECK_FALSE(check_with(&handshake_headers::version, " 13 "));
}

TEST_CASE("a request that is no handshake is refused") {
    using h = handshake_headers;
    CHECK(check_with(&h::method, "POST") == errc::bad_handshake);
    CHECK(check_with(&h::method, "get") == errc::bad_handshake);
    CHECK(check_with(&h::connection, "") == errc::bad_handshake);
    CHECK(check_with(&h::connection, "keep-alive") == errc::bad_handshake);
    CHECK(check_with(&h::connection, "upgraded, xupgrade, up grade") == errc::bad_handshake);
    CHECK(check_with(&h::upgrade, "") == errc::bad_handshake);
    CHECK(check_with(&h::upgrade, "h2c") == errc::bad_handshake);
    CHECK(check_with(&h::upgrade, "websocket/13") == errc::bad_handshake);
    CHECK(check_with(&h::key, "") == errc::bad_handshake);
    CHECK(check_with(&h::key, "dG1mdGwdnaiw1dZQj==") == errc::bad_handshake);
    CHECK(check_with(&h::key, std::string(4096, 'A')) == errc::bad_handshake);
    auto headers = good();
    headers.http_1_1 = false;
    CHECK(check_handshake(headers) == errc::bad_handshake);
}

TEST_CASE("only version 13 is supported") {
    auto const version = GENERATE(as<std::string>{}, "", "8", "12", "14", "013", "13, 8", "13;");
    CAPTURE(version);
    CHECK(check_with(&handshake_headers::version, version) == errc::unsupported_version);
}

TEST_CASE("keys are answered as browsers and the RFC expect") {
    CHECK(accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    CHECK(accept_key("Iv8io/9s+lYFgZWcXczP8Q==") == "hsBlbuDTkk24srzEOTBUlZAlC2g=");
    CHECK(accept_key("x3JJHMbDL1EzLkh9GBhXDw==") == "HSmrc0sMlYUkAGmm5OPpG2HaGWk=");
    CHECK(accept_key("udisVPuynsH9i6HMWy3beQ==") == "nR+RiV0xFf4o9lRR3SMnuNlNrDI=");
}

namespace {

std::vector<std::string_view> offered(std::string_view list) {
    std::vector<std::string_view> out;
    append_offered(out, list);
    return out;
}

}  // namespace

TEST_CASE("the client's order decides between subprotocols") {
    std::vector<std::string> const known{"chat", "v2.stomp", "mqtt"};
    auto const chosen = [&](std::string_view list) {
        return std::string(choose_subprotocol(offered(list), known));
    };
    CHECK(chosen("mqtt, chat") == "mqtt");
    CHECK(chosen("unknown,\tv2.stomp ,chat") == "v2.stomp");
    CHECK(chosen(",,chat") == "chat");
    CHECK(chosen("Chat").empty());
    CHECK(chosen("chatty, ch at").empty());
    CHECK(chosen("").empty());
    CHECK(choose_subprotocol(offered("mqtt"), {}).empty());
    CHECK(chosen("b" + std::string(7000, ' ') + "x").empty());
}

TEST_CASE("what is offered are tokens, in their order; nothing else is") {
    using list = std::vector<std::string_view>;
    CHECK(offered("bearer, eyJhbGci.e30.abc-_,v1") == list{"bearer", "eyJhbGci.e30.abc-_", "v1"});
    CHECK(offered("a b, \"q\", c/d, ok, \x01, (x)") == list{"ok"});
    CHECK(offered(" , ,").empty());
    CHECK(offered("").empty());
}
