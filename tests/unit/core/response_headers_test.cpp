#include <anywire/response_headers.hpp>

#include <catch2/catch.hpp>

#include <string>

using anywire::response_headers;

TEST_CASE("added fields stand in their order, several of a name beside each other") {
    response_headers h;
    CHECK(h.text().empty());
    h.add("Set-Cookie", "a=1");
    h.add("Set-Cookie", "b=2");
    h.add("X-Empty", "");
    h.add("X-Tab", "a\tb");
    h.add("X-Bytes", "\xc3\xa4");
    CHECK(h.text() ==
          "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Empty: \r\nX-Tab: a\tb\r\nX-Bytes: "
          "\xc3\xa4\r\n");
}

TEST_CASE("no name and no value can add a field of its own or end the head") {
    using namespace std::string_literals;
    response_headers h;
    for (auto const& bad : {"a\r\nX: y"s, "a\n"s, "\r"s, "a\0b"s, "\x7f"s, "\x1b"s})
        h.add("A", bad);
    for (auto const& bad : {"A: b\r\nC"s, ""s, "a b"s, "a\0"s, "\xc3"s, "a:"s}) h.add(bad, "v");
    CHECK(h.text().empty());
}
