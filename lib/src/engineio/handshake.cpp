#include "engineio/handshake.hpp"

#include "core/json_string.hpp"

namespace anywire::engineio {

std::string open_packet(std::string_view sid,
                        bool upgrades_to_websocket,
                        std::chrono::milliseconds ping_interval,
                        std::chrono::milliseconds ping_timeout,
                        std::size_t max_payload) {
    std::string out = "0{\"sid\":";
    append_json_string(out, sid);
    out.append(",\"upgrades\":[").append(upgrades_to_websocket ? "\"websocket\"" : "");
    out.append("],\"pingInterval\":").append(std::to_string(ping_interval.count()));
    out.append(",\"pingTimeout\":").append(std::to_string(ping_timeout.count()));
    out.append(",\"maxPayload\":").append(std::to_string(max_payload));
    out.push_back('}');
    return out;
}

std::string_view message_of(refusal why) noexcept {
    switch (why) {
        case refusal::unknown_transport: return "Transport unknown";
        case refusal::unknown_sid: return "Session ID unknown";
        case refusal::bad_method: return "Bad handshake method";
        case refusal::bad_request: return "Bad request";
        case refusal::forbidden: return "Forbidden";
        case refusal::unsupported_version: return "Unsupported protocol version";
    }
    return {};
}

std::string refusal_json(refusal why, std::string_view message) {
    std::string out = "{\"code\":";
    out.append(std::to_string(static_cast<unsigned>(why))).append(",\"message\":");
    append_json_string(out, message.empty() ? message_of(why) : message);
    out.push_back('}');
    return out;
}

}  // namespace anywire::engineio
