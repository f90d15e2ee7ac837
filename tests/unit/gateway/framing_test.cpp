#include "framing.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire::gateway;
using namespace std::string_literals;

namespace {

using strings = std::vector<std::string>;

std::string_view name_of(deframed what) {
    switch (what) {
        case deframed::nothing: return "nothing";
        case deframed::message: return "message";
        case deframed::too_long: return "too long";
        case deframed::not_utf8: return "not UTF-8";
        case deframed::cut_off: return "cut off";
    }
    return {};
}

/// What a stream brings that comes in pieces of `step` bytes and then ends: messages in brackets,
/// and what is wrong.
strings read_all(framing_options const& options, std::string_view bytes, std::size_t step) {
    strings out;
    deframer d(options);
    auto const note = [&out](deframed_message const& m) {
        if (m.what == deframed::message)
            out.push_back('[' + std::string(m.data) + ']');
        else if (m.what != deframed::nothing)
            out.emplace_back(name_of(m.what));
        return m.what == deframed::message;
    };
    while (!bytes.empty()) {
        auto piece = bytes.substr(0, step);
        bytes.remove_prefix(piece.size());
        while (note(d.next(piece))) {
        }
        if (!out.empty() && out.back().front() != '[') return out;
    }
    note(d.finish());
    return out;
}

/// The same whole and byte by byte, which has to be the same.
strings read_in(framing_options const& options, std::string_view bytes) {
    auto const whole = read_all(options, bytes, bytes.size() + 1);
    for (std::size_t step = 1; step < std::min<std::size_t>(bytes.size(), 12); ++step)
        CHECK(read_all(options, bytes, step) == whole);
    return whole;
}

framing_options lines(std::size_t most = 100) {
    return {.kind = framing_kind::lines, .max_message = most};
}
framing_options length32(std::size_t most = 100) {
    return {.kind = framing_kind::length32, .binary = true, .max_message = most};
}

std::string framed_as(framing_kind kind, std::string_view message) {
    std::string out;
    CHECK(append_framed(out, kind, message) == unframed::no);
    return out;
}

}  // namespace

TEST_CASE("a line is a message, whichever way it ends") {
    CHECK(read_in(lines(), "one\ntwo\r\n\n\r\nfive\n") ==
          strings{"[one]", "[two]", "[]", "[]", "[five]"});
    CHECK(read_in(lines(), "") == strings{});
}

TEST_CASE("the last line needs no end") {
    CHECK(read_in(lines(), "one\nlast") == strings{"[one]", "[last]"});
    CHECK(read_in(lines(), "one\n") == strings{"[one]"});
    CHECK(read_in(lines(), "half an end\r") == strings{"[half an end\r]"});
}

TEST_CASE("a CR that ends no line is part of it") {
    CHECK(read_in(lines(), "a\rb\n\rc\r\r\n") == strings{"[a\rb]", "[\rc\r]"});
}

TEST_CASE("a line may be as long as the limit, its end not counted") {
    CHECK(read_in(lines(4), "1234\n1234\r\n1234") == strings{"[1234]", "[1234]", "[1234]"});
    CHECK(read_in(lines(4), "12345\n") == strings{"too long"});
    CHECK(read_in(lines(4), "12345\r\n") == strings{"too long"});
    CHECK(read_in(lines(4), "12345") == strings{"too long"});
    CHECK(read_in(lines(4), "1234\r") == strings{"too long"});
    CHECK(read_in(lines(4), "1234\r\r\n") == strings{"too long"});
    CHECK(read_in(lines(4), "ok\n1234567890") == strings{"[ok]", "too long"});
    CHECK(read_in(lines(0), "\n\r\n") == strings{"[]", "[]"});
}

TEST_CASE("a line that never ends is refused as soon as it is too long") {
    deframer d(lines(1'000));
    std::string const piece(100, 'x');
    for (int i = 0; i < 10; ++i) {
        std::string_view in = piece;
        CHECK(d.next(in).what == deframed::nothing);
    }
    std::string_view in = piece;
    CHECK(d.next(in).what == deframed::too_long);
    in = "\nfine\n";
    CHECK(d.next(in).what == deframed::too_long);
    CHECK(in.empty());
    CHECK(d.finish().what == deframed::too_long);
}

TEST_CASE("a text has to be UTF-8, bytes need not be") {
    CHECK(read_in(lines(), "gr\xc3\xbc\xc3\x9f\n\xff\nmore\n") ==
          strings{"[gr\xc3\xbc\xc3\x9f]", "not UTF-8"});
    CHECK(read_in(lines(), "cut \xc3\n") == strings{"not UTF-8"});
    CHECK(read_in(lines(), "cut \xc3") == strings{"not UTF-8"});
    auto bytes = lines();
    bytes.binary = true;
    CHECK(read_in(bytes, "\xff\n"s + '\0' + "\n") == strings{"[\xff]", "["s + '\0' + "]"});
}

TEST_CASE("a length of 32 bits goes before a message") {
    auto const bytes = "\0\0\0\5one\r\n\0\0\0\0\0\0\0\3two"s;
    CHECK(read_in(length32(), bytes) == strings{"[one\r\n]", "[]", "[two]"});
    CHECK(read_in(length32(), "") == strings{});
}

TEST_CASE("a stream that ends within a message has cut it off") {
    for (auto const& bytes : {"\0"s, "\0\0\0\5"s, "\0\0\0\5four"s})
        CHECK(read_in(length32(), bytes) == strings{"cut off"});
}

TEST_CASE("a length beyond the limit is refused before its message") {
    CHECK(read_in(length32(4), "\0\0\0\4four"s) == strings{"[four]"});
    CHECK(read_in(length32(4), "\0\0\0\5"s) == strings{"too long"});
    CHECK(read_in(length32(), "\xff\xff\xff\xff"s) == strings{"too long"});
}

TEST_CASE("text with a length has to be UTF-8, too") {
    auto text = length32();
    text.binary = false;
    CHECK(read_in(text, "\0\0\0\2\xc3\xbc\0\0\0\1\xff"s) == strings{"[\xc3\xbc]", "not UTF-8"});
}

TEST_CASE("what is framed is read as it was") {
    for (auto const kind : {framing_kind::lines, framing_kind::length32})
        for (auto const& message : {""s, "a"s, "gr\xc3\xbc\xc3\x9f"s, "\0"s, std::string(100, 'x')})
            CHECK(read_in({.kind = kind, .max_message = 100}, framed_as(kind, message)) ==
                  strings{'[' + message + ']'});
}

TEST_CASE("a message with a line end is no line") {
    std::string out = "before";
    for (std::string_view const message : {"a\nb", "\n", "a\r", "a\rb", "a\r\nb"}) {
        CHECK(append_framed(out, framing_kind::lines, message) == unframed::has_line_end);
        CHECK(out == "before");
    }
    CHECK(append_framed(out, framing_kind::length32, "a\nb") == unframed::no);
    CHECK(out == "before\0\0\0\3a\nb"s);
}
