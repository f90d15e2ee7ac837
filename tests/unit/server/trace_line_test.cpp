#include "trace_line.hpp"

#include <catch2/catch.hpp>

using namespace anywire;

namespace {

std::string line_of(std::string_view data, std::string_view more = {}, std::size_t most = 256) {
    return trace_line(
        "/chat", "::1", "id", {packet_way::in, "websocket", "text", data, more}, most);
}

}  // namespace

TEST_CASE("a line says whose packet it is and what is in it") {
    CHECK(line_of("2probe") == "/chat ::1 id in websocket text 6: 2probe");
    CHECK(trace_line("", "", "id", {packet_way::out, "", "ping", ""}, 9) ==
          "/  id out none ping 0: ");
}

TEST_CASE("no byte of a packet reaches a terminal but printable ASCII") {
    CHECK(line_of("a\\\n\x1b[2J\x7f\xc3\xa9") ==
          R"(/chat ::1 id in websocket text 10: a\x5c\x0a\x1b[2J\x7f\xc3\xa9)");
}

TEST_CASE("what is beyond the most bytes is left out") {
    CHECK(line_of("abcdef", {}, 3) == "/chat ::1 id in websocket text 6: abc...");
    CHECK(line_of("abc", "def", 4) == "/chat ::1 id in websocket text 6: abcd...");
    CHECK(line_of("abc", "def", 6) == "/chat ::1 id in websocket text 6: abcdef");
    CHECK(line_of("abc", {}, 0) == "/chat ::1 id in websocket text 3: ...");
}
