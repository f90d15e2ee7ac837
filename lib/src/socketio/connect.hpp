#pragma once

#include "socketio/packet.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// How a client joins a namespace. All other packets are the same both ways: `decode_packet`,
// `append_head` and `assembler` are a client's, too, and `has_sound_placeholders` is enough for
// what a server sends.
namespace anywire::socketio::wire {

/// Appends the packet that asks to join a namespace. `auth` is the text of a JSON object or empty;
/// in v4 it is a query instead, encoded and without `?`.
///
/// Spec:     socket.io-protocol v5, "Connection to a namespace"; v4: a client does not join `/`,
///           where it is from the start, and its query goes into that of the connection.
/// Requires: `nsp` starts with `/` and holds no comma, in v4 no `?` either; a v4 `nsp` is not `/`,
///           and its query holds no comma.
void append_connect(std::string& out,
                    protocol revision,
                    std::string_view nsp,
                    std::string_view auth = {});

/// What a server tells a client that has joined.
struct connected {
    std::string sid{};  ///< The socket's id; in v4 not told, and empty.
    std::string pid{};  ///< Secret of the recovery; empty where the server has none.
};

struct decoded_connected {
    std::optional<connected> value{};
    std::string_view wrong{};  ///< Why there is none: a literal, for the log.
};

/// Decodes the payload of a server's CONNECT.
///
/// Requires: `packet` was decoded by `decode_packet` in the same revision, and is a CONNECT.
/// Limits:   256 bytes for each id.
[[nodiscard]] decoded_connected decode_connected(packet const& packet, protocol revision);

/// Why a server lets a client not join.
struct connect_error {
    std::string message{};  ///< 1024 bytes at most; empty where it is not text.
    /// JSON of the application's: in v5 `data` of the object; in v4 all of the payload. Empty where
    /// there is none. It points into the packet.
    std::string_view data{};
};

/// Decodes the payload of a CONNECT_ERROR, in v4 of an ERROR, whatever it is.
///
/// Spec:     socket.io-protocol v5, "Connection to a namespace"; a text alone is its message.
/// Requires: `packet` was decoded by `decode_packet` in the same revision, and is a CONNECT_ERROR.
/// Borrow:   `data` points into what the packet does.
[[nodiscard]] connect_error decode_connect_error(packet const& packet, protocol revision);

}  // namespace anywire::socketio::wire
