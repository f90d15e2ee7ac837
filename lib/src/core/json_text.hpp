#pragma once

#include "core/json_scan.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Walks JSON text that has been checked to be JSON. Text that has not is misread, never overrun.
namespace anywire::detail {

inline constexpr std::string_view json_space = " \t\n\r";

inline void skip_space(std::string_view& rest) noexcept {
    if (!rest.empty() && rest[0] > ' ') return;
    auto const n = rest.find_first_not_of(json_space);
    rest.remove_prefix(n == rest.npos ? rest.size() : n);
}

[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;

/// The length of the JSON value that `text` starts with.
///
/// Cost: linear in that length, whatever the nesting.
[[nodiscard]] std::size_t value_length(std::string_view text) noexcept;

/// Takes the value that `rest` starts with, and the space and one comma after it.
[[nodiscard]] std::string_view take_value(std::string_view& rest) noexcept;

/// Takes a member's key, quotes included, and the colon after it: `rest` is left at the value.
[[nodiscard]] std::string_view take_key(std::string_view& rest) noexcept;

/// What stands between the brackets of an array or object, without the space around it.
[[nodiscard]] std::string_view inside(std::string_view value) noexcept;

/// Appends what a string, quotes included, stands for. Always UTF-8: bytes that are none, and
/// escapes of lone surrogates, become U+FFFD.
///
/// Spec: RFC 8259, section 7.
void append_decoded(std::string& out, std::string_view quoted);

/// Whether a string, quotes included, stands for `text`.
///
/// Cost: no allocation.
[[nodiscard]] bool decodes_to(std::string_view quoted, std::string_view text) noexcept;

/// The value of a number if it is integral and fits, however it is written (`1.0`, `10e2`).
[[nodiscard]] std::optional<std::uint64_t> to_uint64(std::string_view number) noexcept;
[[nodiscard]] std::optional<std::int64_t> to_int64(std::string_view number) noexcept;

/// The double or float nearest to a number; nothing beyond the range, zero for what is too small.
[[nodiscard]] std::optional<double> to_double(std::string_view number) noexcept;
[[nodiscard]] std::optional<float> to_float(std::string_view number) noexcept;

[[nodiscard]] constexpr bool is_number(std::string_view value) noexcept {
    return !value.empty() && (value[0] == '-' || (value[0] >= '0' && value[0] <= '9'));
}

}  // namespace anywire::detail
