#include "core/ascii.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace anywire;

namespace {

std::vector<std::string> elements(std::string_view list, char separator = ',') {
    std::vector<std::string> all;
    while (!list.empty()) all.emplace_back(take_element(list, separator));
    return all;
}

}  // namespace

TEST_CASE("a token is made of letters, digits and fifteen marks, and of nothing else") {
    std::string found;
    for (int byte = 0; byte < 256; ++byte)
        if (auto const c = static_cast<char>(byte); is_token_char(c)) found.push_back(c);
    CHECK(found == "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~");
}

TEST_CASE("only the case of ASCII letters is overlooked") {
    CHECK(iequals("Keep-Alive", "kEEP-aLIVE"));
    CHECK_FALSE(iequals("[", "{"));
    CHECK_FALSE(iequals("\xc4", "\xe4"));  // a letter in Latin-1
    CHECK_FALSE(iequals("close", "closed"));
    CHECK(istarts_with("Bearer x", "bearer"));
    CHECK_FALSE(istarts_with("bea", "bearer"));
}

TEST_CASE("a list is cut into trimmed elements, empty ones among them") {
    using strings = std::vector<std::string>;
    CHECK(elements("").empty());
    CHECK(elements("a") == strings{"a"});
    CHECK(elements(" a ,\tb\t, c d ") == strings{"a", "b", "c d"});
    CHECK(elements(",,a,") == strings{"", "", "a"});
    CHECK(elements(" , ") == strings{"", ""});
    CHECK(elements("a=1; b=2;c", ';') == strings{"a=1", "b=2", "c"});
    CHECK(elements(std::string(10'000, ',')).size() == 10'000);
}

TEST_CASE("only blanks are trimmed, and only from the ends") {
    CHECK(trim("\t a b \t") == "a b");
    CHECK(trim(" \t ").empty());
    CHECK(trim("\na\r") == "\na\r");
}
