#include "core/log_text.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire;

TEST_CASE("what peers name is shown in a line: short, whole characters, no control characters") {
    CHECK(shown("/chat") == "/chat");
    CHECK(shown("") == "");
    CHECK(shown("a\nb\x7f\x1b[0m") == "a?b??[0m");
    CHECK(shown(std::string(64, 'x')) == std::string(64, 'x'));
    CHECK(shown(std::string(65, 'x')) == std::string(64, 'x') + "...");
    CHECK(shown(std::string(63, 'x') + "\u00e9") == std::string(63, 'x') + "...");
    CHECK(shown(std::string(62, 'x') + "\U0001f600") == std::string(62, 'x') + "...");
    CHECK(shown(std::string(62, 'x') + "\u00e9") == std::string(62, 'x') + "\u00e9");
    CHECK(shown(std::string(62, 'x') + "\u00e9z") == std::string(62, 'x') + "\u00e9...");
    CHECK(shown(std::string(100, '\x80')) == "...");
}

TEST_CASE("a line that stands for others says for how many") {
    CHECK(more_like_it(0).empty());
    CHECK(more_like_it(7) == "; 7 more like it");
}
