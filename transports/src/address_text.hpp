#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace anywire::http {

/// The address of whoever connects to a Unix domain socket: it has none.
inline constexpr std::string_view unix_address = "unix:";

/// An address as IPv6, IPv4 mapped into it.
using address_bytes = std::array<std::uint8_t, 16>;

enum class ip_version : std::uint8_t { any, v4, v6 };

/// An address in text, without a port; a zone is ignored.
[[nodiscard]] std::optional<address_bytes> parse_address(
    std::string_view s, ip_version which = ip_version::any) noexcept;

/// The four bytes of an IPv4 address.
[[nodiscard]] address_bytes mapped(std::string_view v4) noexcept;

/// IPv4 also where it is mapped into IPv6.
[[nodiscard]] std::string to_text(address_bytes const& a);

}  // namespace anywire::http
