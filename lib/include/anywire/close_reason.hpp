#pragma once

#include <cstdint>
#include <string_view>

namespace anywire {

/// Why a session ended. What the application sees; what metrics count. A closed vocabulary.
enum class close_reason : std::uint8_t {
    client_closed,      ///< The peer said goodbye.
    server_closed,      ///< The application called `session::close`.
    transport_lost,     ///< The connection broke, or none came back in time.
    heartbeat_timeout,  ///< No sign of life within the heartbeat's timeout.
    protocol_error,     ///< The peer's bytes broke the protocol.
    message_too_big,    ///< The peer sent more than `session_limits::max_message`.
    refused,            ///< Authorization or the origin list said no.
    slow_consumer,      ///< The send queue went over its limit, or a write made no progress.
    handler_failed,     ///< A handler of the application threw.
    shutting_down,      ///< The server is stopping.
    rate_limited,       ///< The peer sent faster than `session_limits` allow.
};

/// The reason's name, e.g. "slow_consumer"; stable, meant for logs and metrics.
[[nodiscard]] std::string_view to_string(close_reason why) noexcept;

/// A WebSocket close code (RFC 6455, section 7.4). Applications may use 1000 and 3000-4999:
/// `static_cast<close_code>(3000)`.
enum class close_code : std::uint16_t {
    normal = 1000,
    going_away = 1001,
    protocol_error = 1002,
    unsupported_data = 1003,
    no_status = 1005,  ///< Never on the wire: the close frame carried no code.
    abnormal = 1006,   ///< Never on the wire: there was no close frame.
    bad_payload = 1007,
    policy_violation = 1008,
    message_too_big = 1009,
    internal_error = 1011,
    try_again_later = 1013,
};

/// What the peer is told when a session ends for `why` and nobody chose a code.
[[nodiscard]] close_code to_close_code(close_reason why) noexcept;

/// How a session ended.
struct close_event {
    close_reason reason = close_reason::client_closed;
    close_code code = close_code::normal;  ///< As sent or received; `abnormal` without a goodbye.
    std::string_view text{};               ///< The goodbye's text; borrowed for the call.
};

}  // namespace anywire
