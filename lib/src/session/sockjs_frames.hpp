#pragma once

#include <anywire/session.hpp>

#include "core/frame.hpp"
#include "session/session_loop.hpp"

namespace anywire {

/// `a["..."]`; null for bytes that are no text, which SockJS cannot carry.
frame_ptr make_sockjs_message(session_loop& loop, message_view m);
/// `c[code,"text"]`.
frame_ptr make_sockjs_close(session_loop& loop, close_code code, std::string_view text);
/// `o` and `h`: the same two frames for everybody.
frame_ptr sockjs_open_frame();
frame_ptr sockjs_heartbeat_frame();

}  // namespace anywire
