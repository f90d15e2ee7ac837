#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace anywire::engineio {

/// How many UTF-16 code units `text` takes. Each byte that begins a code point counts one, or two
/// if it announces four bytes: what is not UTF-8 has a length, too.
///
/// Cost: linear.
[[nodiscard]] std::size_t utf16_length(std::string_view text) noexcept;

/// How many bytes the first `units` UTF-16 code units of `text` take; nothing when `text` is
/// shorter, or the last unit is half of a code point.
///
/// Cost: linear in the bytes found, or in `text` where it is shorter.
[[nodiscard]] std::optional<std::size_t> size_of_utf16(std::string_view text,
                                                       std::uint64_t units) noexcept;

}  // namespace anywire::engineio
