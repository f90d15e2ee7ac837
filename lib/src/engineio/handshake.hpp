#pragma once

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
    unknown_transport,
    unknown_sid,
    bad_method,
    bad_request,
    forbidden,
    unsupported_version,
};

/// The text that goes with a refusal, and is the whole body where a WebSocket is refused.
[[nodiscard]] std::string_view message_of(refusal why) noexcept;

/// The body of a refusal, `{"code":N,"message":"..."}`, with a message of its own where one is
/// given.
[[nodiscard]] std::string refusal_json(refusal why, std::string_view message = {});

}  // namespace anywire::engineio
