#pragma once

#include <anywire/close_reason.hpp>
#include <anywire/codec.hpp>
#include <anywire/frame.hpp>
#include <anywire/session.hpp>

#include <string>
#include <string_view>

namespace anywire {

/// Takes messages that a dialect has found in what a client sent.
class message_sink {
public:
    /// Borrow: the message is used during the call only.
    virtual void take(message_view m) = 0;

protected:
    ~message_sink() = default;
};

/// What a dialect says and understands on a session, beside the routes it is reached by. One
/// constant object serves all sessions that speak alike, and outlives them.
///
/// Frames that it makes are the protocol's own: mark them by `frame::mark_protocol`.
/// Thread: constant, so any, for several sessions at once.
class session_protocol {
public:
    constexpr session_protocol() noexcept = default;
    session_protocol(session_protocol const&) = delete;
    session_protocol& operator=(session_protocol const&) = delete;

    /// What metrics call the dialect: a literal, up to 15 characters of which are told. Default
    /// "other".
    virtual std::string_view name() const noexcept { return "other"; }
    /// How messages become frames.
    virtual codec const& message_codec() const noexcept = 0;

    /// The first frame of a session; null (the default) for none. Over HTTP a session needs one
    /// where the client waits for an answer that says that it is open.
    virtual frame_ptr open_frame() const { return {}; }
    /// What is said where nothing else was for a while; null (the default) for nothing. A poll
    /// without one waits for a message for as long as it takes.
    virtual frame_ptr heartbeat_frame() const { return {}; }
    /// The last frame of a session; null (the default) for none, where a WebSocket closes with the
    /// code and an answer over HTTP breaks off. `scratch` is memory to work in, empty at the call.
    virtual frame_ptr goodbye_frame(close_code code,
                                    std::string_view text,
                                    std::string& scratch) const {
        (void)code, (void)text, (void)scratch;
        return {};
    }

    /// Finds the messages in one payload of a client's: a whole message of a WebSocket, or the body
    /// of a POST. False for one that breaks the protocol, which ends a session on a WebSocket as
    /// `protocol_error`. The default takes the payload as one message.
    virtual bool read(std::string_view payload, bool binary, message_sink& to) const {
        to.take({payload, binary});
        return true;
    }

    /// Whether a duplex carrier finds out by itself that a client has gone: by pings, or by polls
    /// that do not come. Where it does not, as over bare TCP, a layer holds clients to the
    /// heart-beats that they promise in it. The default is yes.
    virtual bool is_probed() const noexcept { return true; }

protected:
    ~session_protocol() = default;
};

}  // namespace anywire
