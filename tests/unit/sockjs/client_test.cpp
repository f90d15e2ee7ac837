#include "sockjs/client.hpp"

#include "sockjs/text.hpp"
#include "sockjs/url.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire;
using namespace anywire::sockjs;
using namespace std::literals;

namespace {

/// What a frame says: its kind, then messages or code and reason; or why it is not a frame.
std::string shown(std::string_view frame) {
    json_messages store;
    auto const d = decode_server_frame(frame, store);
    CHECK(d.value.has_value() == d.wrong.empty());
    if (!d.value) return std::string{d.wrong};
    using kind = server_frame::kind;
    switch (d.value->what) {
        case kind::open: return "open";
        case kind::heartbeat: return "heartbeat";
        case kind::close: return "close " + std::to_string(d.value->code) + " " + d.value->reason;
        case kind::messages: break;
    }
    std::string out = "messages";
    for (auto const message : d.value->messages) out.append(" ").append(message);
    return out;
}

std::string body(std::vector<std::string_view> const& messages) {
    std::string out;
    append_send_body(out, messages);
    return out;
}

std::string path(route const& to) {
    std::string out;
    append_path(out, to);
    return out;
}

constexpr auto not_close = "a close frame that is not a code and a reason";
constexpr auto not_messages = "a frame of messages that is not an array of strings";

}  // namespace

TEST_CASE("a client reads each kind of frame") {
    CHECK(shown("o") == "open");
    CHECK(shown("h") == "heartbeat");
    CHECK(shown(std::string(2048, 'h')) == "heartbeat");
    CHECK(shown(R"(a["x"])") == "messages x");
    CHECK(shown(R"(a["x","\u20ac y"])") == "messages x \xe2\x82\xac y");
    CHECK(shown("a[]") == "messages");
    CHECK(shown(R"(m"x")") == "messages x");
    CHECK(shown(R"(c[3000,"Go away!"])") == "close 3000 Go away!");
    CHECK(shown(R"(c [ 2010 , "Another connection still open" ])") == not_close);
    CHECK(shown(R"(c[ 2010 , "\u0041" ])") == "close 2010 A");
    CHECK(shown(R"(c[-1,""])") == "close -1 ");
}

TEST_CASE("a client reads what our server writes") {
    for (auto const text : {""sv, "hello"sv, "\"\\\x01\n"sv, "\xe2\x80\xa8 \xf0\x9f\x98\x80"sv}) {
        std::string frame;
        append_message_frame(frame, text);
        CHECK(shown(frame) == "messages " + std::string{text});
        frame.clear();
        append_close_frame(frame, 1000, text);
        CHECK(shown(frame) == "close 1000 " + std::string{text});
    }
    CHECK(shown(open_frame) == "open");
    CHECK(shown(heartbeat_frame) == "heartbeat");
}

TEST_CASE("a frame that breaks the protocol is told apart") {
    CHECK(shown("") == "an empty frame");
    CHECK(shown("x") == "a frame of an unknown kind");
    CHECK(shown("[\"x\"]") == "a frame of an unknown kind");
    CHECK(shown("o{}") == "an open frame with more in it");
    CHECK(shown("hhx") == "a heartbeat with more in it");
    for (auto const* text :
         {"a", "a[", "a{}", R"(a"x")", "a[1]", "a[null]", R"(a["x"]x)", "a[\"\xff\"]"}) {
        CAPTURE(text);
        CHECK(shown(text) == not_messages);
    }
    for (auto const* text : {"m", "m1", R"(m["x"])", R"(m"x)"}) {
        CAPTURE(text);
        CHECK(shown(text) == "a frame of a message that is not a string");
    }
    for (auto const* text : {"c",
                             "c[]",
                             "c[1]",
                             R"(c["1","x"])",
                             R"(c[1,2])",
                             R"(c[1,"x",3])",
                             R"(c[1.5,"x"])",
                             R"(c[99999999999,"x"])",
                             R"(c[1,"x"]x)",
                             "c{}"}) {
        CAPTURE(text);
        CHECK(shown(text) == not_close);
    }
    CHECK(shown("c[1,\"" + std::string(1025, 'x') + "\"]") ==
          "a close frame with a reason over the limit");
}

TEST_CASE("what a client sends is read back, as an array of strings") {
    CHECK(body({"x"}) == R"(["x"])");
    CHECK(body({"a\"", "\xe2\x82\xac"}) == "[\"a\\\"\",\"\xe2\x82\xac\"]");
    CHECK(body({}) == "[]");
    json_messages store;
    std::vector<std::string_view> const messages{"", "\x01\x7f\n", "\xf0\x9f\x98\x80\xef\xbf\xbf"};
    auto const text = body(messages);
    REQUIRE_FALSE(store.decode_array(text));
    CHECK(std::vector<std::string_view>(store.messages().begin(), store.messages().end()) ==
          messages);
}

TEST_CASE("a path is read back, for each endpoint that has one") {
    std::array<std::uint8_t, 16> random{};
    for (std::size_t i = 0; i < random.size(); ++i) random[i] = static_cast<std::uint8_t>(i * 37);
    auto const server = make_server_segment(7);
    auto const session = make_session_segment(random);
    CHECK(server == "007");
    CHECK(make_server_segment(4'000'000'999) == "999");
    CHECK(session.size() == 16);
    CHECK(session.find_first_not_of("abcdefghijklmnopqrstuvwxyz012345") == session.npos);
    CHECK(path({endpoint_kind::xhr_streaming, "000", "abc"}) == "/000/abc/xhr_streaming");
    CHECK(path({endpoint_kind::info}) == "/info");
    CHECK(path({endpoint_kind::raw_websocket}) == "/websocket");
    CHECK(path({endpoint_kind::greeting}).empty());
    for (auto const kind : {endpoint_kind::websocket,
                            endpoint_kind::xhr,
                            endpoint_kind::xhr_streaming,
                            endpoint_kind::xhr_send,
                            endpoint_kind::eventsource,
                            endpoint_kind::htmlfile,
                            endpoint_kind::jsonp,
                            endpoint_kind::jsonp_send}) {
        auto const text = path({kind, server, session});
        auto const read = parse_path(text);
        CHECK(read.kind == kind);
        CHECK(read.server == server);
        CHECK(read.session == session);
    }
}

TEST_CASE("a client reads what our server tells of itself") {
    auto const websocket = GENERATE(false, true);
    auto const cookie = GENERATE(false, true);
    auto const info = decode_info(info_json(websocket, cookie, 4294967295, "https://x/echo"));
    REQUIRE(info);
    CHECK(info->websocket == websocket);
    CHECK(info->cookie_needed == cookie);
    CHECK(info->base_url == "https://x/echo");
    CHECK(decode_info(info_json(websocket, cookie, 1))->base_url.empty());
}

TEST_CASE("an info may say less or more, but is an object") {
    auto const empty = decode_info(" {} ");
    REQUIRE(empty);
    CHECK(empty->websocket);
    CHECK_FALSE(empty->cookie_needed);
    CHECK(decode_info(R"({"websocket":null,"base_url":null,"transports":[{}]})")->websocket);
    for (auto const* text :
         {"", "[]", "null", "<html>", "{", R"({"base_url":"a b"})", R"({"base_url":"a\r\nb"})"}) {
        CAPTURE(text);
        CHECK_FALSE(decode_info(text));
    }
    CHECK(decode_info(R"({"base_url":")" + std::string(2048, 'x') + "\"}"));
    CHECK_FALSE(decode_info(R"({"base_url":")" + std::string(2049, 'x') + "\"}"));
    CHECK_FALSE(decode_info("{}" + std::string(65536, ' ')));
}
