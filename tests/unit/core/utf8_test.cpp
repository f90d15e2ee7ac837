#include "core/utf8.hpp"

#include "support/feed.hpp"

#include <catch2/catch.hpp>

#include <cstddef>
#include <string>
#include <string_view>

using namespace anywire;
using namespace std::literals;

namespace {

std::string encoded(char32_t c) {
    auto const tail = [c](unsigned shift) { return static_cast<char>(0x80 | (c >> shift & 0x3f)); };
    if (c < 0x80) return {static_cast<char>(c)};
    if (c < 0x800) return {static_cast<char>(0xc0 | c >> 6), tail(0)};
    if (c < 0x10000) return {static_cast<char>(0xe0 | c >> 12), tail(6), tail(0)};
    return {static_cast<char>(0xf0 | c >> 18), tail(12), tail(6), tail(0)};
}

/// Where the validator first says no, or npos.
std::size_t fails_at(std::string_view text) {
    utf8_validator v;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (!v.feed(text.substr(i, 1))) return i;
    return std::string_view::npos;
}

std::string repaired(std::string_view text) {
    std::string out;
    append_utf8_repaired(out, text);
    return out;
}

}  // namespace

TEST_CASE("every scalar value is UTF-8, surrogates and what lies beyond are not") {
    bool as_expected = true;
    for (char32_t c = 0; c < 0x110400; ++c) {
        auto const text = encoded(c);
        bool const scalar = c < 0x110000 && (c < 0xd800 || c > 0xdfff);
        utf8_validator v;
        as_expected = as_expected && is_utf8(text) == scalar && v.feed(text) == scalar;
    }
    CHECK(as_expected);
}

TEST_CASE("what is looked at eight bytes at a time is judged as byte by byte") {
    auto as_expected = true;
    auto const fill = GENERATE("\xc3\xa9"s, "\xf0\x9f\x98\x80"s);
    for (unsigned pair = 0; pair < 0x10000; ++pair) {
        std::string const two{static_cast<char>(pair >> 8), static_cast<char>(pair)};
        for (std::size_t at = 0; at < 8; at += 2) {
            auto text = fill + fill + fill + fill;
            text.replace(at, 2, two);
            utf8_validator v;
            auto is_good = true;
            for (auto const c : text) is_good = is_good && v.feed({&c, 1});
            as_expected = as_expected && is_utf8(text) == (is_good && v.complete());
        }
    }
    CHECK(as_expected);
}

TEST_CASE("malformed text is not UTF-8, wherever it stands") {
    using namespace std::literals;
    auto const bad = GENERATE("\x80"sv,
                              "\xbf"sv,
                              "\xc0\x80"sv,
                              "\xc1\xbf"sv,
                              "\xc3"sv,
                              "\xc3("sv,
                              "\xe0\x80\x80"sv,
                              "\xe0\x9f\xbf"sv,
                              "\xe2\x82"sv,
                              "\xe2(\xa1"sv,
                              "\xed\xa0\x80"sv,
                              "\xed\xbf\xbf"sv,
                              "\xf0\x8f\xbf\xbf"sv,
                              "\xf0\x9f\x92"sv,
                              "\xf4\x90\x80\x80"sv,
                              "\xf5\x80\x80\x80"sv,
                              "\xf8\x88\x80\x80\x80"sv,
                              "\xfe"sv,
                              "\xff"sv);
    for (std::size_t before = 0; before < 40; ++before) {
        auto const text = std::string(before, 'a') + std::string(bad);
        CAPTURE(text);
        CHECK_FALSE(is_utf8(text));
        CHECK_FALSE(is_utf8(text + "\xc3\xa9"));
        CHECK_FALSE(is_utf8("\xc3\xa9" + text + "zzzzzzzzzzzzzzzzzzzzzzzzz"));
    }
}

TEST_CASE("a stray byte is found in text of every length, at every place") {
    for (std::size_t n = 1; n <= 300; ++n) {
        std::string text(n, 'a');
        auto as_expected = is_utf8(text);
        for (std::size_t i = 0; i < n; ++i) {
            text[i] = '\x80';
            as_expected = as_expected && !is_utf8(text);
            text[i] = 'a';
        }
        CAPTURE(n);
        CHECK(as_expected);
    }
}

TEST_CASE("text is UTF-8 however it is cut") {
    std::string const text =
        "Hello-\xc2\xb5@\xc3\x9f\xc3\xb6\xc3\xa4-\xe2\x82\xac-\xf0\x9f\x92\xa9"
        "a long tail of plain letters";
    CHECK(is_utf8(text));
    test::feed_every_way(text, [](auto next_piece) {
        utf8_validator v;
        for (auto piece = next_piece(); !piece.empty(); piece = next_piece()) CHECK(v.feed(piece));
        CHECK(v.complete());
    });
}

TEST_CASE("the validator fails at the first byte that nothing can mend") {
    CHECK(fails_at("abc\x80") == 3);
    CHECK(fails_at("\xc0") == 0);
    CHECK(fails_at("\xe0\x9f") == 1);
    CHECK(fails_at("\xed\xa0") == 1);
    CHECK(fails_at("\xf4\x90") == 1);
    CHECK(fails_at("\xf5") == 0);
    CHECK(fails_at("\xf0\x9f\x92z") == 3);
    CHECK(fails_at("\xf4\x8f\xbf\xbf") == std::string_view::npos);
}

TEST_CASE("a validator that failed stays so") {
    utf8_validator v;
    CHECK_FALSE(v.feed("\xff"));
    CHECK_FALSE(v.feed("abc"));
    CHECK_FALSE(v.feed(""));
    CHECK_FALSE(v.complete());
}

TEST_CASE("text that ends inside a code point is not complete") {
    utf8_validator v;
    CHECK(v.feed("ab\xe2\x82"));
    CHECK_FALSE(v.complete());
    CHECK(v.feed("\xac"));
    CHECK(v.complete());
}

TEST_CASE("the validator fits into four bytes") {
    CHECK(sizeof(utf8_validator) <= 4);
}

TEST_CASE("each maximal part that is not UTF-8 becomes one U+FFFD") {
    std::string const r = "\xef\xbf\xbd";
    CHECK(repaired("") == "");
    CHECK(repaired("plain \xe2\x82\xac") == "plain \xe2\x82\xac");
    CHECK(repaired("a\x80z") == "a" + r + "z");
    CHECK(repaired("\xe2\x82") == r);
    CHECK(repaired("\xe2\x82z") == r + "z");
    CHECK(repaired("\xed\xa0\x80") == r + r + r);
    CHECK(repaired("\xf0\x80\x80\x41") == r + r + r + "A");
    // The example of the Unicode standard, table 3-8.
    CHECK(repaired("\x61\xf1\x80\x80\xe1\x80\xc2\x62\x80\x63\x80\xbf\x64") ==
          "a" + r + r + r + "b" + r + "c" + r + r + "d");
}
