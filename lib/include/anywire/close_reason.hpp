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

/// A WebSocket close code (RFC 6455, section 7.4, and IANA's registry). Applications have 3000-4999
/// for their own: `static_cast<close_code>(3000)`.
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
    service_restart = 1012,
    try_again_later = 1013,
    bad_gateway = 1014,
};

/// Whether a close frame may carry it: 1000 to 1014 but for 1004 to 1006, and 3000 to 4999.
[[nodiscard]] constexpr bool may_be_sent(close_code code) noexcept {
    auto const n = static_cast<std::uint16_t>(code);
    if (n >= 3000) return n < 5000;
    return n >= 1000 && n <= 1014 && (n < 1004 || n > 1006);
}

/// What the peer is told when a session ends for `why` and nobody chose a code.
[[nodiscard]] close_code to_close_code(close_reason why) noexcept;

/// How a session ended.
struct close_event {
    close_reason reason = close_reason::client_closed;
    close_code code = close_code::normal;  ///< As sent or received; `abnormal` without a goodbye.
    std::string_view text{};               ///< The goodbye's text; borrowed for the call.
};

}  // namespace anywire
