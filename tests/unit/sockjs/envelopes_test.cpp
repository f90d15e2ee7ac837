#include "sockjs/envelopes.hpp"

#include "sockjs/text.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace anywire::sockjs;

namespace {

std::string dressed(envelope_kind kind, std::string_view frame) {
    std::string out = "kept";
    append_dressed(out, kind, "cb", frame);
    REQUIRE(out.substr(0, 4) == "kept");
    return out.substr(4);
}

std::string prelude(envelope_kind kind) {
    std::string out;
    append_prelude(out, kind, "cb");
    return out;
}

std::string message(std::string_view text) {
    std::string out;
    append_message_frame(out, text);
    return out;
}

}  // namespace

TEST_CASE("each response has its exact content type") {
    CHECK(content_type(envelope_kind::xhr) == "application/javascript; charset=UTF-8");
    CHECK(content_type(envelope_kind::xhr_streaming) == "application/javascript; charset=UTF-8");
    CHECK(content_type(envelope_kind::eventsource) == "text/event-stream");
    CHECK(content_type(envelope_kind::htmlfile) == "text/html; charset=UTF-8");
    CHECK(content_type(envelope_kind::jsonp) == "application/javascript; charset=UTF-8");
}

TEST_CASE("streams have a prelude, polls have none") {
    CHECK(prelude(envelope_kind::xhr).empty());
    CHECK(prelude(envelope_kind::jsonp).empty());
    CHECK(prelude(envelope_kind::xhr_streaming) == std::string(2048, 'h') + "\n");
    CHECK(prelude(envelope_kind::eventsource) == "\r\n");
    CHECK(prelude(envelope_kind::htmlfile).size() > 1024);
    CHECK(prelude(envelope_kind::htmlfile).find("parent.cb;") != std::string::npos);
}

TEST_CASE("each response dresses frames its own way") {
    CHECK(dressed(envelope_kind::xhr, "o") == "o\n");
    CHECK(dressed(envelope_kind::xhr_streaming, R"(a["x"])") == "a[\"x\"]\n");
    CHECK(dressed(envelope_kind::eventsource, "o") == "data: o\r\n\r\n");
    CHECK(dressed(envelope_kind::htmlfile, "o") == "<script>\np(\"o\");\n</script>\r\n");
    CHECK(dressed(envelope_kind::htmlfile, R"(a["x"])") ==
          "<script>\np(\"a[\\\"x\\\"]\");\n</script>\r\n");
    CHECK(dressed(envelope_kind::jsonp, "o") == "/**/cb(\"o\");\r\n");
    CHECK(dressed(envelope_kind::jsonp, R"(a["x"])") == "/**/cb(\"a[\\\"x\\\"]\");\r\n");
    CHECK(dressed(envelope_kind::jsonp, R"(a["abc","%61bc"])") ==
          "/**/cb(\"a[\\\"abc\\\",\\\"%61bc\\\"]\");\r\n");
}

TEST_CASE("a streamed frame of the limit test has the size the suite counts with") {
    CHECK(dressed(envelope_kind::xhr_streaming, message(std::string(128, 'x'))).size() == 134);
}

TEST_CASE("a percent sign in an event survives the client's decodeURI") {
    CHECK(dressed(envelope_kind::eventsource, message("100%, %41")) ==
          "data: a[\"100%25, %2541\"]\r\n\r\n");
}

TEST_CASE("an event is never cut by what is in it") {
    CHECK(dressed(envelope_kind::eventsource, std::string("c\r\n\0x", 5)) ==
          "data: c%0D%0A%00x\r\n\r\n");
    CHECK(dressed(envelope_kind::eventsource, message(std::string("  \0\n\r ", 6))) ==
          "data: a[\"  \\u0000\\n\\r \"]\r\n\r\n");
    CHECK(dressed(envelope_kind::eventsource, message("\xe2\x80\xa8")) ==
          "data: a[\"\\u2028\"]\r\n\r\n");
}

TEST_CASE("a message cannot leave the script element it is carried in") {
    CHECK(dressed(envelope_kind::htmlfile, message("</script><!--<script>")) ==
          "<script>\np(\"a[\\\"<\\/script>\\u003c!--<script>\\\"]\");\n</script>\r\n");
    std::string close;
    append_close_frame(close, 3000, "\xe2\x80\xa8</script>");
    CHECK(dressed(envelope_kind::htmlfile, close) ==
          "<script>\np(\"c[3000,\\\"\\u2028<\\/script>\\\"]\");\n</script>\r\n");
}

TEST_CASE("surrogates that are not text never reach a client") {
    CHECK(dressed(envelope_kind::xhr, message("\xed\xa0\x80")) == "a[\"\\ufffd\\ufffd\\ufffd\"]\n");
    CHECK(dressed(envelope_kind::jsonp, message("\xed\xa0\x80")) ==
          "/**/cb(\"a[\\\"\\\\ufffd\\\\ufffd\\\\ufffd\\\"]\");\r\n");
}

TEST_CASE("frames of messages join into one") {
    auto const joined = [](std::vector<std::string_view> const& frames) {
        std::string out = "kept";
        append_joined(out, frames);
        REQUIRE(out.substr(0, 4) == "kept");
        return out.substr(4);
    };
    CHECK(joined({R"(a["x"])"}) == R"(a["x"])");
    CHECK(joined({R"(a["x"])", R"(a["y"])", R"(a[""])"}) == R"(a["x","y",""])");
    CHECK(joined({R"(a["x","y"])", "a[]", R"(a["]"])"}) == R"(a["x","y","]"])");
    CHECK(joined({}) == "a[]");
}
