#pragma once

#include <anywire/error.hpp>

#include <string>
#include <string_view>

namespace anywire {

/// Appends `bytes` in base64 with padding; the exact inverse of `decode_base64`.
///
/// Spec: RFC 4648, section 4 (the standard alphabet).
/// Cost: one allocation at most.
void append_base64(std::string& out, std::string_view bytes);

/// Decodes base64; padding is whole or absent, bits that pad the last character are not looked at.
///
/// Spec:   RFC 4648, section 4 (the standard alphabet, no line breaks).
/// Errors: `errc::bad_base64`.
[[nodiscard]] result<std::string> decode_base64(std::string_view text);

/// The same into `out`, whose memory is used again; on an error it holds something.
[[nodiscard]] error_code decode_base64(std::string_view text, std::string& out);

/// Whether `text` has the form every `Sec-WebSocket-Key` must have.
///
/// Spec: RFC 6455, section 4.1, item 7.
[[nodiscard]] bool is_base64_of_16_bytes(std::string_view text) noexcept;

}  // namespace anywire
