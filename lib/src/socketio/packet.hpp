#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace anywire::socketio::wire {

/// As numbered on the wire.
enum class packet_type : std::uint8_t {
    connect,
    disconnect,
    event,
    ack,
    connect_error,
    binary_event,
    binary_ack,
};

/// Revisions of the Socket.IO protocol.
enum class protocol : std::uint8_t {
    v4 = 4,  ///< Clients of Engine.IO 3: socket.io 1.x and 2.x.
    v5 = 5,
};

struct decode_limits {
    /// Most attachments of one packet. Default 10, the reference's.
    unsigned max_attachments = 10;
    /// Most levels of arrays and objects in a payload. At most 512; default 128.
    unsigned max_depth = 128;
    /// Longest name of a namespace, in bytes. Default 256.
    std::size_t max_namespace = 256;
};

/// One packet, borrowing from the text it was decoded from.
struct packet {
    packet_type type{};
    std::string_view nsp = "/";
    std::string_view query{};  ///< v4: what follows `?` after the namespace's name.
    std::optional<std::uint64_t> id{};
    unsigned attachments = 0;    ///< Binary messages that are to follow.
    std::string_view payload{};  ///< JSON of the shape its type asks for, or empty.
    std::string event{};         ///< An event's name; of a number, its text.
};

struct decoded {
    std::optional<packet> value{};
    std::string_view wrong{};  ///< Why there is none: a literal, for the log.
};

/// Decodes one packet, `text` being an Engine.IO message.
///
/// Stricter than the reference where that is lenient by accident: numbers are digits, ids fit 64
/// bits, an event has a name. Whoever sends anything else has its connection closed.
///
/// Spec:   socket.io-protocol v5 and v4, "Packet encoding".
/// Borrow: the packet points into `text`.
/// Limits: `limits`; the length is the carrier's to bound.
/// Cost:   linear. Allocates for the event's name and what `check_json` does.
[[nodiscard]] decoded decode_packet(std::string_view text,
                                    protocol revision,
                                    decode_limits const& limits);

/// What `decode_packet` asks of a packet beyond its encoding, for one that was decoded elsewhere:
/// its namespace's name, the shape of its payload. Finds the event's name. Says what is wrong, as
/// `decoded::wrong`.
///
/// Requires: the payload is JSON or empty.
[[nodiscard]] std::string_view check_packet(packet& p, decode_limits const& limits);

/// Whether each placeholder of a payload has an integral `num` of one of its attachments.
///
/// Spec: socket.io-protocol v5, "Placeholders".
/// Cost: linear, no allocation.
[[nodiscard]] bool has_sound_placeholders(std::string_view payload,
                                          std::size_t attachments) noexcept;

/// The same of what a client sends, where a few bytes of text must not multiply megabytes.
///
/// The reference hands out an attachment as often as it is named, and every time may become a copy,
/// in what a handler takes and in what is sent on. Its clients never name one twice: they make an
/// attachment of each value that is binary. So it may be named again, but the copies are counted.
/// One that is named by nobody passes.
///
/// Limits: as many placeholders as attachments, or `most_named` where that is more;
///         `max_copied_bytes` for what is named again.
/// Cost: linear. Allocates for more than 16 placeholders.
[[nodiscard]] bool check_placeholders(std::string_view payload,
                                      std::span<std::string const> attachments,
                                      std::size_t most_named = 10);

/// Bytes of attachments that a packet may name again, all times together.
inline constexpr std::size_t max_copied_bytes = std::size_t{64} * 1024;

/// Appends `<type>[<n>-][nsp,][id]`; the payload follows.
///
/// Requires: `nsp` starts with `/` and holds no comma; `attachments` is 0 but for binary types.
void append_head(std::string& out,
                 packet_type type,
                 std::string_view nsp,
                 std::optional<std::uint64_t> id,
                 unsigned attachments);

}  // namespace anywire::socketio::wire
