#include "engineio/packet.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

using namespace anywire::engineio;

namespace {

std::string scratch;

// A packet on one line, to compare: type, `t` or `b`, data.
std::string shown(revision r, std::string_view message, bool binary) {
    auto const p = decode_frame(r, message, binary, scratch);
    if (!p) return "none";
    return digit_of(p->type) + std::string(p->binary ? "b:" : "t:").append(p->data);
}

std::string shown_text(revision r, std::string_view message) {
    return shown(r, message, false);
}
std::string shown_bytes(revision r, std::string_view message) {
    return shown(r, message, true);
}

}  // namespace

TEST_CASE("a text frame is a digit and data in either revision") {
    auto const r = GENERATE(revision::v3, revision::v4);
    CHECK(shown_text(r, "0{}") == "0t:{}");
    CHECK(shown_text(r, "1") == "1t:");
    CHECK(shown_text(r, "2probe") == "2t:probe");
    CHECK(shown_text(r, "3") == "3t:");
    CHECK(shown_text(r, "4hello") == "4t:hello");
    CHECK(shown_text(r, "4") == "4t:");
    CHECK(shown_text(r, "4\xe2\x82\xac") == "4t:\xe2\x82\xac");
    CHECK(shown_text(r, "5") == "5t:");
    CHECK(shown_text(r, "6") == "6t:");
    CHECK(shown_text(r, {"4a\0b", 4}) == std::string("4t:a\0b", 6));
    CHECK(shown_text(r,
                     "4a\x1e"
                     "4b") ==
          "4t:a\x1e"
          "4b");
}

TEST_CASE("an empty text or an unknown type is no packet") {
    auto const r = GENERATE(revision::v3, revision::v4);
    for (auto const* text : {"", "7", "9x", "/", ":", "a", "B", " 4", "-1", "\xff", "{}"}) {
        CAPTURE(text);
        CHECK(shown_text(r, text) == "none");
    }
    CHECK(shown_text(r, {"\0", 1}) == "none");
    CHECK(shown_text(r, "\x04") == "none");
}

TEST_CASE("base64 in a text frame is a binary message, in v3 after the type digit") {
    CHECK(shown_text(revision::v4, "bAQIDBA==") == "4b:\x01\x02\x03\x04");
    CHECK(shown_text(revision::v4, "bAQIDBA") == "4b:\x01\x02\x03\x04");
    CHECK(shown_text(revision::v4, "b") == "4b:");
    CHECK(shown_text(revision::v4, "b4AQI") == "4b:\xe0\x04\x08");
    CHECK(shown_text(revision::v3, "b4AQIDBA==") == "4b:\x01\x02\x03\x04");
    CHECK(shown_text(revision::v3, "b4AQIDBA") == "4b:\x01\x02\x03\x04");
    CHECK(shown_text(revision::v3, "b4") == "4b:");
}

TEST_CASE("what is not base64 after the mark is no packet") {
    for (auto const* text :
         {"bA", "bAQ=", "bAQ===", "bA-_A", "bAQ I", "bAQ\nI", "b====", "bAQ==AQ=="}) {
        CAPTURE(text);
        CHECK(shown_text(revision::v4, text) == "none");
    }
    for (auto const* text : {"b", "b4A", "b2AQI=", "bAQID", "b4A-_A", "b\x04"}) {
        CAPTURE(text);
        CHECK(shown_text(revision::v3, text) == "none");
    }
}

TEST_CASE("a binary frame of v4 is the message itself, be it empty") {
    CHECK(shown_bytes(revision::v4, "\x01\x02") == "4b:\x01\x02");
    CHECK(shown_bytes(revision::v4, "\x04\x02") == "4b:\x04\x02");
    CHECK(shown_bytes(revision::v4, "2") == "4b:2");
    CHECK(shown_bytes(revision::v4, "") == "4b:");
}

TEST_CASE("a binary frame of v3 is a message after the type by value") {
    CHECK(shown_bytes(revision::v3, "\x04\x01\x02") == "4b:\x01\x02");
    CHECK(shown_bytes(revision::v3, "\x04") == "4b:");
    for (auto const* bytes : {"", "4x", "\x02", "\x05", "\x07", "\xff", "b4AA=="}) {
        CAPTURE(bytes);
        CHECK(shown_bytes(revision::v3, bytes) == "none");
    }
    CHECK(shown_bytes(revision::v3, {"\0x", 2}) == "none");
}

TEST_CASE("a binary message written as text is read back") {
    for (auto const r : {revision::v3, revision::v4}) {
        std::string out = "x";
        append_base64_packet(out, r, {"\x01\0\xff", 3});
        CHECK(out == (r == revision::v4 ? "xbAQD/" : "xb4AQD/"));
        CHECK(shown_text(r, std::string_view(out).substr(1)) == std::string("4b:\x01\0\xff", 6));
    }
}

TEST_CASE("decoded base64 reuses the scratch memory") {
    std::string kept;
    kept.reserve(4096);
    auto const* const memory = kept.data();
    auto const p = decode_frame(revision::v4, "bAQIDBA==", false, kept);
    REQUIRE(p);
    CHECK(kept.data() == memory);
    CHECK(p->data.data() == memory);
}
