#include "sockjs/callback.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire::sockjs;

TEST_CASE("the callback is c, or callback where there is no c, decoded") {
    struct row {
        std::string query;
        std::string value;
    };
    auto const r = GENERATE(values<row>({
        {"c=callback", "callback"},
        {"c=%63allback", "callback"},
        {"callback=x", "x"},
        {"t=1&c=_jp.a1b2c3d", "_jp.a1b2c3d"},
        {"callback=other&c=x", "x"},
        {"c=x&callback=", "x"},
        {"callback=a&callback=b&c=x", "x"},
        {"%63=x", "x"},
        {"&&c=x&", "x"},
        {"c=AZaz09_.-", "AZaz09_.-"},
        {"c=%41%41%41%41%41%41%41%41%41%41%41%41%41%41%41%41%41%41%41%41%41%41%41%41%41%41%41%41%"
         "41%41%41%41",
         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
    }));
    CAPTURE(r.query);
    auto const parsed = parse_callback(r.query);
    CHECK(parsed.error == callback_error::none);
    CHECK(parsed.value == r.value);
    CHECK(is_callback(parsed.value));
}

TEST_CASE("a query without a callback is told so") {
    auto const query =
        GENERATE(as<std::string>{}, "", "t=1", "C=x", "cc=x", "d=c", "&", "=c", "Callback=x");
    CAPTURE(query);
    auto const parsed = parse_callback(query);
    CHECK(parsed.error == callback_error::missing);
    CHECK(parsed.value.empty());
}

TEST_CASE("a callback that could be script, or is not one, is refused") {
    auto const query = GENERATE(as<std::string>{},
                                "c=%20",
                                "c=*",
                                "c=abc(",
                                "c=abc%28",
                                "c=",
                                "c",
                                "callback=",
                                "c=&callback=x",
                                "c=a&c=a",
                                "c=a&%63=b",
                                "callback=a&callback=b",
                                "c=a+b",
                                "c=a%",
                                "c=a%2",
                                "c=%zz",
                                "c=%00",
                                "c=a%0a",
                                "c=a;b",
                                "c=a=b",
                                "c=\xc3\xa9",
                                "c=%c3%a9",
                                "c=%3c/script%3e",
                                "c=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",  // 33
                                "c=%25%36%33");
    CAPTURE(query);
    auto const parsed = parse_callback(query);
    CHECK(parsed.error == callback_error::invalid);
    CHECK(parsed.value.empty());
}

TEST_CASE("a callback is refused for its length before it is decoded") {
    CHECK(parse_callback("c=" + std::string(1'000'000, '%')).error == callback_error::invalid);
}

TEST_CASE("each error has the text the test suite looks for") {
    CHECK(callback_message(callback_error::missing) == "\"callback\" parameter required");
    CHECK(callback_message(callback_error::invalid) == "invalid \"callback\" parameter");
    CHECK(callback_message(callback_error::none).empty());
}
