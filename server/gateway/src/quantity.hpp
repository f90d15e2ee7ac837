#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace anywire::gateway {

/// A time as people write it: "250ms", "10s", "5m", "2h", "1d", or "0".
///
/// Limits: 365 days.
/// Errors: nothing.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(
    std::string_view text) noexcept;

/// A number of bytes as people write it: "65536", "64k", "1M", "2G", of 1 024 each; "64KiB" is
/// "64k".
///
/// Limits: 2^53.
/// Errors: nothing.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text) noexcept;

/// The shortest text that `parse_duration` and `parse_size` read back: "10s", "64k".
[[nodiscard]] std::string duration_text(std::chrono::milliseconds d);
[[nodiscard]] std::string size_text(std::uint64_t bytes);

}  // namespace anywire::gateway
