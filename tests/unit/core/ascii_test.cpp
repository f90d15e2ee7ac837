#include "core/ascii.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire;

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
