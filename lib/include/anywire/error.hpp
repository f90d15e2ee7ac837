#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <type_traits>

namespace anywire {

using error_code = boost::system::error_code;

/// A value of type `T`, or the `error_code` that says why there is none.
template <class T>
using result = boost::system::result<T>;

/// Everything this library itself can report. Errors of the socket arrive in
/// Asio's own categories, untouched.
enum class errc {
    // -- decoding: the peer's bytes are at fault --------------------------------------------------
    /// A text message is not UTF-8 (RFC 3629).
    bad_utf8 = 1,
    /// Bytes that should be base64 are not (RFC 4648, section 4).
    bad_base64,
    /// Not JSON (RFC 8259), or nested deeper than the limit.
    bad_json,
    /// JSON, but not a value of the type that was asked for.
    wrong_json,
    /// JSON, but not an array of strings.
    payload_expected,
    /// A WebSocket frame breaks RFC 6455.
    bad_frame,
    /// A compressed message does not inflate (RFC 7692).
    bad_deflate,
    /// A message, body or its fragments exceed the limit.
    message_too_big,
    /// A WebSocket opening handshake is not one (RFC 6455, sections 4.1 and 4.2.1).
    bad_handshake,
    /// The WebSocket version asked for is not 13.
    unsupported_version,
    /// A server answered a WebSocket handshake with another status than 101.
    handshake_refused,

    // -- using a session: the caller may act ------------------------------------------------------
    /// The session has closed: nothing was queued, and no answer comes any more.
    session_closed,
    /// Queueing would pass `limits::max_queued_bytes`; nothing was queued.
    /// Wait for `on_drain`.
    send_queue_full,
    /// The message was dropped, or older ones were, as the overflow policy says; or it was a
    /// volatile event that could not leave at once.
    message_dropped,

    // -- Socket.IO --------------------------------------------------------------------------------
    /// The acknowledgement did not come in time, or not from everybody.
    ack_timeout,
    /// Arguments do not fit the signature of the function that takes them.
    bad_arguments,

    // -- setting up: the operator must act --------------------------------------------------------
    /// An option is out of its range or contradicts another.
    bad_option,
};

/// The category of `errc`; each message is a sentence.
[[nodiscard]] boost::system::error_category const& error_category() noexcept;

[[nodiscard]] error_code make_error_code(errc e) noexcept;

}  // namespace anywire

template <>
struct boost::system::is_error_code_enum<anywire::errc> : std::true_type {};
