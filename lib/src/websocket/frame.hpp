#pragma once

#include <anywire/close_reason.hpp>

#include "websocket/mask.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace anywire::websocket {

/// The frame types that exist. Spec: RFC 6455, section 5.2.
enum class opcode : std::uint8_t {
    continuation = 0,
    text = 1,
    binary = 2,
    close = 8,
    ping = 9,
    pong = 10,
};

/// The end of a connection that this side is. A client masks its frames, a server does not.
enum class role : std::uint8_t { server, client };

/// Whether frames of this type may come between the fragments of a message.
[[nodiscard]] constexpr bool is_control(opcode op) noexcept {
    return static_cast<std::uint8_t>(op) >= 8;
}

/// Longest payload of a control frame, in bytes. Spec: RFC 6455, section 5.5.
constexpr std::size_t max_control_payload = 125;

/// Longest header a server writes (unmasked), in bytes.
constexpr std::size_t max_header = 10;

/// Longest header a client writes (masked), in bytes.
constexpr std::size_t max_client_header = 14;

/// Writes an unmasked header with FIN, ending right before `payload`; returns its length: 2, 4
/// or 10.
///
/// Spec:     RFC 6455, section 5.2.
/// Requires: `max_header` writable bytes in front of `payload`.
std::size_t write_header_before(char* payload,
                                opcode op,
                                std::size_t payload_size,
                                bool rsv1 = false) noexcept;

/// Masks `payload` and writes the header of its frame with FIN before it, as a client sends both;
/// returns the header's length: 6, 8 or 14.
///
/// The mask is of the caller's entropy, a new one for each frame, so that no page can choose what
/// bytes a proxy on the way sees.
///
/// Spec:     RFC 6455, sections 5.2, 5.3 and 10.3.
/// Requires: `max_client_header` writable bytes in front of `payload`.
/// Cost:     one pass over the payload.
std::size_t mask_frame_before(
    char* payload, opcode op, std::size_t payload_size, mask_key mask, bool rsv1 = false) noexcept;

/// The header of a frame that the peer sent.
struct frame_header {
    std::uint64_t payload_size = 0;
    mask_key mask = 0;      ///< 0 of a server's frame, which has none.
    std::uint8_t size = 0;  ///< Bytes of the header itself; 0 when more of it must arrive.
    opcode op = opcode::continuation;
    bool fin = false;
    bool rsv1 = false;
    char const* problem = nullptr;  ///< What rule the header breaks by itself, as a sentence.
};

/// Decodes the header at the start of `in` and holds it to all rules that need no history.
///
/// Spec: RFC 6455, sections 5.1 (masked), 5.2 (lengths in their shortest form) and 5.5.
[[nodiscard]] frame_header decode_client_header(std::string_view in) noexcept;

/// The same of a frame that a server sent, which must not be masked.
[[nodiscard]] frame_header decode_server_header(std::string_view in) noexcept;

/// Appends the payload of a close frame; `reason` is repaired to UTF-8 and cut to fit. The codes
/// that may not be sent (1005, 1006, 1015) leave the payload empty.
///
/// Spec: RFC 6455, sections 5.5.1 and 7.4.
void append_close_payload(std::string& out, std::uint16_t code, std::string_view reason);

/// Whether a peer may send `code` in a close frame.
///
/// Spec: RFC 6455, section 7.4, and IANA's registry (1012 to 1014).
[[nodiscard]] constexpr bool is_valid_close_code_from_peer(std::uint16_t code) noexcept {
    return may_be_sent(close_code{code});
}

}  // namespace anywire::websocket
