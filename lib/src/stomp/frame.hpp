#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace anywire::stomp {

/// Versions of the protocol, in their order.
enum class version : std::uint8_t { v1_0, v1_1, v1_2 };

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

struct header {
    std::string_view name{};
    std::string_view value{};
};

/// One frame as it was read.
///
/// Borrow: until the reader's next call, and while the bytes that it was given live.
struct frame_view {
    command what{};
    std::vector<header> headers{};  ///< In their order, repeated ones too.
    std::string_view body{};

    /// The first header of that name, which is the one that counts (STOMP 1.2, "Repeated Header
    /// Entries"); nothing where it has none.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;
};

}  // namespace anywire::stomp
