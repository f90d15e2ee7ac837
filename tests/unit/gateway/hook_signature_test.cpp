#include "hook_signature.hpp"

#include <catch2/catch.hpp>

using namespace anywire::gateway;

TEST_CASE("a POST's signature is what others compute of its parts") {
    // Of Python: hmac.new(b"secret", b"1700000000.abc.2.TEXT 5\r\nhello\r\n", "sha256").hexdigest()
    CHECK(sign_hook("secret", "1700000000", "abc", "2", "TEXT 5\r\nhello\r\n") ==
          "sha256=ffdbe962f103092ea6445481042dcab2d965c016772d0919569350993abe814d");
}

TEST_CASE("the token of GRIP is one that JWT libraries read") {
    // What HS256 makes of {"alg":"HS256","typ":"JWT"} and {"iss":"anywire","exp":1700003600}.
    CHECK(make_grip_token("secret", 1'700'003'600) ==
          "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJhbnl3aXJlIiwiZXhwIjoxNzAwMDAzNjAwfQ."
          "qlLr5sgBQjwTcEVBqPKyMAMATGWqwTf_c2HMLwGIyqs");
}

TEST_CASE("secrets are the same or not") {
    CHECK(is_same_secret("abc", "abc"));
    CHECK(is_same_secret("", ""));
    CHECK_FALSE(is_same_secret("abc", "abd"));
    CHECK_FALSE(is_same_secret("abc", "ab"));
    CHECK_FALSE(is_same_secret("abc", ""));
}
