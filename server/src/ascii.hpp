#pragma once

#include "core/ascii.hpp"

#include <cstddef>
#include <string_view>

/// The few rules about characters that HTTP's grammar is made of; ASCII, whatever the locale.
namespace anywire::http {

using anywire::iequals;
using anywire::is_alpha;
using anywire::is_digit;
using anywire::is_token_char;
using anywire::to_lower;

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

/// `s` without the spaces and tabs around it.
[[nodiscard]] constexpr std::string_view trim(std::string_view s) noexcept {
    auto const blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!s.empty() && blank(s.front())) s.remove_prefix(1);
    while (!s.empty() && blank(s.back())) s.remove_suffix(1);
    return s;
}

/// Cuts the first element off a list and returns it trimmed; elements may be empty.
[[nodiscard]] constexpr std::string_view take_element(std::string_view& list,
                                                      char separator = ',') noexcept {
    auto const at = list.find(separator);
    auto const element = list.substr(0, at);
    list.remove_prefix(at == std::string_view::npos ? list.size() : at + 1);
    return trim(element);
}

}  // namespace anywire::http
