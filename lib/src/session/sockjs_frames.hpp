#pragma once

#include <anywire/codec.hpp>
#include <anywire/session_protocol.hpp>

#include "core/frame.hpp"
#include "session/session_loop.hpp"

namespace anywire {

/// Makes `a["..."]`; null for bytes that are not valid UTF-8, which SockJS cannot carry.
codec const& sockjs_codec() noexcept;
/// What SockJS says on every carrier. Payloads are read where their media type is known.
session_protocol const& sockjs_protocol() noexcept;
/// `c[code,"text"]`.
frame_ptr make_sockjs_close(session_loop& loop, close_code code, std::string_view text);
/// `o` and `h`: the same two frames for everybody.
frame_ptr sockjs_open_frame();
frame_ptr sockjs_heartbeat_frame();

}  // namespace anywire
