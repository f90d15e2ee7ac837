#include "websocket_events.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire::gateway;

TEST_CASE("events are read as they were written") {
    std::string const long_text(5000, 'x');
    std::string body;
    append_event(body, "OPEN");
    append_event(body, "TEXT", "hello\r\nworld");
    append_event(body, "BINARY", std::string_view("\0\xff", 2));
    append_event(body, "TEXT", "");
    append_event(body, "TEXT", long_text);
    append_event(body,
                 "CLOSE",
                 "\x03\xe8"
                 "bye");
    append_event(body, "PING");
    append_event(body, "DISCONNECT");
    CHECK(body.starts_with("OPEN\r\nTEXT c\r\nhello\r\nworld\r\nBINARY 2\r\n"));
    CHECK(are_events(body));
    event_reader r(body);
    auto const next_is = [&](event_kind what, std::string_view content) {
        auto const e = r.next();
        REQUIRE(e);
        CHECK(e->what == what);
        CHECK(e->content == content);
    };
    next_is(event_kind::open, "");
    next_is(event_kind::text, "hello\r\nworld");
    next_is(event_kind::binary, std::string_view("\0\xff", 2));
    next_is(event_kind::text, "");
    next_is(event_kind::text, long_text);
    next_is(event_kind::close,
            "\x03\xe8"
            "bye");
    next_is(event_kind::other, "");
    next_is(event_kind::disconnect, "");
    CHECK_FALSE(r.next());
    CHECK(r.is_at_end());
}

TEST_CASE("what is no event is not read beyond") {
    auto const body = GENERATE(as<std::string>{},
                               "hello",
                               "OPEN",
                               "OPEN\n",
                               "open\r\n",
                               " 5\r\nhello\r\n",
                               "TEXT \r\n\r\n",
                               "TEXT 5\r\nhell\r\n",
                               "TEXT 5\r\nhelloo\r\n",
                               "TEXT 5\r\nhello",
                               "TEXT -1\r\n\r\n",
                               "TEXT 0x1\r\na\r\n",
                               "TEXT g\r\n\r\n",
                               "TEXT 5 \r\nhello\r\n",
                               "TEXT ffffffffffffffff\r\n\r\n",
                               "TEXT fffffffffffffffff\r\n\r\n",
                               "\r\n");
    CHECK_FALSE(are_events(body));
    CHECK_FALSE(are_events("OPEN\r\n" + body));
    event_reader r(body);
    CHECK_FALSE(r.next());
    CHECK_FALSE(r.is_at_end());
}

TEST_CASE("no events are events, too") {
    CHECK(are_events(""));
}
