#pragma once

#include <anywire/error.hpp>

#include <type_traits>

namespace anywire::redis {

/// Why a command, a subscription or a connection to Redis has failed. Errors of the socket arrive
/// in Asio's own categories, untouched.
enum class errc {
    // -- the server said no -----------------------------------------------------------------------
    /// The server answered with an error. `reply::text` holds its words, which begin with a code
    /// such as "WRONGTYPE" or "NOPERM".
    error_reply = 1,
    /// The server refused the user or the password. The connection tries again, with its backoff.
    not_authenticated,
    /// The server does not know what was asked for. Sharded pub/sub needs Redis 7.0 or newer,
    /// streams need 5.0.
    unsupported,

    // -- the connection ---------------------------------------------------------------------------
    /// The connection was lost after the command had been sent: it may have been executed or not.
    connection_lost,
    /// The command found no room in `limits::max_waiting_commands` or `limits::max_waiting_bytes`,
    /// or is larger than `limits::max_command`. It was not sent. Or a channel found none in
    /// `limits::max_channels` or `limits::max_channel_bytes`, and is not subscribed to.
    queue_full,
    /// No answer came within `options::command_timeout`. A command that was sent already may have
    /// been executed.
    timed_out,
    /// The connection was closed by `connection::close`. Nothing is sent any more.
    closed,
    /// The server answered with bytes that are not RESP 2, or with an answer that nothing had asked
    /// for. The connection is dropped and opened again.
    protocol_error,
    /// An answer exceeds a limit in `limits`. The connection is dropped and opened again.
    reply_too_big,

    // -- sentinel and cluster ---------------------------------------------------------------------
    /// No sentinel could be reached that knows the master's name.
    no_master,
    /// The server that a sentinel or the cluster named is not a master.
    not_a_master,
    /// No node of the cluster serves the key's slot.
    no_node,
    /// The keys of the command, or of the transaction, belong to different slots of the cluster.
    cross_slot,
    /// The nodes of the cluster sent the command from one to the next too often.
    too_many_redirects,
};

/// The category of `errc`; each message is a sentence.
[[nodiscard]] boost::system::error_category const& error_category() noexcept;

[[nodiscard]] error_code make_error_code(errc e) noexcept;

}  // namespace anywire::redis

template <>
struct boost::system::is_error_code_enum<anywire::redis::errc> : std::true_type {};
