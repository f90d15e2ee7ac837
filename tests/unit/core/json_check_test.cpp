#include "core/json_check.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire;

TEST_CASE("JSON passes the check") {
    auto const json = GENERATE(as<std::string>{},
                               "null",
                               "true",
                               "false",
                               "0",
                               "-0.5e+10",
                               "123456789012345678901234567890",
                               "1.7e-999999999999999999999",
                               R"("")",
                               R"("\"\\\/\b\f\n\r\t\u00e9")",
                               "[]",
                               "{}",
                               " \t\r\n[ 1 , \"a\" , { \"k\" : [ ] } ] \n",
                               "\"\xef\xbf\xbf\"",  // a noncharacter
                               "\"\xff\"");         // text is repaired, not refused
    CAPTURE(json);
    CHECK_FALSE(check_json(json));
}

TEST_CASE("what is not JSON does not pass") {
    auto const json = GENERATE(as<std::string>{},
                               "",
                               " ",
                               "nul",
                               "01",
                               "+1",
                               ".5",
                               "1.",
                               "NaN",
                               "Infinity",
                               "'a'",
                               "\"a",
                               "\"\n\"",
                               R"("\x")",
                               R"("\u12g4")",
                               R"("\u12)",
                               R"("\)",
                               "[1,]",
                               "[,1]",
                               "[1 2]",
                               "{\"a\":1,}",
                               "{a:1}",
                               "{\"a\" 1}",
                               "[]]",
                               "[] []",
                               "]",
                               "[}",
                               "// comment\n1",
                               "\xef\xbb\xbf[]",  // a byte order mark
                               "\xc2\xa0[]",      // a space, but not JSON's
                               "\v[]");
    CAPTURE(json);
    CHECK(check_json(json) == errc::bad_json);
}

TEST_CASE("a NUL does not end the text") {
    CHECK(check_json(std::string("[]\0", 3)) == errc::bad_json);
    CHECK(check_json(std::string("[]\0garbage", 10)) == errc::bad_json);
    CHECK(check_json(std::string("\"a\0b\"", 5)) == errc::bad_json);
}

TEST_CASE("escapes of lone surrogates pass") {
    auto const json = GENERATE(as<std::string>{},
                               R"("\ud800")",
                               R"("\udbff\ud800")",
                               R"("\udc00")",
                               R"("\ud83d\ude00")",
                               R"("\ud83d\ude00\ud83d")",
                               R"("\uD800\n\uDfFf")",
                               R"("\\ud800\ud800x")",
                               R"({"\ud800":["\ud801"]})");
    CAPTURE(json);
    CHECK_FALSE(check_json(json));
}

TEST_CASE("broken escapes after surrogates do not pass") {
    auto const json = GENERATE(as<std::string>{},
                               R"("\ud800\u")",
                               R"("\ud800\u12")",
                               R"("\ud800)",
                               R"("\ud800\)",
                               R"(\ud800)",
                               R"("\ud80g")");
    CAPTURE(json);
    CHECK(check_json(json) == errc::bad_json);
}

TEST_CASE("nesting passes up to the limit and not beyond") {
    auto const nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    CHECK_FALSE(check_json(nested(128)));
    CHECK(check_json(nested(129)) == errc::bad_json);
    CHECK_FALSE(check_json("[[],{\"a\":[]},[]]", 3));
    CHECK(check_json("[[],{\"a\":[]},[]]", 2) == errc::bad_json);
    CHECK_FALSE(check_json("1", 0));
    CHECK(check_json("{}", 0) == errc::bad_json);
}

TEST_CASE("JSON of hostile nesting is refused without harm") {
    CHECK(check_json(std::string(400'000, '[')) == errc::bad_json);
    std::string objects;
    for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
    CHECK(check_json(objects) == errc::bad_json);
    CHECK(check_json(std::string(400'000, '['), 1'000'000) == errc::bad_json);
}

TEST_CASE("a number passes for its form, whatever its size") {
    auto const json = GENERATE(as<std::string>{},
                               "0e999",
                               "1e309",
                               "-1E400",
                               "-0",
                               "-0.0e-0",
                               "1E+999999999999999999999999",
                               "0.1e-999999999999999999999999",
                               "[0e999,-1E400,{\"a\":1e309}]",
                               std::string(617, '7'),
                               "-" + std::string(400'000, '9'),
                               "1e" + std::string(400'000, '9'),
                               "0." + std::string(400'000, '0') + "1");
    CAPTURE(json.substr(0, 80));
    CHECK_FALSE(check_json(json));
}

TEST_CASE("a broken number does not pass") {
    auto const json = GENERATE(as<std::string>{},
                               "-",
                               "--1",
                               "-a",
                               "00",
                               "-01",
                               "1-2",
                               "1.e5",
                               "1.2.3",
                               "1e",
                               "1e+",
                               "1e+-2",
                               "1e5.5",
                               "1e5e5",
                               "1.5-5",
                               "1 2",
                               "0x10",
                               "1f",
                               "t1",
                               "[1 -2]",
                               "[1-2]",
                               "1\"\"",
                               "\"\"1",
                               "{1:2}");
    CAPTURE(json);
    CHECK(check_json(json) == errc::bad_json);
}
