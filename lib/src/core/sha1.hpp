#pragma once

#include <array>
#include <string_view>

namespace anywire {

/// The SHA-1 digest of `bytes`; here for the WebSocket handshake only, it protects nothing.
///
/// Spec: FIPS 180-4.
[[nodiscard]] std::array<unsigned char, 20> sha1(std::string_view bytes) noexcept;

}  // namespace anywire
