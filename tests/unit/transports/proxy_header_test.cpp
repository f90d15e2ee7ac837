#include "proxy_header.hpp"

#include "support/proxy_headers.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

using namespace anywire::http;
using namespace anywire::test;
using status = proxy_header_reader::status;

namespace {

/// What comes of a header: "address scheme", what is wrong, or "more"; the same however it is cut,
/// and whatever follows it.
std::string read_whole(std::string_view bytes, std::size_t& used) {
    proxy_header_reader reader;
    switch (reader.feed(bytes, used)) {
        case status::done:
            return reader.client().address + (reader.client().is_secure ? " https" : " http");
        case status::error: return std::string(reader.error_text());
        case status::more: return "more";
    }
    return {};
}

std::string read_by_bytes(std::string_view bytes) {
    proxy_header_reader reader;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        std::size_t used = 0;
        auto const what = reader.feed(bytes.substr(i, 1), used);
        if (what == status::error) return std::string(reader.error_text());
        CHECK(used == 1);
        if (what == status::more) continue;
        CHECK(i + 1 == bytes.size());
        return reader.client().address + (reader.client().is_secure ? " https" : " http");
    }
    return "more";
}

std::string read(std::string const& header) {
    CAPTURE(header);
    std::size_t used = 0;
    auto const found = read_whole(header + "GET / HTTP/1.1\r\n", used);
    if (found.ends_with("http") || found.ends_with("https")) CHECK(used == header.size());
    CHECK(read_by_bytes(header) == found);
    return found;
}

std::string const malformed = "its line is malformed";
std::string const bad_fields = "its fields are malformed";
std::string const other = "it begins with something else";

}  // namespace

TEST_CASE("version 1 says the client's address") {
    CHECK(read("PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n") == "192.0.2.7 http");
    CHECK(read("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n") ==
          "255.255.255.255 http");
    CHECK(read("PROXY TCP6 2001:db8::1 ::1 1 0\r\n") == "2001:db8::1 http");
    CHECK(read("PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n") == "192.0.2.7 http");
    CHECK(read("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
               "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n") ==
          "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff http");
}

TEST_CASE("version 1 may not know the client") {
    CHECK(read("PROXY UNKNOWN\r\n") == " http");
    CHECK(read("PROXY UNKNOWN ffff:f...f:ffff whatever 65535 65535\r\n") == " http");
}

TEST_CASE("a line of version 1 is exactly that") {
    for (auto const* line : {"PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\n",
                             "PROXY TCP4 192.0.2.7 198.51.100.1 56324\r\n",
                             "PROXY TCP4 192.0.2.7 198.51.100.1 56324 443 \r\n",
                             "PROXY TCP4 192.0.2.7 198.51.100.1 56324 443 1\r\n",
                             "PROXY TCP4  192.0.2.7 198.51.100.1 56324 443\r\n",
                             "PROXY TCP4 192.0.2.7 198.51.100.1 65536 443\r\n",
                             "PROXY TCP4 192.0.2.7 198.51.100.1 -1 443\r\n",
                             "PROXY TCP4 192.0.2.7 198.51.100.1 +1 443\r\n",
                             "PROXY TCP4 192.0.2.7 198.51.100.1 01 443\r\n",
                             "PROXY TCP4 192.0.2.7 198.51.100.1 1 \r\n",
                             "PROXY TCP4 192.0.2.007 198.51.100.1 1 2\r\n",
                             "PROXY TCP4 192.0.2 198.51.100.1 1 2\r\n",
                             "PROXY TCP4 2001:db8::1 ::1 1 2\r\n",
                             "PROXY TCP6 192.0.2.7 198.51.100.1 1 2\r\n",
                             "PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n",
                             "PROXY TCP5 192.0.2.7 198.51.100.1 1 2\r\n",
                             "PROXY tcp4 192.0.2.7 198.51.100.1 1 2\r\n",
                             "PROXY UNKNOWNS\r\n",
                             "PROXY UNKNOWN\r\r\n",
                             "PROXY \r\n"})
        CHECK(read(line) == malformed);
    CHECK(read("PROXY TCP4 " + std::string("1.1.1.1\0 2.2.2.2 1 2\r\n", 22)) == malformed);
    // 107 bytes with its end, and not one more.
    CHECK(read("PROXY UNKNOWN " + std::string(107 - 16, 'x') + "\r\n") == " http");
    CHECK(read("PROXY UNKNOWN " + std::string(107 - 15, 'x') + "\r\n") == "its line is too long");
    CHECK(read("PROXY UNKNOWN " + std::string(4'000'000, 'x')) == "its line is too long");
}

TEST_CASE("what begins with neither version's first bytes is no header") {
    for (auto const* start : {"GET / HTTP/1.1\r\n\r\n",
                              "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                              "proxy TCP4 1.1.1.1 2.2.2.2 1 2\r\n",
                              " PROXY UNKNOWN\r\n",
                              "\r\nPROXY UNKNOWN\r\n",
                              "\r\n\r\nGET / HTTP/1.1\r\n",
                              "\x16\x03\x01\x02"})
        CHECK(read(start) == other);
    CHECK(read_by_bytes("") == "more");
    CHECK(read_by_bytes("PROX") == "more");
    CHECK(read_by_bytes("\r\n\r\n") == "more");
}

TEST_CASE("version 2 says the client's address, and whether it came over TLS") {
    CHECK(read(proxy_v2_of_v4()) == "192.0.2.7 http");
    std::string const v6("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07", 16);
    CHECK(read(proxy_v2(0x21, 0x21, v6 + v6 + number(1, 2) + number(2, 2))) == "2001:db8::7 http");
    std::string const v4_in_v6 = std::string(10, '\0') + "\xff\xff" + std::string("\xc0\0\2\7", 4);
    CHECK(read(proxy_v2(0x21, 0x21, v4_in_v6 + v6 + number(1, 4))) == "192.0.2.7 http");
    CHECK(read(proxy_v2(0x21, 0x31, std::string(216, 'x'))) == "unix: http");
    CHECK(read(proxy_v2_of_v4(proxy_tls_field(true))) == "192.0.2.7 https");
    CHECK(read(proxy_v2_of_v4(proxy_tls_field(false))) == "192.0.2.7 http");
    CHECK(read(proxy_v2_of_v4(
              proxy_field(0x01, "h2") + proxy_field(0x02, "chat.example") +
              proxy_field(0xe0, std::string(3'000, 'x')) +
              proxy_field(0x20, "\x05" + number(1, 4) + proxy_field(0x21, "TLSv1.3")) +
              proxy_field(0x04, ""))) == "192.0.2.7 https");
}

TEST_CASE("version 2 may not know the client") {
    CHECK(read(proxy_v2(0x20, 0x00, "")) == " http");
    CHECK(read(proxy_v2(0x20, 0x11, proxy_addresses_v4 + "rest")) == " http");  // LOCAL
    CHECK(read(proxy_v2(0x20, 0x00, std::string(4'096, 'x'))) == " http");
    CHECK(read(proxy_v2(0x21, 0x00, "")) == " http");
    CHECK(read(proxy_v2(0x21, 0x00, proxy_tls_field(true))) == " https");
    CHECK(read(proxy_v2(0x21, 0x12, proxy_addresses_v4)) == " http");  // UDP
}

TEST_CASE("a header of version 2 that is not valid is refused") {
    for (auto const what : {0x11U, 0x31U, 0x22U, 0x2fU, 0x01U})
        CHECK(read(proxy_v2(what, 0x11, proxy_addresses_v4)) ==
              "its version or command is not known");
    for (auto const family : {0x41U, 0xf1U, 0x13U, 0x1fU})
        CHECK(read(proxy_v2(0x21, family, proxy_addresses_v4)) ==
              "its address family or protocol is not known");
    CHECK(read(proxy_v2(0x21, 0x11, std::string(4'097, '\0'))) == "it is too long");
    CHECK(read(proxy_v2(0x21, 0x11, std::string(65'535, '\0'))) == "it is too long");
    CHECK(read(proxy_v2(0x21, 0x11, "short")) == bad_fields);
    CHECK(read(proxy_v2(0x21, 0x21, std::string(35, '\0'))) == bad_fields);
    CHECK(read(proxy_v2(0x21, 0x31, std::string(215, '\0'))) == bad_fields);
    CHECK(read(proxy_v2_of_v4("\x04")) == bad_fields);
    CHECK(read(proxy_v2_of_v4(number(0x04, 1) + number(2, 2) + "x")) == bad_fields);
    CHECK(read(proxy_v2_of_v4(proxy_field(0x20, "\x01"))) == bad_fields);
}

TEST_CASE("a checksum has to be right where there is one") {
    CHECK(slow_crc32c("123456789") == 0xe306'9283);
    CHECK(read(proxy_v2_with_crc()) == "192.0.2.7 http");
    CHECK(read(proxy_v2_with_crc(1)) == bad_fields);
    CHECK(read(proxy_v2_of_v4(proxy_field(0x03, "crc"))) == bad_fields);
    auto const crc = proxy_field(0x03, number(0, 4));
    CHECK(read(proxy_v2_of_v4(crc + crc)) == bad_fields);
}
