#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace anywire {

/// How an HTTP body is coded (RFC 9110, section 8.4.1).
enum class content_coding : std::uint8_t { identity, gzip, deflate };

/// Appends `bytes` compressed as one gzip member, HTTP's content coding "gzip".
///
/// Spec:     RFC 1952.
/// Requires: `level` is 0 (stored) to 9 (smallest).
/// Cost:     linear; 6 KB and up to 16 times `bytes`, 270 KB at most, allocated for the call.
void append_gzip(std::string& out, std::string_view bytes, int level = 6);

/// The same in zlib's format, HTTP's content coding "deflate".
///
/// Spec: RFC 1950.
void append_zlib(std::string& out, std::string_view bytes, int level = 6);

}  // namespace anywire
