#pragma once

#include <anywire/session.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::socketio {

/// What a packet is for.
///
/// Spec: socket.io-protocol v5, "Packet types"; numbered as there.
enum class packet_kind : std::uint8_t { connect, disconnect, event, ack, connect_error };

/// One packet as Socket.IO's logic knows it, however it is encoded.
///
/// Borrow: all of it.
struct packet_view {
    packet_kind kind{};
    std::string_view nsp = "/";
    std::optional<std::uint64_t> id{};  ///< Of the acknowledgement.
    /// JSON, as the protocol's document has it for each kind; empty where there is none.
    std::string_view payload{};
    /// What the placeholders in the payload stand for, see `json_view`.
    std::span<std::string const> attachments{};
};

/// One packet that has come.
struct decoded_packet {
    packet_kind kind{};
    std::string nsp{};
    std::optional<std::uint64_t> id{};
    std::string payload{};
    std::vector<std::string> attachments{};
};

struct parser_limits {
    unsigned max_attachments = 10;              ///< `options::max_attachments`
    unsigned max_depth = 128;                   ///< `options::max_depth`
    std::size_t max_packet_bytes = 10'000'000;  ///< `options::max_packet_bytes`, when decoded
};

/// How packets become messages, instead of the default: of each client, since a server and its
/// clients have to agree beforehand. A packet is one message.
///
/// Thread: any, for every function; several at once.
class packet_parser {
public:
    packet_parser() = default;
    packet_parser(packet_parser const&) = delete;
    packet_parser& operator=(packet_parser const&) = delete;
    virtual ~packet_parser() = default;

    /// What operators know it by.
    virtual std::string_view name() const noexcept = 0;

    /// Whether its messages are binary, all of them.
    virtual bool is_binary() const noexcept = 0;

    /// Appends the message of a packet.
    ///
    /// Requires: the payload is JSON, and its placeholders are right; without attachments there
    ///           are none.
    virtual void encode(std::string& out, packet_view const& p) const = 0;

    /// Reads the packet of a message into `out`, which is as it was made. Says what is wrong with
    /// the message, for the log, or nothing; the client's connection ends then. Whether the packet
    /// makes sense (namespace, shape of the payload, event's name) is not asked here.
    ///
    /// Requires: what it gives as payload is JSON; it bounds all by `limits`, its time by the
    ///           length of the message.
    /// Borrow:   what it returns lives as long as the program.
    virtual std::string_view decode(std::string_view message,
                                    parser_limits const& limits,
                                    decoded_packet& out) const = 0;
};

/// That of the npm package socket.io-msgpack-parser, 3: MessagePack, bytes in their places.
///
/// Dates become strings as `JSON.stringify` writes them, numbers that JSON does not know null;
/// `undefined` is null in arrays, and no member of objects.
///
/// Spec: socket.io-msgpack-parser 3.0, on notepack.io 2.2: a map of type, data, nsp, id.
[[nodiscard]] std::shared_ptr<packet_parser const> msgpack_parser();

}  // namespace anywire::socketio
