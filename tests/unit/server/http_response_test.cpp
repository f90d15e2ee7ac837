#include "http_response.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <string>

using namespace anywire::http;

namespace {

std::string date(std::time_t t) {
    auto const d = http_date(t);
    return {d.data(), d.size()};
}

}  // namespace

TEST_CASE("a head is a status line, its fields and an empty line") {
    std::string out = "before ";
    response_head head(out, 200);
    head.field("Content-Type", "text/plain; charset=UTF-8").content_length(1234567890123);
    head.keep_alive(true).end();
    CHECK(out ==
          "before HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=UTF-8\r\n"
          "Content-Length: 1234567890123\r\n\r\n");
}

TEST_CASE("each version is told what it needs to know of the connection") {
    std::string out;
    response_head(out, 404, 10).keep_alive(true).end();
    CHECK(out == "HTTP/1.0 404 Not Found\r\nConnection: keep-alive\r\n\r\n");
    out.clear();
    response_head(out, 431).keep_alive(false).chunked().end();
    CHECK(out ==
          "HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n"
          "Transfer-Encoding: chunked\r\n\r\n");
}

TEST_CASE("no value can add a field or end the head") {
    std::string out;
    response_head head(out, 299);
    using namespace std::string_literals;
    for (auto const& bad : {"a\r\nX: y"s, "a\n"s, "\r"s, "a\0b"s, "\x7f"s, "\x1b"s})
        head.field("A", bad);
    for (auto const& bad : {"A: b\r\nC"s, ""s, "a b"s, "a\0"s, "\xc3"s}) head.field(bad, "v");
    head.field("Tab", "a\tb").field("Empty", "").end();
    CHECK(out == "HTTP/1.1 299 Unknown\r\nTab: a\tb\r\nEmpty: \r\n\r\n");
}

TEST_CASE("every status this library sends has its words") {
    for (unsigned status : {100U, 101U, 200U, 204U, 304U, 400U, 403U, 404U, 405U, 408U,
                            413U, 414U, 417U, 426U, 429U, 431U, 500U, 501U, 503U, 505U})
        CHECK(reason_phrase(status) != "Unknown");
}

TEST_CASE("dates are in the fixed form of HTTP, whatever the time") {
    CHECK(date(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK(date(951782400) == "Tue, 29 Feb 2000 00:00:00 GMT");
    CHECK(date(-1) == "Wed, 31 Dec 1969 23:59:59 GMT");
    CHECK(date(std::numeric_limits<std::time_t>::max()) == "Fri, 31 Dec 9999 23:59:59 GMT");
    CHECK(date(std::numeric_limits<std::time_t>::min()) == "Sat, 01 Jan 0000 00:00:00 GMT");
}
