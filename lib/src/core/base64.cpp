#include "core/base64.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace anywire {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_digit = 0xff;

constexpr auto digit_of = [] {
    std::array<std::uint8_t, 256> table{};
    table.fill(no_digit);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
    return table;
}();

std::uint8_t digit(char c) noexcept {
    return digit_of[static_cast<unsigned char>(c)];
}
std::uint32_t byte(char c) noexcept {
    return static_cast<unsigned char>(c);
}

}  // namespace

void append_base64(std::string& out, std::string_view bytes) {
    auto const old_size = out.size();
    out.resize(old_size + (bytes.size() + 2) / 3 * 4, '=');
    char* to = out.data() + old_size;
    auto const put = [&to](std::uint32_t bits, int digits) {
        for (int shift = 18; digits > 0; --digits, shift -= 6)
            *to++ = alphabet[bits >> shift & 63u];
    };

    std::size_t i = 0;
    for (; i + 3 <= bytes.size(); i += 3)
        put(byte(bytes[i]) << 16 | byte(bytes[i + 1]) << 8 | byte(bytes[i + 2]), 4);
    auto const left = bytes.size() - i;
    if (left == 2) put(byte(bytes[i]) << 16 | byte(bytes[i + 1]) << 8, 3);
    if (left == 1) put(byte(bytes[i]) << 16, 2);
}

result<std::string> decode_base64(std::string_view text) {
    std::string out;
    if (auto const ec = decode_base64(text, out)) return ec;
    return out;
}

error_code decode_base64(std::string_view text, std::string& out) {
    if (text.size() % 4 == 0 && text.ends_with('='))
        text.remove_suffix(text.ends_with("==") ? 2 : 1);
    if (text.size() % 4 == 1) return errc::bad_base64;

    out.resize(text.size() * 3 / 4);
    char* to = out.data();
    std::uint32_t bits = 0;
    unsigned held = 0;  // bits not written yet
    for (char const c : text) {
        auto const d = digit(c);
        if (d == no_digit) return errc::bad_base64;
        bits = bits << 6 | d;
        held += 6;
        if (held >= 8) {
            held -= 8;
            *to++ = static_cast<char>(bits >> held & 0xffu);
        }
    }
    return {};
}

bool is_base64_of_16_bytes(std::string_view text) noexcept {
    if (text.size() != 24 || !text.ends_with("==")) return false;
    for (char const c : text.substr(0, 22))
        if (digit(c) == no_digit) return false;
    return true;
}

}  // namespace anywire
