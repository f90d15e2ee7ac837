#include "websocket/frame.hpp"

#include "core/utf8.hpp"
#include "unit/websocket/client_frames.hpp"

#include <catch2/catch.hpp>

#include <cstring>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::websocket;

namespace {

std::string header(opcode op, std::size_t size, bool rsv1 = false) {
    char room[max_header];
    auto const n = write_header_before(room + sizeof room, op, size, rsv1);
    return {room + sizeof room - n, n};
}

std::string close_of(std::uint16_t code, std::string_view reason) {
    std::string out;
    append_close_payload(out, code, reason);
    return out;
}

}  // namespace

TEST_CASE("a header takes the shortest form of its length") {
    using namespace std::literals;
    CHECK(header(opcode::text, 0) == "\x81\x00"s);
    CHECK(header(opcode::binary, 125) == "\x82\x7d");
    CHECK(header(opcode::text, 126) == "\x81\x7e\x00\x7e"s);
    CHECK(header(opcode::text, 65535) == "\x81\x7e\xff\xff");
    CHECK(header(opcode::text, 65536) == "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"s);
    CHECK(header(opcode::text, 5, true) == "\xc1\x05");
    CHECK(header(opcode::close, 2) == "\x88\x02");
}

TEST_CASE("a client's header is read back, and needs all its bytes") {
    auto const size = GENERATE(0u, 1u, 125u, 126u, 65535u, 65536u, 1u << 30);
    auto const bytes = test::client_header(0x81, size, size < 126 ? 0 : size <= 0xffff ? 2 : 8);
    CAPTURE(size);
    for (std::size_t n = 0; n < bytes.size(); ++n) {
        auto const h = decode_client_header(std::string_view{bytes}.substr(0, n));
        CHECK(h.size == 0);
        CHECK(h.problem == nullptr);
    }
    auto const h = decode_client_header(bytes + "payload");
    CHECK(h.problem == nullptr);
    CHECK(h.size == bytes.size());
    CHECK(h.payload_size == size);
    CHECK(h.fin);
    CHECK(h.op == opcode::text);
    CHECK(std::memcmp(&h.mask, "\x37\xfa\x21\x3d", 4) == 0);
}

TEST_CASE("masking twice is no change, at every size, place and phase") {
    std::string text(100, '\0');
    for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 7);
    mask_key key = 0;
    std::memcpy(&key, "\x01\x52\xa3\xf4", 4);

    for (std::size_t from = 0; from < 17; ++from)
        for (std::size_t n = 0; from + n <= text.size(); ++n) {
            auto masked = text;
            apply_mask(masked.data() + from, n, key);
            bool right = true;
            for (std::size_t i = 0; i < text.size(); ++i) {
                bool const inside = i >= from && i < from + n;
                char const m = inside ? "\x01\x52\xa3\xf4"[(i - from) % 4] : '\0';
                right = right && masked[i] == static_cast<char>(text[i] ^ m);
            }
            CHECK(right);
            // Unmasked in two parts.
            apply_mask(masked.data() + from, n / 3, key);
            apply_mask(masked.data() + from + n / 3, n - n / 3, mask_after(key, n / 3));
            CHECK(masked == text);
        }
}

TEST_CASE("masking says whether ASCII has come of it, wherever a byte is not") {
    mask_key key = 0;
    std::memcpy(&key, "\x01\xd2\x23\xf4", 4);
    for (std::size_t n = 0; n <= 70; ++n) {
        std::string text(n, 'x');
        apply_mask(text.data(), n, key);
        CHECK(apply_mask(text.data(), n, key));
        auto right = true;
        for (std::size_t i = 0; i < n; ++i) {
            auto other = text;
            other[i] = '\x80';
            apply_mask(other.data(), n, key);
            right = right && !apply_mask(other.data(), n, key);
        }
        CHECK(right);
    }
}

TEST_CASE("a close payload is the code and as much of the reason as fits") {
    using namespace std::literals;
    CHECK(close_of(1000, "") == "\x03\xe8");
    CHECK(close_of(3000, "Go away!") == "\x0b\xb8Go away!");
    CHECK(close_of(1001, std::string(200, 'x')) == "\x03\xe9" + std::string(123, 'x'));
    CHECK(close_of(1005, "never sent").empty());
    CHECK(close_of(1006, "").empty());
}

TEST_CASE("the reason of a close is cut between code points and always UTF-8") {
    for (std::size_t plain = 118; plain <= 124; ++plain) {
        auto const reason = std::string(plain, 'x') + "\xf0\x9f\x92\xa9 and more";
        auto const payload = close_of(1000, reason);
        CAPTURE(plain);
        CHECK(payload.size() <= max_control_payload);
        CHECK(payload.size() >= max_control_payload - 3);
        CHECK(is_utf8(payload.substr(2)));
    }
    CHECK(close_of(1000, "a\xff") ==
          "\x03\xe8"
          "a\xef\xbf\xbd");
}

TEST_CASE("close codes are accepted as RFC 6455 and its registry have them") {
    auto const may_come = [](unsigned code) {
        return is_valid_close_code_from_peer(static_cast<std::uint16_t>(code));
    };
    for (unsigned const code : {1000u, 1003u, 1007u, 1011u, 1014u, 3000u, 3999u, 4000u, 4999u}) {
        CAPTURE(code);
        CHECK(may_come(code));
    }
    for (unsigned const code :
         {0u, 999u, 1004u, 1005u, 1006u, 1015u, 1016u, 2000u, 2999u, 5000u, 65535u}) {
        CAPTURE(code);
        CHECK_FALSE(may_come(code));
    }
}
