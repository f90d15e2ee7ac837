#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace anywire::engineio {

// What clients of Socket.IO 1.x, and their servers, do to each packet in a payload of text: its
// UTF-8 is taken for characters, a byte each, which are encoded as UTF-8 again with the payload.

/// Appends `text`, encoded twice.
///
/// Spec: npm's engine.io-parser 1.x, `encodePacket` with `utf8encode`.
/// Cost: linear; a byte may become two.
void append_text_twice(std::string& out, std::string_view text);

/// Replaces `out` by what `text` is encoded once; false when it has not been encoded twice. What it
/// encodes may hold surrogates, which become U+FFFD: old browsers send half of a pair.
///
/// Requires: `text` is UTF-8.
/// Limits:   `out` grows to the size of `text` at most.
/// Cost:     linear.
[[nodiscard]] bool decode_text_twice(std::string_view text, std::string& out);

/// Appends text of a client as UTF-8: what is not becomes U+FFFD, a surrogate of three bytes one.
/// Old browsers send those for half of a pair, and count them as one character, as they do U+FFFD.
/// False where it would be more than `most` bytes: then only a part is there.
[[nodiscard]] bool append_repaired(std::string& out, std::string_view text, std::size_t most);

[[nodiscard]] bool is_ascii(std::string_view text) noexcept;

}  // namespace anywire::engineio
