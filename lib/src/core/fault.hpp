#pragma once

#include <anywire/close_reason.hpp>
#include <anywire/error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// What a peer is told when something is wrong: the only place where a fault gets its numbers.
/// `docs/errors.md` says the same to users, and a test compares the two.
namespace anywire {

enum class fault : std::uint8_t {
    // -- the bytes of a request
    malformed_request,
    body_too_long,
    target_too_long,
    head_too_long,
    unmet_expectation,
    unknown_method,
    unknown_version,
    request_too_slow,
    // -- where it goes
    not_found,
    wrong_method,
    misdirected,
    not_a_websocket,
    wrong_websocket_version,
    cannot_upgrade,
    bad_range,
    route_failed,
    route_timed_out,
    internal_error,
    // -- who sends it, and whether there is room
    foreign_origin,
    not_authorized,
    authorize_failed,
    authorize_timed_out,
    full,
    address_over_limit,
    draining,
    // -- sessions over HTTP
    session_paused,
    receiver_busy,
    bad_messages,
    unusable_sid,
    overlapping_requests,
    engineio_wrong_method,
    sockjs_no_session,
    sockjs_bad_callback,
    sockjs_bad_messages,
    sockjs_busy,
    // -- refusals of Engine.IO, in the order of their codes
    unknown_transport,
    unknown_sid,
    bad_handshake_method,
    bad_request,
    forbidden,
    unsupported_protocol,
    // -- on a WebSocket
    bad_frame,
    bad_text,
    message_too_big,
    sockjs_bad_frame,
    sockjs_silence,
};

inline constexpr std::size_t fault_count = static_cast<std::size_t>(fault::sockjs_silence) + 1;

/// How a fault is answered; what its protocol has no number for is empty.
struct fault_answer {
    static constexpr unsigned no_code = 255;

    fault what;
    std::string_view name;
    std::uint16_t status = 0;                   ///< HTTP; 0: it is not told by HTTP.
    close_code closes = close_code::no_status;  ///< WebSocket, or a SockJS close frame.
    std::uint8_t engineio_code = no_code;       ///< In the JSON of a refusal.
};

// clang-format off
inline constexpr std::array<fault_answer, fault_count> fault_answers{{
    {fault::malformed_request,       "malformed_request",       400},
    {fault::body_too_long,           "body_too_long",           413},
    {fault::target_too_long,         "target_too_long",         414},
    {fault::head_too_long,           "head_too_long",           431},
    {fault::unmet_expectation,       "unmet_expectation",       417},
    {fault::unknown_method,          "unknown_method",          501},
    {fault::unknown_version,         "unknown_version",         505},
    {fault::request_too_slow,        "request_too_slow",        408},
    {fault::not_found,               "not_found",               404},
    {fault::wrong_method,            "wrong_method",            405},
    {fault::misdirected,             "misdirected",             421},
    {fault::not_a_websocket,         "not_a_websocket",         400},
    {fault::wrong_websocket_version, "wrong_websocket_version", 426},
    {fault::cannot_upgrade,          "cannot_upgrade",          501},
    {fault::bad_range,               "bad_range",               416},
    {fault::route_failed,            "route_failed",            500},
    {fault::route_timed_out,         "route_timed_out",         503},
    {fault::internal_error,          "internal_error",          500},
    {fault::foreign_origin,          "foreign_origin",          403},
    {fault::not_authorized,          "not_authorized",          403},
    {fault::authorize_failed,        "authorize_failed",        500},
    {fault::authorize_timed_out,     "authorize_timed_out",     503},
    {fault::full,                    "full",                    503},
    {fault::address_over_limit,      "address_over_limit",      429},
    {fault::draining,                "draining",                503},
    {fault::session_paused,          "session_paused",          503},
    {fault::receiver_busy,           "receiver_busy",           409},
    {fault::bad_messages,            "bad_messages",            400},
    {fault::unusable_sid,            "unusable_sid",            500},
    {fault::overlapping_requests,    "overlapping_requests",    400},
    {fault::engineio_wrong_method,   "engineio_wrong_method",   500},  // as the reference
    {fault::sockjs_no_session,       "sockjs_no_session",       404},
    {fault::sockjs_bad_callback,     "sockjs_bad_callback",     500},  // as the protocol says
    {fault::sockjs_bad_messages,     "sockjs_bad_messages",     500},  // as the protocol says
    {fault::sockjs_busy,             "sockjs_busy",             0, close_code{2010}},
    {fault::unknown_transport,       "unknown_transport",       400, close_code::no_status, 0},
    {fault::unknown_sid,             "unknown_sid",             400, close_code::no_status, 1},
    {fault::bad_handshake_method,    "bad_handshake_method",    400, close_code::no_status, 2},
    {fault::bad_request,             "bad_request",             400, close_code::no_status, 3},
    {fault::forbidden,               "forbidden",               403, close_code::no_status, 4},
    {fault::unsupported_protocol,    "unsupported_protocol",    400, close_code::no_status, 5},
    {fault::bad_frame,               "bad_frame",               0, close_code::protocol_error},
    {fault::bad_text,                "bad_text",                0, close_code::bad_payload},
    {fault::message_too_big,         "message_too_big",         0, close_code::message_too_big},
    {fault::sockjs_bad_frame,        "sockjs_bad_frame",        0, close_code{3000}},
    {fault::sockjs_silence,          "sockjs_silence",          0, close_code{3000}},
}};

struct close_answer {
    close_reason why;
    close_code code;
};

/// What a WebSocket is closed with where nobody chose a code. Engine.IO never sends one.
inline constexpr std::array close_answers{
    close_answer{close_reason::client_closed,     close_code::normal},
    close_answer{close_reason::server_closed,     close_code::normal},
    close_answer{close_reason::transport_lost,    close_code::abnormal},
    close_answer{close_reason::heartbeat_timeout, close_code::protocol_error},
    close_answer{close_reason::protocol_error,    close_code::protocol_error},
    close_answer{close_reason::message_too_big,   close_code::message_too_big},
    close_answer{close_reason::refused,           close_code::policy_violation},
    close_answer{close_reason::slow_consumer,     close_code::try_again_later},
    close_answer{close_reason::handler_failed,    close_code::internal_error},
    close_answer{close_reason::shutting_down,     close_code::going_away},
    close_answer{close_reason::rate_limited,      close_code::policy_violation},
};
// clang-format on

constexpr fault_answer const& answer_to(fault f) noexcept {
    return fault_answers[static_cast<std::size_t>(f)];
}
constexpr unsigned status_of(fault f) noexcept {
    return answer_to(f).status;
}
constexpr close_code close_code_of(fault f) noexcept {
    return answer_to(f).closes;
}
constexpr std::uint8_t engineio_code_of(fault f) noexcept {
    return answer_to(f).engineio_code;
}

/// The status that an Engine.IO refusal of that code has.
constexpr unsigned engineio_status(std::size_t code) noexcept {
    return fault_answers[static_cast<std::size_t>(fault::unknown_transport) + code].status;
}

/// What errors of decoding and of queues are to the peer; those that reach no peer are faults of
/// the request.
constexpr fault fault_of(errc e) noexcept {
    switch (e) {
        case errc::bad_utf8:
        case errc::bad_deflate: return fault::bad_text;
        case errc::bad_frame: return fault::bad_frame;
        case errc::message_too_big: return fault::message_too_big;
        case errc::bad_json:
        case errc::payload_expected: return fault::sockjs_bad_messages;
        case errc::bad_handshake: return fault::not_a_websocket;
        case errc::unsupported_version: return fault::wrong_websocket_version;
        case errc::send_queue_full: return fault::session_paused;
        default: return fault::malformed_request;
    }
}

inline fault fault_of(error_code const& ec) noexcept {
    return ec.category() == error_category() ? fault_of(static_cast<errc>(ec.value()))
                                             : fault::malformed_request;
}

/// Why a session ended whose WebSocket was closed for a fault of the peer's.
constexpr close_reason reason_of(close_code sent) noexcept {
    return sent == close_code_of(fault::message_too_big) ? close_reason::message_too_big
                                                         : close_reason::protocol_error;
}

/// What a refusal is on a WebSocket that a host of the program's own has opened already: one that
/// may pass, or one that will not.
constexpr close_code close_code_of_status(unsigned status) noexcept {
    return status >= 500 ? close_code::try_again_later : close_code::policy_violation;
}

}  // namespace anywire
