#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace anywire {

constexpr char to_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

constexpr bool is_alpha(char c) noexcept {
    return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}

namespace detail {
inline constexpr auto token_chars = [] {
    std::array<bool, 256> table{};
    for (std::size_t i = 0; i < 128; ++i) {
        auto const c = static_cast<char>(i);
        table[i] = is_alpha(c) || is_digit(c) ||
                   std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    }
    return table;
}();
}  // namespace detail

/// Spec: RFC 9110, 5.6.2, tchar.
constexpr bool is_token_char(char c) noexcept {
    return detail::token_chars[static_cast<unsigned char>(c)];
}

/// Compares without regard to ASCII case.
constexpr bool iequals(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (to_lower(a[i]) != to_lower(b[i])) return false;
    return true;
}

constexpr bool istarts_with(std::string_view text, std::string_view prefix) noexcept {
    return text.size() >= prefix.size() && iequals(text.substr(0, prefix.size()), prefix);
}

/// What a field may have around its parts.
constexpr bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t';
}

/// `s` without the spaces and tabs around it.
[[nodiscard]] constexpr std::string_view trim(std::string_view s) noexcept {
    while (!s.empty() && is_blank(s.front())) s.remove_prefix(1);
    while (!s.empty() && is_blank(s.back())) s.remove_suffix(1);
    return s;
}

/// Cuts the first element off a list and returns it trimmed; elements may be empty.
///
/// Cost: a step a byte. A search by the library's own would cost more where elements are short, and
///       a peer can send thousands of those.
[[nodiscard]] constexpr std::string_view take_element(std::string_view& list,
                                                      char separator = ',') noexcept {
    std::size_t end = 0;
    while (end < list.size() && list[end] != separator) ++end;
    auto const element = list.substr(0, end);
    list.remove_prefix(end == list.size() ? end : end + 1);
    return trim(element);
}

}  // namespace anywire
