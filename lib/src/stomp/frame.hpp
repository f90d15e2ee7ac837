#pragma once

#include <anywire/stomp/message.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace anywire::stomp {

/// Which end of a connection one is.
enum class end : std::uint8_t { server, client };

enum class command : std::uint8_t {
    // -- a client's -------------------------------------------------------------------------------
    connect,
    stomp,  ///< As CONNECT, from 1.1.
    send,
    subscribe,
    unsubscribe,
    ack,
    nack,
    begin,
    commit,
    abort,
    disconnect,
    // -- a server's -------------------------------------------------------------------------------
    connected,
    message,
    receipt,
    error,
};

/// As it stands on the wire.
[[nodiscard]] std::string_view name_of(command c) noexcept;
/// The command of that name, which is case-sensitive, where that end sends it.
[[nodiscard]] std::optional<command> command_of(std::string_view name, end sender) noexcept;
/// Whether frames of this kind may have a body.
[[nodiscard]] bool may_have_body(command c) noexcept;
/// Whether their headers are escaped in versions that escape: those of the handshake never are.
[[nodiscard]] bool is_escaped(command c) noexcept;

/// One frame as it was read.
///
/// Borrow: until the reader's next call, and while the bytes that it was given live.
struct frame_view {
    command what{};
    std::vector<header> headers{};  ///< In their order, repeated ones too.
    std::string_view body{};

    /// As `find_header`.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept {
        return find_header(headers, name);
    }
};

}  // namespace anywire::stomp
