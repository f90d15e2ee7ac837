#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace anywire::engineio {

/// The protocol's revision: `EIO=4` in the query is v4, everything else v3.
enum class revision : std::uint8_t { v3 = 3, v4 = 4 };

/// What a packet is; the value is its digit on the wire.
enum class packet_type : std::uint8_t { open, close, ping, pong, message, upgrade, noop };

/// One packet, borrowing its data.
struct packet {
    packet_type type = packet_type::noop;
    std::string_view data{};
    bool binary = false;  ///< Bytes, not text; only messages are.
};

/// The digit that a packet in text begins with.
[[nodiscard]] constexpr char digit_of(packet_type type) noexcept {
    return static_cast<char>('0' + static_cast<int>(type));
}

/// Decodes one WebSocket message; nothing when it is no packet.
///
/// A text frame is a digit and data, or base64 of a binary message: `b...` in v4, `b4...` in v3. A
/// binary frame is a binary message: in v4 the bytes themselves, which may be empty, in v3 after
/// the byte 0x04. Padding of base64 may be absent; all else that is not base64 is refused.
///
/// Spec:   engine.io-protocol v4, "Packet encoding"; v3, "Encoding".
/// Borrow: the packet points into `message` or into `scratch`, which then holds decoded base64.
/// Limits: `scratch` grows to 3/4 of `message`.
/// Cost:   constant time, but for base64.
[[nodiscard]] std::optional<packet> decode_frame(revision r,
                                                 std::string_view message,
                                                 bool binary,
                                                 std::string& scratch);

/// Appends a binary message as text, for carriers and peers that take no bytes.
void append_base64_packet(std::string& out, revision r, std::string_view bytes);

}  // namespace anywire::engineio
