// What a server may send, and what it may not: nothing is kept beyond the limits.

#include "resp.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace anywire;
using namespace anywire::redis;

namespace {

std::string shown(reply const& r) {
    switch (r.kind) {
        case reply_kind::nil: return "nil";
        case reply_kind::status: return "+" + r.text;
        case reply_kind::error: return "-" + r.text;
        case reply_kind::integer: return ":" + std::to_string(r.integer);
        case reply_kind::string: return "'" + r.text + "'";
        case reply_kind::array: break;
    }
    std::string out = "[";
    for (auto const& e : r.elements) out += (out.size() > 1 ? " " : "") + shown(e);
    return out + "]";
}

/// All that is read of `bytes`, fed in pieces of so many; the failure as the last.
std::vector<std::string> read(std::string_view bytes, std::size_t piece, limits const& l = {}) {
    using event = reply_reader::event;
    reply_reader reader(l);
    std::vector<std::string> out;
    while (!bytes.empty()) {
        auto const now = bytes.substr(0, piece);
        bytes.remove_prefix(now.size());
        reader.feed(now);
        for (auto e = reader.next(); e != event::more; e = reader.next()) {
            if (e == event::failed) {
                out.push_back(reader.error().message() + ": " + reader.text());
                return out;
            }
            out.push_back(shown(reader.take()));
        }
    }
    return out;
}

using lines = std::vector<std::string>;

}  // namespace

TEST_CASE("answers of every kind are read, in whatever pieces they come") {
    auto const piece = GENERATE(1u, 2u, 3u, 7u, 16'384u);
    CHECK(read("+OK\r\n-ERR no\r\n:-42\r\n$3\r\na\r\n\r\n$-1\r\n$0\r\n\r\n", piece) ==
          lines{"+OK", "-ERR no", ":-42", "'a\r\n'", "nil", "''"});
    CHECK(read("*3\r\n$7\r\nmessage\r\n*2\r\n:1\r\n*0\r\n*-1\r\n*1\r\n$1\r\nx\r\n", piece) ==
          lines{"['message' [:1 []] nil]", "['x']"});
    CHECK(read("*2\r\n*2\r\n:1\r\n:2\r\n*1\r\n:3\r\n:4\r\n", piece) ==
          lines{"[[:1 :2] [:3]]", ":4"});
}

TEST_CASE("long strings arrive whole") {
    std::string const text(1'000'000, 'x');
    auto const got = read("$1000000\r\n" + text + "\r\n+next\r\n", 16'384);
    REQUIRE(got.size() == 2);
    CHECK(got[0].size() == text.size() + 2);
    CHECK(got[1] == "+next");
}

TEST_CASE("what is not RESP is refused") {
    auto const* const bytes = GENERATE("HTTP/1.1 200 OK\r\n\r\n",
                                       "!\r\n",
                                       ":12x\r\n",
                                       ":\r\n",
                                       "$x\r\n",
                                       "$-7\r\n",
                                       "*-7\r\n",
                                       "*x\r\n",
                                       "*2\r\n:1\r\n?\r\n",
                                       "$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                                       "$111111111111111111111111111111111111111111111");
    auto const got = read(bytes, GENERATE(1u, 16'384u));
    REQUIRE(got.size() == 1);
    CHECK(got[0].find(": ") != std::string::npos);
}

TEST_CASE("what passes a limit is refused before it is stored") {
    limits l;
    l.max_string = 1'000;
    l.max_reply = 4'000;
    l.max_elements = 10;
    l.max_nesting = 3;
    auto const refused = [&](std::string const& bytes) {
        auto const got = read(bytes, 16'384, l);
        REQUIRE(got.size() == 1);
        CHECK(got[0].starts_with(error_code(redis::errc::reply_too_big).message()));
    };
    SECTION("a string, by what its length says") {
        refused("$1001\r\n");
    }
    SECTION("a string of an absurd length") {
        refused("$9223372036854775807\r\n");
    }
    SECTION("the elements of an array, by what their number says") {
        refused("*11\r\n");
    }
    SECTION("an absurd number of elements") {
        auto const got = read("*99999999999\r\n", 16'384, l);
        CHECK(got.size() == 1);
    }
    SECTION("nesting") {
        CHECK(read("*1\r\n*1\r\n*1\r\n:1\r\n", 16'384, l) == lines{"[[[:1]]]"});
        refused("*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n");
    }
    SECTION("an answer as a whole") {
        std::string bytes = "*10\r\n";
        for (int i = 0; i < 10; ++i) bytes += "$900\r\n" + std::string(900, 'x') + "\r\n";
        refused(bytes);
    }
    SECTION("many small elements") {
        std::string bytes = "*10\r\n";
        for (int i = 0; i < 10; ++i) {
            bytes += "*10\r\n";
            for (int k = 0; k < 10; ++k) bytes += ":1\r\n";
        }
        refused(bytes);
    }
    SECTION("a line") {
        refused("+" + std::string(40'000, 'x'));
    }
    SECTION("an error") {
        refused("-" + std::string(40'000, 'x'));
    }
}

TEST_CASE("nesting deeper than hiredis goes is refused") {
    std::string bytes;
    for (int i = 0; i < 12; ++i) bytes += "*1\r\n";
    CHECK(read(bytes + ":1\r\n", 16'384).size() == 1);
}

TEST_CASE("commands are arrays of strings") {
    std::string out;
    append_command(out, std::vector<std::string>{"SET", "a key", std::string("\0\r\n", 3)});
    CHECK(out == std::string("*3\r\n$3\r\nSET\r\n$5\r\na key\r\n$3\r\n\0\r\n\r\n", 33));
}

TEST_CASE("codes are whole words") {
    CHECK(has_code("MOVED 1 a:1", "MOVED"));
    CHECK(has_code("ASK", "ASK"));
    CHECK_FALSE(has_code("ASKING", "ASK"));
    CHECK_FALSE(has_code("", "ASK"));
}
