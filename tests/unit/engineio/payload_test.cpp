#include "engineio/payload.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace anywire::engineio;
using namespace std::string_literals;

namespace {

// All packets on one line, each as type, `t` or `b`, data; `!` at the end where reading failed.
std::string shown(revision r, std::string_view body, bool binary = false) {
    // The exact size, on the heap, so that AddressSanitizer sees a read past the end.
    std::vector<char> const exact(body.begin(), body.end());
    payload_reader reader(r, {exact.data(), exact.size()}, binary);
    std::string out;
    std::string scratch;
    while (auto const p = reader.next(scratch)) {
        out += digit_of(p->type);
        out.append(p->binary ? "b:" : "t:").append(p->data).push_back(';');
    }
    CHECK_FALSE(reader.next(scratch));
    if (reader.failed()) out += '!';
    return out;
}

std::string shown_v4(std::string_view body) {
    return shown(revision::v4, body);
}
std::string shown_v3(std::string_view body) {
    return shown(revision::v3, body);
}
std::string shown_bytes(std::string_view body) {
    return shown(revision::v3, body, true);
}

std::string payload(revision r, std::vector<outgoing> const& packets) {
    std::string out;
    append_payload(out, r, packets);
    return out;
}

std::string const euro = "\xe2\x82\xac";
std::string const smile = "\xf0\x9f\x98\x80";

}  // namespace

TEST_CASE("v4 packets are told apart by 0x1e") {
    CHECK(shown_v4("4hello") == "4t:hello;");
    CHECK(shown_v4("4a\x1e"
                   "2\x1e"
                   "bAQID\x1e"
                   "4") == "4t:a;2t:;4b:\x01\x02\x03;4t:;");
    CHECK(shown_v4("4" + euro + smile + "\x1e" + "4b") == "4t:" + euro + smile + ";4t:b;");
    CHECK(shown_v4("4\x1e"
                   "5\x1e"
                   "0\x1e"
                   "6") == "4t:;5t:;0t:;6t:;");
}

TEST_CASE("an empty v4 packet fails, wherever it stands") {
    CHECK(shown_v4("") == "!");
    CHECK(shown_v4("\x1e") == "!");
    CHECK(shown_v4("4a\x1e") == "4t:a;!");
    CHECK(shown_v4("\x1e"
                   "4a") == "!");
    CHECK(shown_v4("4a\x1e\x1e"
                   "4b") == "4t:a;!");
}

TEST_CASE("v4 packets in front of a bad one are read, those after are not") {
    CHECK(shown_v4("4a\x1eX\x1e"
                   "4b") == "4t:a;!");
    CHECK(shown_v4("4a\x1e"
                   "bA\x1e"
                   "4b") == "4t:a;!");
}

TEST_CASE("nothing is read after a close packet, and nothing fails there") {
    CHECK(shown_v4("1\x1e"
                   "4a") == "1t:;");
    CHECK(shown_v4("4a\x1e"
                   "1\x1eX") == "4t:a;1t:;");
    CHECK(shown_v3("2:4a1:12:4b") == "4t:a;1t:;");
    CHECK(shown_v3("1:1junk") == "1t:;");
    CHECK(shown_bytes("\0\1\xff"
                      "1junk"s) == "1t:;");
}

TEST_CASE("v4 has no format of bytes") {
    CHECK(shown(revision::v4, "4a", true) == "!");
}

TEST_CASE("v3 lengths count UTF-16 units, the type digit included") {
    CHECK(shown_v3("6:4hello") == "4t:hello;");
    CHECK(shown_v3("2:4" + euro) == "4t:" + euro + ";");
    CHECK(shown_v3("3:4" + smile) == "4t:" + smile + ";");
    CHECK(shown_v3("2:4\xc2\xbc"
                   "2:4\xc2\xbc") == "4t:\xc2\xbc;4t:\xc2\xbc;");
    CHECK(shown_v3("10:b4AQID/w==") == "4b:\x01\x02\x03\xff;");
    CHECK(shown_v3("1:61:1") == "6t:;1t:;");
    CHECK(shown_v3("6:2probe1:2") == "2t:probe;2t:;");
    CHECK(shown_v3("002:4a") == "4t:a;");
}

TEST_CASE("v3 lengths are right for texts of any size and alphabet") {
    auto const letter = GENERATE("a"s, "\xc3\xa9"s, euro, smile);
    for (std::size_t count = 0; count < 200; ++count) {
        std::string text = "4";
        for (std::size_t i = 0; i < count; ++i) text += letter;
        auto const units = 1 + count * (letter == smile ? 2 : 1);
        auto const body = std::to_string(units) + ":" + text;
        CAPTURE(letter, count);
        REQUIRE(shown_v3(body + body) == "4t:" + text.substr(1) + ";4t:" + text.substr(1) + ";");
        REQUIRE(payload(revision::v3, {{text}, {text}}) == body + body);
        // One more than there is, and one that ends inside the pair.
        REQUIRE(shown_v3(std::to_string(units + 1) + ":" + text) == "!");
        if (letter == smile && count != 0)
            REQUIRE(shown_v3(std::to_string(units - 1) + ":" + text) == "!");
    }
}

TEST_CASE("v3 packets of no length are skipped") {
    CHECK(shown_v3("0:") == "");
    CHECK(shown_v3("0:0:0:") == "");
    CHECK(shown_v3("0:2:4a0:") == "4t:a;");
    CHECK(shown_v3("0:1:60:") == "6t:;");
}

TEST_CASE("a v3 body that does not add up fails") {
    for (auto const* body : {"",
                             ":",
                             "1",
                             "12",
                             "1:",
                             "4hello",
                             "2:4",
                             "10:4a",
                             "-1:4",
                             "+1:4",
                             " 1:4",
                             "1 :4",
                             "1e1:",
                             "1e1:4123456789",
                             "1.0:4",
                             "0x1:4",
                             "1:7",
                             "1:b",
                             "3:b4A",
                             "5:b2AQI",
                             "a:4",
                             "1::",
                             "0:1:",
                             "99999999999:4",
                             "00000000001:4",
                             "18446744073709551617:4",
                             "1\xff"
                             "4",
                             "\xef\xbc\x91:4",
                             "0:x"}) {
        CAPTURE(body);
        CHECK(shown_v3(body) == "!");
    }
    CHECK(shown_v3("2:b4A") == "4b:;!");
    CHECK(shown_v3("2:4a3") == "4t:a;!");
    CHECK(shown_v3("2:4a:") == "4t:a;!");
    CHECK(shown_v3("2:4a9:4b") == "4t:a;!");
    CHECK(shown_v3(std::string(310, '9') + ":4") == "!");
    CHECK(shown_v3(std::string(1'000'000, '1')) == "!");
}

TEST_CASE("a v3 body of bytes holds texts counted in bytes, and messages") {
    CHECK(shown_bytes("\1\5\xff\4\1\2\3\xff\0\6\xff"
                      "4hello"s) == "4b:\1\2\3\xff;4t:hello;");
    CHECK(shown_bytes("\0\4\xff"
                      "4"s +
                      euro) == "4t:" + euro + ";");
    CHECK(shown_bytes("\1\1\xff\4"s) == "4b:;");
    CHECK(shown_bytes("\0\1\2\xff"
                      "4hello world"s) == "4t:hello world;");
    CHECK(shown_bytes("\0\6\xff"
                      "b4AQID"s) == "4b:\1\2\3;");
}

TEST_CASE("text in a body of bytes that is not UTF-8 is repaired") {
    CHECK(shown_bytes("\0\4\xff"
                      "4a\xff"
                      "b"s) ==
          "4t:a\xef\xbf\xbd"
          "b;");
    CHECK(shown_bytes("\0\5\xff"
                      "b4A\xff="s) == "!");
}

TEST_CASE("a v3 body of bytes that does not add up fails") {
    for (auto const& body : {""s,
                             "\0"s,
                             "\0\1"s,
                             "\0\1\xff"s,
                             "\0\xff"s,
                             "\0\0\xff"s,
                             "\1\0\xff"s,
                             "\0\2\xff"
                             "4"s,
                             "\2\1\xff"
                             "4"s,
                             "\1\2\xff"
                             "4a"s,
                             "\1\2\xff\2a"s,
                             "\1\2\xff\7a"s,
                             "\0\1\xff"
                             "7"s,
                             "\0\x0a\xff"
                             "4123456789"s,
                             "\0"
                             "1\xff"
                             "4"s,
                             "6:4hello"s,
                             "\0\1\1\1\1\1\1\1\1\1\1\xff"
                             "4"s}) {
        CAPTURE(body);
        CHECK(shown_bytes(body) == "!");
    }
    CHECK(shown_bytes("\0\2\xff"
                      "4a\0"s) == "4t:a;!");
    CHECK(shown_bytes("\0" + std::string(400, '\1')) == "!");
    CHECK(shown_bytes("\0"s + std::string(1'000'000, '\1')) == "!");
}

TEST_CASE("a body of countless tiny packets is read in one pass") {
    std::string v4;
    std::string v3;
    constexpr std::size_t count = 500'000;
    for (std::size_t i = 0; i < count; ++i) {
        v4 += i == 0 ? "4"
                     : "\x1e"
                       "4";
        v3 += i % 2 == 0 ? "2:4\xc2\xbc" : "1:4";
    }
    for (auto const r : {revision::v3, revision::v4}) {
        payload_reader reader(r, r == revision::v4 ? v4 : v3, false);
        std::string scratch;
        std::size_t seen = 0;
        while (reader.next(scratch)) ++seen;
        CHECK(seen == count);
        CHECK_FALSE(reader.failed());
        CHECK(scratch.capacity() == std::string().capacity());
    }
}

TEST_CASE("a v4 payload joins packets, binary ones as base64") {
    CHECK(payload(revision::v4, {}) == "");
    CHECK(payload(revision::v4, {{"4hello"}}) == "4hello");
    CHECK(payload(revision::v4, {{"4a"}, {"\1\2\3\4", true}, {"2"}}) ==
          "4a\x1e"
          "bAQIDBA==\x1e"
          "2");
    CHECK(payload(revision::v4, {{"6"}, {"1"}}) ==
          "6\x1e"
          "1");
}

TEST_CASE("a v3 payload of texts counts their units") {
    CHECK(payload(revision::v3, {}) == "0:");
    CHECK(payload(revision::v3, {{"6"}, {"1"}}) == "1:61:1");
    CHECK(payload(revision::v3, {{"4" + euro}, {"4" + smile}}) == "2:4" + euro + "3:4" + smile);
    CHECK(payload(revision::v3, {{"b4AQID/w=="}}) == "10:b4AQID/w==");
}

TEST_CASE("a v3 payload with a binary packet is all bytes") {
    std::vector<outgoing> const packets{{"\4\1\2\3\xff", true}, {"4hello"}};
    CHECK(needs_binary_payload(revision::v3, packets));
    CHECK_FALSE(needs_binary_payload(revision::v4, packets));
    CHECK_FALSE(needs_binary_payload(revision::v3, std::vector<outgoing>{{"4hello"}}));
    CHECK(payload(revision::v3, packets) ==
          "\1\5\xff\4\1\2\3\xff\0\6\xff"
          "4hello"s);
    auto const text = "4" + euro + std::string(120, 'x');
    CHECK(payload(revision::v3, {{text}, {"\4", true}}) == "\0\1\2\4\xff"s + text + "\1\1\xff\4"s);
}

TEST_CASE("a payload is appended to what is there") {
    std::string out = "head";
    append_payload(out, revision::v4, std::vector<outgoing>{{"4a"}, {"4b"}});
    CHECK(out ==
          "head4a\x1e"
          "4b");
}
