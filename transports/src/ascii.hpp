#pragma once

#include "core/ascii.hpp"

/// The few rules about characters that HTTP's grammar is made of; ASCII, whatever the locale.
namespace anywire::http {

using anywire::iequals;
using anywire::is_alpha;
using anywire::is_digit;
using anywire::is_token_char;
using anywire::take_element;
using anywire::to_lower;
using anywire::trim;

/// The value of a hexadecimal digit, or -1.
[[nodiscard]] constexpr int hex_value(char c) noexcept {
    if (is_digit(c)) return c - '0';
    char const l = to_lower(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/// C0 controls and DEL; bytes from 0x80 on are none.
[[nodiscard]] constexpr bool is_control(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

}  // namespace anywire::http
