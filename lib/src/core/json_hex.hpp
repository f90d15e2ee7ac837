#pragma once

#include <optional>
#include <string_view>

namespace anywire::detail {

/// The value of one hexadecimal digit, or nothing.
[[nodiscard]] constexpr std::optional<unsigned> decode_hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
    return std::nullopt;
}

/// The UTF-16 unit of the escape `\uXXXX` that `text` starts with; nothing if it does not.
[[nodiscard]] constexpr std::optional<char32_t> decode_unit(std::string_view text) noexcept {
    if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return std::nullopt;
    char32_t unit = 0;
    for (auto const c : text.substr(2, 4)) {
        auto const digit = decode_hex_digit(c);
        if (!digit) return std::nullopt;
        unit = (unit << 4) | *digit;
    }
    return unit;
}

[[nodiscard]] constexpr bool is_high_surrogate(char32_t unit) noexcept {
    return unit >= 0xd800 && unit <= 0xdbff;
}

[[nodiscard]] constexpr bool is_low_surrogate(char32_t unit) noexcept {
    return unit >= 0xdc00 && unit <= 0xdfff;
}

}  // namespace anywire::detail
