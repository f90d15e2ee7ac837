#include "command_line.hpp"

#include <catch2/catch.hpp>

using anywire::gateway::split_command;
using words = std::vector<std::string>;

namespace {

words split(std::string_view text) {
    std::string error;
    auto out = split_command(text, error);
    INFO(error);
    REQUIRE(out);
    return *out;
}

std::string wrong_with(std::string_view text) {
    std::string error;
    CHECK_FALSE(split_command(text, error));
    return error;
}

}  // namespace

TEST_CASE("a command is split at blanks") {
    CHECK(split("cat") == words{"cat"});
    CHECK(split("  /usr/bin/bc \t -l ") == words{"/usr/bin/bc", "-l"});
}

TEST_CASE("quotes keep words together, and make everything in them itself") {
    CHECK(split(R"(sh -c 'read x | cat > "$x" \')") ==
          words{"sh", "-c", R"(read x | cat > "$x" \)"});
    CHECK(split(R"(a "b 'c' $d \" \\ \n")") == words{"a", R"(b 'c' $d " \ \n)"});
    CHECK(split(R"(a ''"" b'c'"d"e)") == words{"a", "", "bcde"});
    CHECK(split(R"(a b\ c \"\'\|\\)") == words{"a", "b c", R"("'|\)"});
}

TEST_CASE("a command that only a shell could run is refused with what to write") {
    for (std::string_view const text :
         {"cat | tee x", "a & b", "a; b", "a > b", "a < b", "a $HOME", "a `b`", "a (b)", "a\nb"}) {
        CAPTURE(text);
        CHECK(wrong_with(text).find("or write sh -c '...'") != std::string::npos);
    }
}

TEST_CASE("a command without a program, or an end of its quotes, is refused") {
    CHECK(wrong_with("").find("names no program") != std::string::npos);
    CHECK(wrong_with("  ").find("names no program") != std::string::npos);
    CHECK(wrong_with("'' a").find("names no program") != std::string::npos);
    CHECK(wrong_with("a 'b").find("a ' lacks its end") != std::string::npos);
    CHECK(wrong_with("a \"b\\\"").find("a \" lacks its end") != std::string::npos);
    CHECK(wrong_with("a b\\").find("ends in a \\") != std::string::npos);
    CHECK(wrong_with(std::string_view("a\0b", 3)).find("NUL") != std::string::npos);
    CHECK(wrong_with(std::string_view("a '\0'", 5)).find("NUL") != std::string::npos);
}
