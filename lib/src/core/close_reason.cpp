#include <anywire/close_reason.hpp>

#include "core/fault.hpp"

namespace anywire {

std::string_view to_string(close_reason why) noexcept {
    switch (why) {
        case close_reason::client_closed: return "client_closed";
        case close_reason::server_closed: return "server_closed";
        case close_reason::transport_lost: return "transport_lost";
        case close_reason::heartbeat_timeout: return "heartbeat_timeout";
        case close_reason::protocol_error: return "protocol_error";
        case close_reason::message_too_big: return "message_too_big";
        case close_reason::refused: return "refused";
        case close_reason::slow_consumer: return "slow_consumer";
        case close_reason::handler_failed: return "handler_failed";
        case close_reason::shutting_down: return "shutting_down";
        case close_reason::rate_limited: return "rate_limited";
    }
    return "unknown";
}

close_code to_close_code(close_reason why) noexcept {
    for (auto const& row : close_answers)
        if (row.why == why) return row.code;
    return close_code::internal_error;
}

}  // namespace anywire
