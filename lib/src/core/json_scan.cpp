#include "core/json_scan.hpp"

namespace anywire::detail {
namespace {

// What a lead byte promises: how long the sequence is and what its second byte may be
// (Unicode 15, table 3-7). Length 0: no sequence starts so.
struct lead_byte {
    std::size_t length = 0;
    unsigned lowest = 0x80;
    unsigned highest = 0xbf;
};

lead_byte read_lead(unsigned byte) noexcept {
    if (byte < 0xc2 || byte > 0xf4) return {};  // continuations, overlong forms, above U+10FFFF
    if (byte < 0xe0) return {2};
    if (byte == 0xe0) return {3, 0xa0};
    if (byte == 0xed) return {3, 0x80, 0x9f};  // the rest would be surrogates
    if (byte < 0xf0) return {3};
    if (byte == 0xf0) return {4, 0x90};
    if (byte == 0xf4) return {4, 0x80, 0x8f};
    return {4};
}

}  // namespace

utf8_step decode_utf8(std::string_view text) noexcept {
    auto const byte = [text](std::size_t at) -> unsigned {
        return static_cast<unsigned char>(text[at]);
    };
    if (byte(0) < 0x80) return {byte(0), 1, true};

    auto const lead = read_lead(byte(0));
    if (lead.length == 0) return {};
    auto lowest = lead.lowest;
    auto highest = lead.highest;
    char32_t code_point = byte(0) & (0x7fu >> lead.length);
    for (std::size_t i = 1; i < lead.length; ++i) {
        if (i == text.size() || byte(i) < lowest || byte(i) > highest) return {0xfffd, i, false};
        code_point = (code_point << 6) | (byte(i) & 0x3f);
        lowest = 0x80;
        highest = 0xbf;
    }
    return {code_point, lead.length, true};
}

}  // namespace anywire::detail
