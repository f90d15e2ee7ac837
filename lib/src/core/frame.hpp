#pragma once

#include <anywire/frame.hpp>

#include <cstdint>
#include <string_view>

namespace anywire {

/// Forms of one frame on the wire beyond its own bytes; each is built at most once.
enum class wire_form : std::uint8_t {
    xhr_stream,   ///< `F\n` as one HTTP chunk.
    eventsource,  ///< `data: E\r\n\r\n` as one HTTP chunk.
    deflate,      ///< A complete compressed WebSocket frame, no context takeover, 15-bit window.
    key,          ///< No form, but what `frame::key` says.
};

/// A text frame of the protocol's own that is the same for every session. Whoever keeps it for good
/// must not destroy it at the end of the program, when a server may still be running.
frame_ptr make_constant_frame(std::string_view text);

}  // namespace anywire
