#include "sockjs/body_readers.hpp"

#include "sockjs/envelopes.hpp"
#include "support/feed.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace anywire;
using namespace anywire::sockjs;
using namespace std::literals;

namespace {

/// The same however the bytes are cut: each found thing in brackets, `!` after an error.
template <class Reader, class Show>
std::string found(std::string_view bytes, std::size_t limit, Show show) {
    std::string result;
    bool first = true;
    test::feed_every_way(bytes, [&](auto next_piece) {
        Reader reader{limit};
        std::string out;
        for (auto piece = next_piece(); !piece.empty(); piece = next_piece()) {
            std::vector<char> const exact(piece.begin(), piece.end());
            std::string_view in{exact.data(), exact.size()};
            while (auto const one = reader.next(in)) out += "[" + show(*one) + "]";
            CHECK(in.empty());
        }
        if (reader.error()) {
            CHECK(reader.error() == errc::message_too_big);
            out += '!';
        }
        if (first) result = out;
        CHECK(out == result);
        first = false;
    });
    return result;
}

std::string lines(std::string_view bytes, std::size_t limit = 4096) {
    return found<line_reader>(
        bytes, limit, [](std::string_view line) { return std::string{line}; });
}

std::string events(std::string_view bytes, std::size_t limit = 4096) {
    return found<event_stream_reader>(bytes, limit, [](event_stream_reader::event const& e) {
        auto const type = e.type == "message" ? std::string{} : std::string{e.type} + "|";
        return type + std::string{e.data};
    });
}

std::string unescaped(std::string_view data) {
    std::string room;
    return std::string{decode_event_data(data, room)};
}

}  // namespace

TEST_CASE("each line of a body is a frame") {
    CHECK(lines("o\n") == "[o]");
    CHECK(lines("o\na[\"x\"]\n") == "[o][a[\"x\"]]");
    CHECK(lines("\n\no\n\n") == "[o]");
    CHECK(lines("o\na[") == "[o]");
    CHECK(lines("").empty());
    CHECK(lines(std::string(2048, 'h') + "\no\n") == "[" + std::string(2048, 'h') + "][o]");
}

TEST_CASE("a line over the limit ends the reading, whether or not it ends") {
    CHECK(lines("abcd\n", 4) == "[abcd]");
    CHECK(lines("abcde\nx\n", 4) == "!");
    CHECK(lines("x\nabcde", 4) == "[x]!");
}

TEST_CASE("a reader of lines tells what it holds") {
    line_reader reader{100};
    std::string_view in = "ab";
    CHECK_FALSE(reader.next(in));
    CHECK(reader.has_partial());
    in = "c\n";
    CHECK(reader.next(in) == "abc");
    CHECK_FALSE(reader.has_partial());
    CHECK_FALSE(reader.next(in));
}

TEST_CASE("events are told apart as browsers do") {
    CHECK(events("\r\ndata: o\r\n\r\n") == "[o]");
    CHECK(events("data: a\n\ndata:b\n\ndata:  c\n\n") == "[a][b][ c]");
    CHECK(events("data: a\rdata: b\r\r") == "[a\nb]");
    CHECK(events("data: a\r\n\r\r\ndata: b\n\r") == "[a][b]");
    CHECK(events(":comment\ndata: a\n:\n\n") == "[a]");
    CHECK(events("data\n\n") == "[]");
    CHECK(events("data:\ndata\n\n") == "[\n]");
    CHECK(events("id: 7\nretry: 10\nfoo: x\ndata: a\nDATA: b\n data: c\n\n") == "[a]");
    CHECK(events("event: add\ndata: 1\n\ndata: 2\n\n") == "[add|1][2]");
    CHECK(events("event: lost\n\ndata: 2\n\n") == "[2]");
    CHECK(events("\xef\xbb\xbf"
                 "data: a\n\n\xef\xbb\xbf"
                 "data: b\n\n") == "[a]");
    CHECK(events("data: cut\n").empty());
    CHECK(events("data: cut").empty());
}

TEST_CASE("an event over the limit ends the reading") {
    CHECK(events("data: abcd\n\n", 4) == "[abcd]");
    CHECK(events("data: abcde\n\ndata: x\n\n", 4) == "!");
    CHECK(events("data: ab\ndata: c\n\n", 4) == "[ab\nc]");
    CHECK(events("data: ab\ndata: cd\n\n", 4) == "!");
    CHECK(events("data: x\n\n:" + std::string(20, 'c'), 4) == "[x]!");
    CHECK(events(std::string(20, 'c') + "\ndata: x\n\n", 4) == "!");
}

TEST_CASE("what our server dresses as an event is read back") {
    for (auto const frame :
         {"o"sv, "a[\"100% %25 %2F \xe2\x82\xac\"]"sv, "c[3000,\"Go away!\"]"sv}) {
        std::string body;
        append_prelude(body, envelope_kind::eventsource, {});
        append_dressed(body, envelope_kind::eventsource, {}, frame);
        event_stream_reader reader{1000};
        std::string_view in = body;
        auto const event = reader.next(in);
        REQUIRE(event);
        CHECK(unescaped(event->data) == frame);
        CHECK_FALSE(reader.next(in));
        CHECK(reader.kept_bytes() == 0);
    }
}

TEST_CASE("the data of an event is decoded as the browser's client does, but never refused") {
    CHECK(unescaped("plain") == "plain");
    CHECK(unescaped("%25") == "%");
    CHECK(unescaped("%2525%0a%0D") == "%25\n\r");
    CHECK(unescaped("%00") == "\0"s);
    CHECK(unescaped("%E2%82%AC") == "\xe2\x82\xac");
    CHECK(unescaped("%2F%3b%3F%3A%40%26%3D%2B%24%2C%23") == "%2F%3b%3F%3A%40%26%3D%2B%24%2C%23");
    CHECK(unescaped("100% %x %4 %") == "100% %x %4 %");
}
