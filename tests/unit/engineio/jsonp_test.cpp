#include "engineio/jsonp.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire::engineio;

namespace {

std::string script(std::string_view index, std::string_view payload) {
    std::string out;
    append_jsonp(out, index, payload);
    return out;
}

}  // namespace

TEST_CASE("a payload for JSONP is a call with one string") {
    CHECK(script("0", "4hello") == R"(___eio[0]("4hello");)");
    CHECK(script("12", R"(15:42["a","b\n"])") == R"(___eio[12]("15:42[\"a\",\"b\\n\"]");)");
    CHECK(script("0",
                 "6\x1e"
                 "1") == R"(___eio[0]("6\u001e1");)");
    CHECK(script("", "6") == R"(___eio[]("6");)");
}

TEST_CASE("no payload ends the string, the line or the script") {
    CHECK(script("0", "4\xe2\x80\xa8\xe2\x80\xa9\n\r") == R"(___eio[0]("4\u2028\u2029\n\r");)");
    CHECK(script("0", "4</script><!--") == R"(___eio[0]("4<\/script>\u003c!--");)");
    CHECK(script("0", "4\xff") == "___eio[0](\"4\xef\xbf\xbd\");");
}

TEST_CASE("the body of a JSONP POST is its field d, decoded") {
    CHECK(jsonp_body("d=6%3A4hello") == "6:4hello");
    CHECK(jsonp_body("d=4a+b%2Bc") == "4a b+c");
    CHECK(jsonp_body("x=1&d=") == "");
    CHECK_FALSE(jsonp_body(""));
    CHECK_FALSE(jsonp_body("e=4"));
    CHECK_FALSE(jsonp_body("6:4hello"));
}

TEST_CASE("an escaped line end is one, and an escaped escape is none") {
    CHECK(jsonp_body(R"(d=a\nb)") == "a\nb");
    CHECK(jsonp_body(R"(d=a%5Cnb)") == "a\nb");
    CHECK(jsonp_body(R"(d=a\\nb)") == R"(a\nb)");
    CHECK(jsonp_body(R"(d=a\\\nb)") == R"(a\\nb)");
    CHECK(jsonp_body(R"(d=\n\n\\n)") == "\n\n\\n");
    CHECK(jsonp_body(R"(d=a\b\\c\"d\)") == R"(a\b\\c\"d\)");
    CHECK(jsonp_body(R"(d=\\)") == R"(\\)");
}
