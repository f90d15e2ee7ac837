#include "engineio/text_twice.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

using namespace anywire::engineio;

namespace {

std::string twice(std::string_view text) {
    std::string out;
    append_text_twice(out, text);
    return out;
}

/// What it is encoded once, or "not twice".
std::string once(std::string_view text) {
    std::string out = "rubbish";
    return decode_text_twice(text, out) ? out : "not twice";
}

constexpr std::string_view hangul = "\xec\x95\x88";
constexpr std::string_view hangul_twice = "\xc3\xac\xc2\x95\xc2\x88";

}  // namespace

TEST_CASE("text encoded twice is that of engine.io-parser 1.3") {
    CHECK(twice("4abc") == "4abc");
    CHECK(twice(hangul) == hangul_twice);
    CHECK(twice("\xc3\xa9") == "\xc3\x83\xc2\xa9");                          // U+00E9
    CHECK(twice("\xf0\x9f\x98\x80") == "\xc3\xb0\xc2\x9f\xc2\x98\xc2\x80");  // U+1F600
    CHECK(once(hangul_twice) == hangul);
}

TEST_CASE("every text that is encoded twice comes back") {
    std::string all;
    for (unsigned unit = 1; unit < 0xd800; unit += unit < 0x900 ? 1 : 97) {
        if (unit < 0x80) {
            all.push_back(static_cast<char>(unit));
        } else if (unit < 0x800) {
            all.push_back(static_cast<char>(0xc0 | unit >> 6));
            all.push_back(static_cast<char>(0x80 | (unit & 0x3f)));
        } else {
            all.push_back(static_cast<char>(0xe0 | unit >> 12));
            all.push_back(static_cast<char>(0x80 | (unit >> 6 & 0x3f)));
            all.push_back(static_cast<char>(0x80 | (unit & 0x3f)));
        }
    }
    CHECK(once(twice(all)) == all);
    CHECK(once("") == "");
    CHECK(once("ascii") == "ascii");
}

TEST_CASE("text that is encoded once is told from it") {
    CHECK(once(hangul) == "not twice");      // above U+00FF
    CHECK(once("\xc4\x80") == "not twice");  // U+0100, the first of those
    CHECK(once("\xc3\xa9") == "not twice");  // U+00E9: a byte that begins three
    CHECK(once("\xc3\xa9\xc2\xbb") == "not twice");
    CHECK(once("\xc2\xab") == "not twice");  // a continuation with nothing to continue
    CHECK(once("\xf0\x9f\x98\x80") == "not twice");
    CHECK(once(std::string(hangul_twice) + "\xc3\xa9") == "not twice");
    CHECK(once(std::string(hangul_twice) + std::string(hangul)) == "not twice");
}

TEST_CASE("half of a surrogate pair becomes one U+FFFD") {
    // U+D800, U+DFFF as wtf-8 writes them.
    CHECK(once(twice("a\xed\xa0\x80z")) == "a\xef\xbf\xbdz");
    CHECK(once(twice("\xed\xbf\xbf")) == "\xef\xbf\xbd");
    // U+D7FF is none; a surrogate that is cut off is no text.
    CHECK(once(twice("\xed\x9f\xbf")) == "\xed\x9f\xbf");
    CHECK(once(twice("\xed\xa0")) == "not twice");
    CHECK(once(twice("\xed\xa0"
                     "a")) == "not twice");
    CHECK(once(twice("\xed")) == "not twice");
}

TEST_CASE("ASCII is told from the rest") {
    CHECK(is_ascii(""));
    CHECK(is_ascii(std::string(100, '\x7f')));
    CHECK_FALSE(is_ascii(std::string(99, 'x') + "\x80"));
}
