#pragma once

#include "sockjs/text.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace anywire::sockjs {

/// The kinds of HTTP response that carry frames, each with its dressing.
enum class envelope_kind : std::uint8_t { xhr, xhr_streaming, eventsource, htmlfile, jsonp };

// `callback` counts for htmlfile and jsonp only. Requires there: `is_callback(callback)`.

/// The exact value of `Content-Type`.
///
/// Spec: sockjs-protocol; clients and the test suite compare it with nothing but spaces removed.
[[nodiscard]] std::string_view content_type(envelope_kind kind) noexcept;

/// Appends what a response starts with, before any frame and as a chunk of its own; nothing for
/// xhr and jsonp.
void append_prelude(std::string& out,
                    envelope_kind kind,
                    std::string_view callback,
                    htmlfile_head head = htmlfile_head::protocol);

/// Appends one frame as the response carries it. Safe for any `frame`: none gets out of its
/// event, string or script element.
void append_dressed(std::string& out,
                    envelope_kind kind,
                    std::string_view callback,
                    std::string_view frame);

/// Appends frames of messages as one: `a["x"]` and `a["y"]` as `a["x","y"]`.
///
/// Requires: each was made by `append_message_frame` or by this.
/// Cost:     a copy; nothing is parsed.
void append_joined(std::string& out, std::span<std::string_view const> message_frames);

}  // namespace anywire::sockjs
