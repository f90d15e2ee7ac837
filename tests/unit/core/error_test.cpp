#include <anywire/error.hpp>

#include <catch2/catch.hpp>

#include <set>
#include <string>

using namespace anywire;

TEST_CASE("every error has a sentence of its own") {
    std::set<std::string> sentences;
    for (int n = 1; n <= static_cast<int>(errc::bad_option); ++n) {
        auto const text = make_error_code(static_cast<errc>(n)).message();
        CAPTURE(n, text);
        CHECK(text != "unknown error");
        sentences.insert(text);
    }
    CHECK(sentences.size() == static_cast<std::size_t>(errc::bad_option));
    CHECK(make_error_code(static_cast<errc>(999)).message() == "unknown error");
}

TEST_CASE("an error is an error code of this library's category, and true") {
    error_code const e = errc::send_queue_full;
    CHECK(e);
    CHECK(e == errc::send_queue_full);
    CHECK(e.category() == error_category());
    CHECK(std::string(e.category().name()) == "anywire");
}

TEST_CASE("a result holds a value or the error that says why there is none") {
    result<int> const good = 3;
    result<int> const bad = errc::bad_json;
    CHECK(good.has_value());
    CHECK(*good == 3);
    CHECK(bad.has_error());
    CHECK(bad.error() == errc::bad_json);
}
