#include "core/json_messages.hpp"

#include "core/json_string.hpp"
#include "support/json_oracle.hpp"

#include <catch2/catch.hpp>

#include <cstdio>
#include <string>
#include <vector>

using namespace anywire;
using test::utf8;
using test::wrapped;

namespace {

using strings = std::vector<std::string>;

strings decoded(json_messages const& m) {
    return {m.messages().begin(), m.messages().end()};
}

strings decode(std::string_view json) {
    json_messages m;
    REQUIRE_FALSE(m.decode_array(json));
    auto const from_array = decoded(m);
    REQUIRE_FALSE(m.decode_frame(json));
    CHECK(decoded(m) == from_array);
    return from_array;
}

std::string const replaced = "\xef\xbf\xbd";

// What sockjs-client escapes before sending, as the test suite lists it.
constexpr unsigned escaped_by_client[][2] = {
    {0x0000, 0x001f}, {0x0022, 0x0022}, {0x007f, 0x009f}, {0x00ad, 0x00ad}, {0x0300, 0x0333},
    {0x033d, 0x0346}, {0x034a, 0x034c}, {0x0350, 0x0352}, {0x0357, 0x0358}, {0x035c, 0x0362},
    {0x0374, 0x0374}, {0x037e, 0x037e}, {0x0387, 0x0387}, {0x0591, 0x05af}, {0x05c4, 0x05c4},
    {0x0600, 0x0604}, {0x0610, 0x0617}, {0x0653, 0x0654}, {0x0657, 0x065b}, {0x065d, 0x065e},
    {0x06df, 0x06e2}, {0x06eb, 0x06ec}, {0x070f, 0x070f}, {0x0730, 0x0730}, {0x0732, 0x0733},
    {0x0735, 0x0736}, {0x073a, 0x073a}, {0x073d, 0x073d}, {0x073f, 0x0741}, {0x0743, 0x0743},
    {0x0745, 0x0745}, {0x0747, 0x0747}, {0x07eb, 0x07f1}, {0x0951, 0x0951}, {0x0958, 0x095f},
    {0x09dc, 0x09dd}, {0x09df, 0x09df}, {0x0a33, 0x0a33}, {0x0a36, 0x0a36}, {0x0a59, 0x0a5b},
    {0x0a5e, 0x0a5e}, {0x0b5c, 0x0b5d}, {0x0e38, 0x0e39}, {0x0f43, 0x0f43}, {0x0f4d, 0x0f4d},
    {0x0f52, 0x0f52}, {0x0f57, 0x0f57}, {0x0f5c, 0x0f5c}, {0x0f69, 0x0f69}, {0x0f72, 0x0f76},
    {0x0f78, 0x0f78}, {0x0f80, 0x0f83}, {0x0f93, 0x0f93}, {0x0f9d, 0x0f9d}, {0x0fa2, 0x0fa2},
    {0x0fa7, 0x0fa7}, {0x0fac, 0x0fac}, {0x0fb9, 0x0fb9}, {0x17b4, 0x17b5}, {0x1939, 0x193a},
    {0x1a17, 0x1a17}, {0x1b6b, 0x1b6b}, {0x1cda, 0x1cdb}, {0x1dc0, 0x1dcf}, {0x1dfc, 0x1dfc},
    {0x1dfe, 0x1dfe}, {0x1f71, 0x1f71}, {0x1f73, 0x1f73}, {0x1f75, 0x1f75}, {0x1f77, 0x1f77},
    {0x1f79, 0x1f79}, {0x1f7b, 0x1f7b}, {0x1f7d, 0x1f7d}, {0x1fbb, 0x1fbb}, {0x1fbe, 0x1fbe},
    {0x1fc9, 0x1fc9}, {0x1fcb, 0x1fcb}, {0x1fd3, 0x1fd3}, {0x1fdb, 0x1fdb}, {0x1fe3, 0x1fe3},
    {0x1feb, 0x1feb}, {0x1fee, 0x1fef}, {0x1ff9, 0x1ff9}, {0x1ffb, 0x1ffb}, {0x1ffd, 0x1ffd},
    {0x2000, 0x20ff}, {0x2126, 0x2126}, {0x212a, 0x212b}, {0x2329, 0x232a}, {0x2adc, 0x2adc},
    {0x302b, 0x302c}, {0xaab2, 0xaab3}, {0xf900, 0xfa0d}, {0xfa10, 0xfa10}, {0xfa12, 0xfa12},
    {0xfa15, 0xfa1e}, {0xfa20, 0xfa20}, {0xfa22, 0xfa22}, {0xfa25, 0xfa26}, {0xfa2a, 0xfa2d},
    {0xfa30, 0xfa6d}, {0xfa70, 0xfad9}, {0xfb1d, 0xfb1d}, {0xfb1f, 0xfb1f}, {0xfb2a, 0xfb36},
    {0xfb38, 0xfb3c}, {0xfb3e, 0xfb3e}, {0xfb40, 0xfb41}, {0xfb43, 0xfb44}, {0xfb46, 0xfb4e},
    {0xfeff, 0xfeff}, {0xfff0, 0xffff}};

}  // namespace

TEST_CASE("an array of strings is so many messages") {
    CHECK(decode("[]") == strings{});
    CHECK(decode(R"(["a"])") == strings{"a"});
    CHECK(decode(R"(["a","b",""])") == strings{"a", "b", ""});
    CHECK(decode(" \t\r\n[ \"a\" ,\n\"b\" ] \n") == strings{"a", "b"});
    CHECK(decode("[ ]") == strings{});
}

TEST_CASE("messages without escapes point into the text") {
    std::string const json = R"(["plain text of some length","caf)"
                             "\xc3\xa9\"]";
    json_messages m;
    REQUIRE_FALSE(m.decode_array(json));
    REQUIRE(m.messages().size() == 2);
    CHECK(m.messages()[0].data() == json.data() + 2);
    CHECK(m.messages()[1] == "caf\xc3\xa9");
    CHECK(m.messages()[1].data() > json.data());
    CHECK(m.messages()[1].data() < json.data() + json.size());
}

TEST_CASE("every escape decodes") {
    CHECK(decode(R"(["\"\\\/\b\f\n\r\t"])") == strings{"\"\\/\b\f\n\r\t"});
    CHECK(decode(R"(["\u0041\u00e9\u20AC\uffff"])") ==
          strings{utf8(0x41) + utf8(0xe9) + utf8(0x20ac) + utf8(0xffff)});
    CHECK(decode(R"(["a\u0000b"])") == strings{std::string("a\0b", 3)});
    CHECK(decode(R"(["\ud83d\ude00\uDBFF\uDFFF\ud800\udc00"])") ==
          strings{utf8(0x1f600) + utf8(0x10ffff) + utf8(0x10000)});
}

TEST_CASE("messages with escapes stay right while the storage behind them grows") {
    std::string json = "[";
    strings expected;
    for (int i = 0; i < 300; ++i) {
        if (i != 0) json += ',';
        auto const text = std::string(static_cast<std::size_t>(i), 'x').append(std::to_string(i));
        auto const escaped = i % 3 != 0;
        json.append(escaped ? "\"\\n" : "\"").append(text).append("\"");
        expected.push_back(std::string(escaped ? "\n" : "").append(text));
    }
    CHECK(decode(json + "]") == expected);
}

TEST_CASE("all 1093 code points that clients escape decode") {
    std::string escaped;
    std::string expected;
    int count = 0;
    for (auto const& range : escaped_by_client) {
        for (auto c = range[0]; c <= range[1]; ++c, ++count) {
            char text[8] = {};
            std::snprintf(text, sizeof text, "\\u%04x", c);
            escaped += text;
            expected += utf8(c);
        }
    }
    CHECK(count == 1093);
    CHECK(decode(wrapped("[\"", escaped, "\"]")) == strings{expected});

    // And back, as the suite's echo does.
    std::string echoed = "[";
    append_sockjs_string(echoed, expected);
    CHECK(decode(echoed + "]") == strings{expected});
}

TEST_CASE("the 44 code points that servers escape are accepted raw") {
    std::string text;
    for (auto const& [first, last] : std::vector<std::pair<unsigned, unsigned>>{
             {0x200c, 0x200f}, {0x2028, 0x202f}, {0x2060, 0x206f}, {0xfff0, 0xffff}})
        for (auto c = first; c <= last; ++c) text += utf8(c);
    CHECK(decode(wrapped("[\"", text, "\"]")) == strings{text});
}

TEST_CASE("escapes of lone surrogates become U+FFFD") {
    CHECK(decode(R"(["\ud800"])") == strings{replaced});
    CHECK(decode(R"(["\udc00"])") == strings{replaced});
    CHECK(decode(R"(["\udc00\ud800"])") == strings{replaced + replaced});
    CHECK(decode(R"(["\ud800\ud83d\ude00"])") == strings{replaced + utf8(0x1f600)});
    CHECK(decode(R"(["\ud800x","\udbff\n"])") == strings{replaced + "x", replaced + "\n"});
    CHECK(decode(R"(["\ud800\u0041"])") == strings{replaced + "A"});
}

// Each byte would become three, and six on its way out.
TEST_CASE("messages that are not UTF-8 are refused as broken") {
    auto const json = GENERATE(as<std::string>{},
                               "[\"a\xff\"]",
                               "[\"\xed\xa0\x80\"]",
                               "[\"\xe2\x82\"]",
                               "[\"\xc3\xa9\xc3\"]",
                               "[\"ok\",\"\\n\xff\"]",
                               "[1,\"\xff\"]",
                               "{\"\xff\":1}");
    CAPTURE(json);
    json_messages m;
    CHECK(m.decode_array(json) == errc::bad_json);
    CHECK(m.messages().empty());
    CHECK(m.decode_frame(json) == errc::bad_json);
    CHECK(m.messages().empty());
    REQUIRE_FALSE(m.decode_array(R"(["after"])"));
    CHECK(decoded(m) == strings{"after"});
}

TEST_CASE("messages together are never longer than what they are decoded from") {
    for (auto const* const one : {R"("\u0000")", R"("\ud800")", R"("\n")", R"("\uffff")", "\"\""}) {
        CAPTURE(one);
        std::string json = "[";
        for (int i = 0; i < 1000; ++i) json.append(i == 0 ? "" : ",").append(one);
        json += "]";
        json_messages m;
        REQUIRE_FALSE(m.decode_array(json));
        std::size_t bytes = 0;
        for (auto const message : m.messages()) bytes += message.size();
        CHECK(bytes <= json.size());
    }
}

TEST_CASE("JSON that is no array of strings is refused as a payload") {
    auto const json = GENERATE(as<std::string>{},
                               "null",
                               "1",
                               "{}",
                               R"({"a":"b"})",
                               "[1]",
                               R"(["a",null])",
                               R"(["a",["b"]])",
                               "[[]]",
                               R"([{"\ud800":1}])");
    CAPTURE(json);
    json_messages m;
    CHECK(m.decode_array(json) == errc::payload_expected);
    CHECK(m.messages().empty());
    CHECK(m.decode_frame(json) == errc::payload_expected);
    CHECK(m.messages().empty());
}

TEST_CASE("what is not JSON is refused as such, and leaves no messages") {
    auto const json = GENERATE(as<std::string>{},
                               "[\"a",
                               "[\"x",
                               " ",
                               "[",
                               "[\"a\"",
                               "[\"a\",",
                               "[\"a\",]",
                               "[,]",
                               "[\"a\" \"b\"]",
                               "[\"a\"]x",
                               "[\"a\"],",
                               R"(["\x"])",
                               R"(["\u00g0"])",
                               R"(["\ud800\u00"])",
                               R"(["\)",
                               R"(["\u)",
                               R"(["ok","\)",
                               "[\"line\nend\"]",
                               "[\"\\n\x01\"]",
                               "\xef\xbb\xbf[\"a\"]",
                               "['a']",
                               "hello");
    CAPTURE(json);
    json_messages m;
    CHECK(m.decode_array(json) == errc::bad_json);
    CHECK(m.messages().empty());
    CHECK(m.decode_frame(json) == errc::bad_json);
    CHECK(m.messages().empty());
}

TEST_CASE("a NUL within or after the text is refused") {
    json_messages m;
    CHECK(m.decode_array(std::string("[\"a\"]\0", 6)) == errc::bad_json);
    CHECK(m.decode_array(std::string("[\"a\0\"]", 6)) == errc::bad_json);
    CHECK(m.decode_array(std::string("\0", 1)) == errc::bad_json);
}

TEST_CASE("an empty body is a missing payload, an empty frame no message") {
    json_messages m;
    CHECK(m.decode_array("") == errc::payload_expected);
    CHECK_FALSE(m.decode_frame(""));
    CHECK(m.messages().empty());
}

TEST_CASE("a string alone is one message of a frame, but no array") {
    json_messages m;
    CHECK(m.decode_array(R"("a")") == errc::payload_expected);
    REQUIRE_FALSE(m.decode_frame(R"( "a\n" )"));
    CHECK(decoded(m) == strings{"a\n"});
    CHECK(m.decode_frame(R"("a" "b")") == errc::bad_json);
    CHECK(m.decode_frame(R"("a","b")") == errc::bad_json);
}

TEST_CASE("a body of hostile nesting is refused without harm") {
    json_messages m;
    CHECK(m.decode_array(std::string(400'000, '[')) == errc::bad_json);
    CHECK(m.decode_frame(std::string(400'000, '[')) == errc::bad_json);
}

TEST_CASE("a decoder is as good as new after an error and after a big text") {
    json_messages m;
    CHECK(m.decode_array(R"(["a\n", 1])") == errc::payload_expected);
    REQUIRE_FALSE(m.decode_array(wrapped("[\"\\n", std::string(1'000'000, 'x'), "\"]")));
    CHECK(m.messages()[0].size() == 1'000'001);
    REQUIRE_FALSE(m.decode_array(R"(["\t","b"])"));
    CHECK(decoded(m) == strings{"\t", "b"});
}

TEST_CASE("storage for a big body is given back, storage for a small one is kept") {
    std::string many = "[\"\\n\"";
    for (int i = 0; i < 50'000; ++i) many += ",\"\\n\"";
    json_messages m;
    REQUIRE_FALSE(m.decode_array(many + wrapped(",\"\\n", std::string(1'000'000, 'x'), "\"]")));
    CHECK(m.storage_bytes() > 2'000'000);
    m.release();
    CHECK(m.storage_bytes() < 1000);
    CHECK(m.messages().empty());
    REQUIRE_FALSE(m.decode_array(many + wrapped(",\"\\n", std::string(1'000'000, 'x'), "\"]")));
    REQUIRE_FALSE(m.decode_array(R"(["\n","b"])"));
    auto const small = m.storage_bytes();
    CHECK(small < 1000);
    REQUIRE_FALSE(m.decode_array(R"(["a","b"])"));
    CHECK(m.storage_bytes() == small);
}

TEST_CASE("quotes are found at every place of a long text") {
    for (std::size_t size = 0; size <= 70; ++size) {
        std::string const text(size, 'x');
        CAPTURE(size);
        REQUIRE(decode(wrapped("[\"", wrapped(text, "\",\"", text), "\"]")) == strings{text, text});
        REQUIRE(decode(wrapped("[\"", text, "\\n\"]")) == strings{text + "\n"});
    }
}
