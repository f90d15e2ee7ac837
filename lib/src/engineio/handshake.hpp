#pragma once

#include "core/fault.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace anywire::engineio {

/// The packet that opens a session, type digit included.
///
/// Spec: engine.io-protocol v4, "Handshake"; clients' tests compare the text, so the keys stand in
///       this order: `0{"sid":,"upgrades":,"pingInterval":,"pingTimeout":,"maxPayload":}`.
[[nodiscard]] std::string open_packet(std::string_view sid,
                                      bool upgrades_to_websocket,
                                      std::chrono::milliseconds ping_interval,
                                      std::chrono::milliseconds ping_timeout,
                                      std::size_t max_payload);

/// Why a request is refused; the value is the code on the wire.
enum class refusal : std::uint8_t {
    unknown_transport = engineio_code_of(fault::unknown_transport),
    unknown_sid = engineio_code_of(fault::unknown_sid),
    bad_method = engineio_code_of(fault::bad_handshake_method),
    bad_request = engineio_code_of(fault::bad_request),
    forbidden = engineio_code_of(fault::forbidden),
    unsupported_version = engineio_code_of(fault::unsupported_protocol),
};

/// The status that goes with it. A refused WebSocket gets that of `bad_request`, whatever it is.
[[nodiscard]] constexpr unsigned status_of(refusal why) noexcept {
    return engineio_status(static_cast<std::size_t>(why));
}

/// The text that goes with a refusal, and is the whole body where a WebSocket is refused.
[[nodiscard]] std::string_view message_of(refusal why) noexcept;

/// The body of a refusal, `{"code":N,"message":"..."}`, with a message of its own where one is
/// given.
[[nodiscard]] std::string refusal_json(refusal why, std::string_view message = {});

}  // namespace anywire::engineio
