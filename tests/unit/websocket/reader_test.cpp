#include "websocket/reader.hpp"

#include "support/feed.hpp"
#include "unit/websocket/client_frames.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire;
using namespace anywire::websocket;
using namespace std::literals;
using test::client_frame;
using test::client_message;
using test::close_payload;

namespace {

/// Data as the transcript has it: itself, or its size where it is long.
std::string shown(std::string_view data) {
    std::string out;
    if (data.size() <= 40)
        out.append("(").append(data).append(")");
    else
        out.append("[").append(std::to_string(data.size())).append("]");
    return out;
}

/// Reads and writes down what it found, one word an event.
struct transcript {
    reader_options options{};
    message_reader reader{options};
    std::string heard{};
    std::size_t most_bytes = 0;

    void feed(std::string_view bytes) {
        std::string input{bytes};
        char* at = input.data();
        char* const end = at + input.size();
        for (;;) {
            auto const e = reader.next(at, end);
            most_bytes = std::max(most_bytes, reader.partial_bytes());
            if (e.kind == event_kind::none) break;
            write(e);
        }
        CHECK(at == end);
    }

    void write(event const& e) {
        static constexpr char const* names[] = {
            "none", "text", "binary", "ping", "pong", "close", "error"};
        heard += names[static_cast<std::size_t>(e.kind)];
        if (e.kind == event_kind::error) {
            CHECK_FALSE(e.data.empty());
            heard += std::to_string(e.code);
        } else {
            if (e.kind == event_kind::close) heard += std::to_string(e.code);
            heard += shown(e.data);
        }
        heard += ' ';
    }
};

std::string heard_from(std::string_view bytes, reader_options options = {}) {
    std::string result;
    bool first = true;
    test::feed_every_way(bytes, [&](auto next_piece) {
        transcript t{options};
        for (auto piece = next_piece(); !piece.empty(); piece = next_piece()) t.feed(piece);
        if (first) result = t.heard;
        CHECK(t.heard == result);
        first = false;
    });
    return result;
}

constexpr unsigned fin = 0x80;

}  // namespace

TEST_CASE("a frame that lies in the input whole is borrowed from it, without allocation") {
    reader_options const options;
    message_reader reader{options};
    auto input = client_frame(opcode::text, "hello") + client_frame(opcode::binary, "\xff"sv);
    char* at = input.data();
    char* const end = at + input.size();

    auto const text = reader.next(at, end);
    CHECK(text.kind == event_kind::text);
    CHECK(text.data == "hello");
    CHECK(text.data.data() >= input.data());
    CHECK(text.data.data() < end);
    CHECK(reader.next(at, end).data == "\xff");
    CHECK(reader.next(at, end).kind == event_kind::none);
    CHECK(at == end);
    CHECK(reader.partial_bytes() == 0);
}

TEST_CASE("messages of every length form are read however they are cut") {
    auto const size = GENERATE(0u, 1u, 16u, 125u, 126u, 127u, 300u);
    auto const payload = std::string(size, '*');
    CHECK(heard_from(client_frame(opcode::binary, payload) + client_frame(opcode::text, payload)) ==
          std::string{"binary"}.append(shown(payload)).append(" text").append(shown(payload)) +
              " ");
}

TEST_CASE("a long message is read in pieces as in one") {
    std::string const payload(70'000, 'x');
    auto const frame = client_frame(opcode::text, payload);
    auto const piece = GENERATE(1'000'000u, 65536u, 1000u, 7u);
    transcript t;
    for (std::size_t i = 0; i < frame.size(); i += piece)
        t.feed(std::string_view{frame}.substr(i, piece));
    CHECK(t.heard == "text[70000] ");
    CHECK(t.most_bytes < 70'000 + 1000);
    t.feed("");
    CHECK(t.reader.partial_bytes() == 0);
}

TEST_CASE("fragments make one message, control frames come through between them") {
    CHECK(heard_from(client_message(opcode::text, "fragments", 2)) == "text(fragments) ");
    CHECK(heard_from(client_frame(opcode::text, "ab", false) + client_frame(opcode::ping, "p") +
                     client_frame(opcode::continuation, "", false) +
                     client_frame(opcode::pong, "") + client_frame(opcode::continuation, "cd")) ==
          "ping(p) pong() text(abcd) ");
    CHECK(heard_from(client_message(opcode::binary, "", 5) +
                     client_message(opcode::text, "x", 1)) == "binary() text(x) ");
    CHECK(heard_from(client_frame(opcode::text, "", false) +
                     client_frame(opcode::continuation, "")) == "text() ");
    CHECK(heard_from(client_frame(opcode::ping, std::string(125, '.'))) == "ping[125] ");
}

TEST_CASE("frames that break a rule end in error 1002 and nothing after them is heard") {
    auto const bytes =
        GENERATE(client_frame(fin | 0x40 | 1, "rsv1"),
                 client_frame(fin | 0x20 | 1, "rsv2"),
                 client_frame(fin | 0x10 | 2, "rsv3"),
                 client_frame(fin | 0x40 | 9, "rsv1"),
                 client_frame(fin | 3, ""),
                 client_frame(fin | 7, "reserved"),
                 client_frame(fin | 11, ""),
                 client_frame(fin | 15, "reserved"),
                 "\x81\x05hello"s,
                 client_frame(opcode::ping, "", false),
                 client_frame(opcode::close, "", false),
                 client_frame(opcode::ping, std::string(126, '.')),
                 client_frame(opcode::continuation, "x"),
                 client_frame(opcode::continuation, "x", false),
                 client_frame(opcode::text, "a", false) + client_frame(opcode::text, "b"),
                 client_frame(opcode::text, "a", false) + client_frame(opcode::binary, "b", false),
                 test::client_header(fin | 1, 5, 2) + "hello",
                 test::client_header(fin | 1, 5, 8) + "hello",
                 test::client_header(fin | 1, 65535, 8),
                 test::client_header(fin | 1, 1ull << 63, 8),
                 client_frame(opcode::close, "x"));
    CAPTURE(bytes);
    CHECK(heard_from(bytes + client_frame(opcode::text, "more")) == "error1002 ");
}

TEST_CASE("after an error the reader takes everything and says nothing") {
    transcript t;
    t.feed(client_frame(opcode::text, "a", false) + client_frame(opcode::text, "b"));
    CHECK(t.heard == "error1002 ");
    CHECK_FALSE(t.reader.has_partial());
    CHECK(t.reader.partial_bytes() == 0);
    t.feed(client_frame(opcode::text, "more"));
    CHECK(t.heard == "error1002 ");
}

TEST_CASE("a close gives its code and reason, and ends what is heard") {
    auto const more = client_frame(opcode::text, "more") + client_frame(opcode::close, "");
    CHECK(heard_from(client_frame(opcode::close, "") + more) == "close1005() ");
    CHECK(heard_from(client_frame(opcode::close, close_payload(1000)) + more) == "close1000() ");
    CHECK(heard_from(client_frame(opcode::close, close_payload(4999, "bye \xe2\x82\xac"))) ==
          "close4999(bye \xe2\x82\xac) ");
    CHECK(heard_from(client_frame(opcode::text, "half", false) +
                     client_frame(opcode::close, close_payload(1001, "gone"))) ==
          "close1001(gone) ");
}

TEST_CASE("a close with a code that may not be sent is error 1002, one with a bad reason 1007") {
    auto const code = GENERATE(0u, 999u, 1004u, 1005u, 1006u, 1015u, 1016u, 2999u, 5000u, 65535u);
    CAPTURE(code);
    CHECK(heard_from(client_frame(opcode::close, close_payload(code))) == "error1002 ");
    CHECK(heard_from(client_frame(opcode::close, close_payload(1000, "\xed\xa0\x80"))) ==
          "error1007 ");
    CHECK(heard_from(client_frame(opcode::close, close_payload(1000, "\xe2\x82"))) == "error1007 ");
}

TEST_CASE("text must be UTF-8, binary need not") {
    auto const bad = GENERATE("\xed\xa0\x80"s, "a\xc0\xaf"s, "\xe2\x82"s, "\xf4\x90\x80\x80"s);
    for (std::size_t const size : {1u, 2u, 100u}) {
        CHECK(heard_from(client_message(opcode::text, bad, size)) == "error1007 ");
        CHECK(heard_from(client_message(opcode::binary, bad, size)) ==
              std::string{"binary"}.append(shown(bad)).append(" "));
    }
    CHECK(heard_from(client_message(opcode::text, "\xf0\x9f\x92\xa9", 1)) ==
          "text(\xf0\x9f\x92\xa9) ");
}

TEST_CASE("text is refused at the first byte that cannot be UTF-8, inside an unfinished frame") {
    auto const frame = client_frame(opcode::text, "abc\xf4\x90 and a tail that never arrives");
    transcript t;
    t.feed(std::string_view{frame}.substr(0, 6 + 4));
    CHECK(t.heard.empty());
    t.feed(std::string_view{frame}.substr(10, 1));
    CHECK(t.heard == "error1007 ");

    transcript fragmented;
    fragmented.feed(client_frame(opcode::text, "\xce\xba\xe1", false));
    fragmented.feed(client_frame(opcode::continuation, "\xbd\xb9\xed", false));
    CHECK(fragmented.heard.empty());
    auto const last = client_frame(opcode::continuation, "\xa0 and more");
    fragmented.feed(std::string_view{last}.substr(0, 7));
    CHECK(fragmented.heard == "error1007 ");
}

TEST_CASE("a message over the limit is refused at its header, before any of it is stored") {
    reader_options const options{.max_message = 1000};
    transcript t{options};
    t.feed(test::client_header(fin | 2, 1001, 2));
    CHECK(t.heard == "error1009 ");

    CHECK(heard_from(client_frame(opcode::binary, std::string(1000, 'x')), options) ==
          "binary[1000] ");
    CHECK(heard_from(client_frame(opcode::binary, std::string(999, 'x'), false) +
                         test::client_header(0, 2, 0),
                     options) == "error1009 ");
    CHECK(heard_from(test::client_header(fin | 2, (1ull << 63) - 1, 8), options) == "error1009 ");
    CHECK(heard_from(test::client_header(2, 1000, 2) + std::string(1000, 'x') +
                         test::client_header(fin, (1ull << 63) - 1, 8),
                     options) == "error1009 ");
}

TEST_CASE("short messages are held to the limit and to their order, too") {
    reader_options const options{.max_message = 10};
    CHECK(heard_from(client_frame(opcode::text, "0123456789"), options) == "text(0123456789) ");
    CHECK(heard_from(client_frame(opcode::text, "0123456789a"), options) == "error1009 ");
    CHECK(heard_from(client_frame(opcode::binary, "0123456789a"), options) == "error1009 ");
    auto const inside = client_frame(opcode::text, "a", false) + client_frame(opcode::text, "b");
    CHECK(heard_from(inside) == "error1002 ");
    auto const after = client_frame(opcode::close, "") + client_frame(opcode::text, "b");
    CHECK(heard_from(after) == "close1005() ");
    auto const bad = client_frame(opcode::text, "\xff") + client_frame(opcode::text, "b");
    CHECK(heard_from(bad) == "error1007 ");
}

TEST_CASE("an announced length allocates nothing") {
    reader_options const options{.max_message = 1u << 30};
    transcript t{options};
    t.feed(test::client_header(fin | 2, 1u << 30, 8) + "first bytes");
    CHECK(t.reader.has_partial());
    CHECK(t.most_bytes < 1000);
}

TEST_CASE("fragments cost no memory each, and are counted") {
    reader_options const options{.max_message = 1000, .max_fragments = 100};
    auto const empty = client_frame(opcode::continuation, "", false);
    transcript t{options};
    t.feed(client_frame(opcode::text, "", false));
    for (int i = 1; i < 100; ++i) t.feed(empty);
    CHECK(t.heard.empty());
    CHECK(t.most_bytes < 1000);
    t.feed(empty);
    CHECK(t.heard == "error1009 ");

    reader_options const unbounded{.max_message = 1000, .max_fragments = 0};
    transcript u{unbounded};
    u.feed(client_frame(opcode::text, "", false));
    for (int i = 0; i < 20'000; ++i) u.feed(empty);
    u.feed(client_frame(opcode::continuation, "end"));
    CHECK(u.heard == "text(end) ");
    CHECK(u.most_bytes < 1000);
}

TEST_CASE("what is unfinished is known, and its memory is freed once it is finished") {
    transcript t;
    CHECK_FALSE(t.reader.has_partial());
    auto const ping = client_frame(opcode::ping, "abc");
    t.feed(std::string_view{ping}.substr(0, 1));
    CHECK(t.reader.has_partial());
    t.feed(std::string_view{ping}.substr(1, 7));
    CHECK(t.reader.has_partial());
    t.feed(std::string_view{ping}.substr(8));
    CHECK(t.heard == "ping(abc) ");
    CHECK_FALSE(t.reader.has_partial());
    CHECK(t.reader.partial_bytes() == 0);

    t.feed(client_frame(opcode::text, "one", false));
    CHECK(t.reader.has_partial());
    CHECK(t.reader.partial_bytes() > 0);
    t.feed(client_frame(opcode::continuation, "two"));
    CHECK(t.heard == "ping(abc) text(onetwo) ");
    CHECK_FALSE(t.reader.has_partial());
    CHECK(t.reader.partial_bytes() == 0);
}

TEST_CASE("a reader is small and may be moved in the middle of a message") {
    CHECK(sizeof(message_reader) <= 24);
    transcript t;
    t.feed(client_frame(opcode::text, "one", false));
    message_reader moved{std::move(t.reader)};
    auto input = client_frame(opcode::continuation, "two");
    char* at = input.data();
    CHECK(moved.next(at, at + input.size()).data == "onetwo");
}
