#include "byte_range.hpp"

#include "ascii.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace anywire::http {
namespace {

/// Digits alone; a number that is too big is as big as can be.
std::optional<std::size_t> read_number(std::string_view text) noexcept {
    constexpr auto most = std::numeric_limits<std::size_t>::max();
    if (text.empty()) return std::nullopt;
    std::size_t n = 0;
    for (auto const c : text) {
        if (!is_digit(c)) return std::nullopt;
        auto const digit = static_cast<std::size_t>(c - '0');
        n = n > (most - digit) / 10 ? most : n * 10 + digit;
    }
    return n;
}

}  // namespace

range_choice choose_range(std::string_view field, std::size_t size) noexcept {
    using kind = range_choice::kind;
    range_choice const whole{kind::whole, 0, size};
    range_choice const beyond{kind::beyond, 0, 0};
    if (!istarts_with(field, "bytes=")) return whole;
    auto const range = trim(field.substr(6));
    auto const dash = range.find('-');
    if (dash == range.npos) return whole;
    auto const last = read_number(range.substr(dash + 1));
    if (dash == 0) {  // the last so many
        if (!last) return whole;
        auto const count = std::min(*last, size);
        return count == 0 ? beyond : range_choice{kind::part, size - count, count};
    }
    auto const first = read_number(range.substr(0, dash));
    if (!first || (!last && dash + 1 != range.size()) || (last && *last < *first)) return whole;
    if (*first >= size) return beyond;
    auto const end = last ? std::min(*last, size - 1) : size - 1;
    return {kind::part, *first, end - *first + 1};
}

}  // namespace anywire::http
