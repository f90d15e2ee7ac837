#include "core/json_string.hpp"

#include "support/json_oracle.hpp"

#include <catch2/catch.hpp>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

using namespace anywire;
using test::utf8;
using test::wrapped;

namespace {

using appender = void (*)(std::string&, std::string_view);

std::string quoted(appender append, std::string_view text) {
    std::string out = "before";
    append(out, text);
    REQUIRE(out.substr(0, 6) == "before");
    return out.substr(6);
}

std::string unit(unsigned value) {
    char text[8] = {};
    std::snprintf(text, sizeof text, "\\u%04x", value);
    return text;
}

std::string const replaced = "\xef\xbf\xbd";

}  // namespace

TEST_CASE("printable ASCII stands in a JSON string as it is") {
    std::string text;
    for (char c = 0x20; c < 0x7f; ++c)
        if (c != '"' && c != '\\') text.push_back(c);
    text.push_back('\x7f');
    CHECK(quoted(append_json_string, text) == wrapped("\"", text, "\""));
    CHECK(quoted(append_sockjs_string, text) == wrapped("\"", text, "\""));
    CHECK(quoted(append_json_string, "") == "\"\"");
}

TEST_CASE("a control has its short escape, or one of four lower-case digits") {
    std::string controls;
    for (char c = 0; c < 0x20; ++c) controls.push_back(c);
    auto const expected =
        R"("\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f)"
        R"(\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f")";
    CHECK(quoted(append_json_string, controls) == expected);
    CHECK(quoted(append_sockjs_string, controls) == expected);
    CHECK(quoted(append_js_string_for_html, controls) == expected);
}

TEST_CASE("the control characters of the EventSource test come back in short escapes") {
    std::string const message("  \0\n\r ", 6);
    CHECK(quoted(append_sockjs_string, message) == R"("  \u0000\n\r ")");
}

TEST_CASE("quotes and backslashes are escaped, slashes are not") {
    CHECK(quoted(append_sockjs_string, R"(a"b\c/d)") == R"("a\"b\\c/d")");
}

TEST_CASE("what must be escaped is found at every place of a long text") {
    for (std::size_t size = 1; size <= 70; ++size) {
        for (std::size_t at = 0; at < size; ++at) {
            std::string text(size, 'x');
            text[at] = '\n';
            auto const expected =
                wrapped("\"", wrapped(text.substr(0, at), "\\n", text.substr(at + 1)), "\"");
            CAPTURE(size, at);
            REQUIRE(quoted(append_json_string, text) == expected);
        }
    }
}

TEST_CASE("SockJS strings escape exactly the 44 code points of the test suite and all pairs") {
    std::string text;
    std::string expected;
    int count = 0;
    for (auto const& [first, last] : std::vector<std::pair<unsigned, unsigned>>{
             {0x200c, 0x200f}, {0x2028, 0x202f}, {0x2060, 0x206f}, {0xfff0, 0xffff}}) {
        for (auto c = first; c <= last; ++c, ++count) {
            text += utf8(c);
            expected += unit(c);
        }
    }
    CHECK(count == 44);
    CHECK(quoted(append_sockjs_string, text) == wrapped("\"", expected, "\""));
    CHECK(quoted(append_json_string, text) == wrapped("\"", text, "\""));

    for (unsigned c = 0x7f; c < 0x10000; ++c) {
        if (c >= 0xd800 && c <= 0xdfff) continue;
        auto const one = utf8(c);
        auto const must = expected.find(unit(c)) != std::string::npos;
        CAPTURE(c);
        REQUIRE(quoted(append_sockjs_string, one) == wrapped("\"", (must ? unit(c) : one), "\""));
    }
    CHECK(quoted(append_sockjs_string, utf8(0x10000)) == R"("\ud800\udc00")");
    CHECK(quoted(append_sockjs_string, utf8(0x1f600)) == R"("\ud83d\ude00")");
    CHECK(quoted(append_sockjs_string, utf8(0x10ffff)) == R"("\udbff\udfff")");
    CHECK(quoted(append_json_string, utf8(0x1f600)) == wrapped("\"", utf8(0x1f600), "\""));
}

TEST_CASE("what is not UTF-8 becomes one U+FFFD for each longest broken sequence") {
    struct row {
        std::string text;
        int replacements;
    };
    auto const r = GENERATE(values<row>({
        {"\x80", 1},
        {"\xff", 1},
        {"\xc0\xaf", 2},                  // overlong
        {"\xc3", 1},                      // cut short
        {"\xe2\x82", 1},                  // cut short
        {"\xf0\x9f\x98", 1},              // cut short
        {"\xe0\x80\x80", 3},              // overlong
        {"\xed\xa0\x80", 3},              // a surrogate
        {"\xf4\x90\x80\x80", 4},          // above U+10FFFF
        {"\xf0\x90\x80\xf0\x90\x80", 2},  // cut short by the next
    }));
    std::string json;
    std::string escaped;
    for (int i = 0; i < r.replacements; ++i) {
        json += replaced;
        escaped += "\\ufffd";
    }
    CHECK(quoted(append_json_string, r.text) == wrapped("\"", json, "\""));
    CHECK(quoted(append_json_string, wrapped("a", r.text, "b")) == wrapped("\"a", json, "b\""));
    CHECK(quoted(append_sockjs_string, r.text) == wrapped("\"", escaped, "\""));
    CHECK(quoted(append_js_string_for_html, r.text) == wrapped("\"", json, "\""));
}

TEST_CASE(
    "the oracle and the encoder agree on every text of two bytes and on starts of longer ones") {
    for (unsigned a = 0x80; a <= 0xff; ++a) {
        for (unsigned b = 0; b <= 0xff; ++b) {
            if (b < 0x20 || b == '"' || b == '\\') continue;
            std::string const text{static_cast<char>(a), static_cast<char>(b), '\x80', 'x'};
            CAPTURE(a, b);
            REQUIRE(quoted(append_json_string, text) == wrapped("\"", test::repaired(text), "\""));
        }
    }
}

TEST_CASE("no string for a script element can end or hide that element") {
    CHECK(quoted(append_js_string_for_html, "</script><script>") == R"("<\/script><script>")");
    CHECK(quoted(append_js_string_for_html, "<!--") == R"("\u003c!--")");
    CHECK(quoted(append_js_string_for_html, "<<</<!") == R"("<<<\/\u003c!")");
    CHECK(quoted(append_js_string_for_html, "a<b") == R"("a<b")");
    CHECK(quoted(append_js_string_for_html, "0123456789abcdef</x><") ==
          R"("0123456789abcdef<\/x><")");
}

TEST_CASE("no string for a script element holds a line end of JavaScript") {
    auto const text = wrapped("a", utf8(0x2028) + utf8(0x2029) + utf8(0x2030), "\n");
    CHECK(quoted(append_js_string_for_html, text) ==
          wrapped("\"a\\u2028\\u2029", utf8(0x2030), "\\n\""));
}

TEST_CASE("a frame in a string is escaped a second time") {
    CHECK(quoted(append_js_string_for_html, R"(a["x\n"])") == R"("a[\"x\\n\"]")");
}

TEST_CASE("JSON in ASCII is the same JSON") {
    auto const ascii = [](std::string_view json) {
        std::string out;
        append_ascii_json(out, json);
        return out;
    };
    CHECK(ascii(R"(["plain\"",{"a":[1,null]}])") == R"(["plain\"",{"a":[1,null]}])");
    CHECK(ascii("[\"" + utf8(0xe9) + utf8(0xc548) + utf8(0x2028) + "x\"]") ==
          R"(["\u00e9\uc548\u2028x"])");
    CHECK(ascii("\"" + utf8(0x10000) + utf8(0x1f600) + utf8(0x10ffff) + "\"") ==
          R"("\ud800\udc00\ud83d\ude00\udbff\udfff")");
    CHECK(ascii("\"\xff\x7f\"") == "\"\\ufffd\x7f\"");
    CHECK(ascii("") == "");
}
