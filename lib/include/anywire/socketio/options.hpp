#pragma once

#include <anywire/handlers.hpp>
#include <anywire/options.hpp>
#include <anywire/socketio/event.hpp>
#include <anywire/socketio/parser.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace anywire::socketio {

class adapter;
class local_sockets;

/// Connection state recovery: who comes back in time goes on where it was cut off. Each event
/// without acknowledgement then carries one argument more, by which the client knows where it was.
struct recovery_options {
    bool enabled = false;
    /// How long a session, and what was sent meanwhile, is kept. Default 2 minutes.
    std::chrono::milliseconds max_disconnection{120'000};
    /// The middlewares do not see whoever recovers. Default true.
    bool skip_middlewares = true;
    /// A client may come back while its old connection still seems alive: a phone that has changed
    /// networks, say. The old one is ended then. Without it such a client is a new one.
    bool replace_live = true;
    /// Bounds of the log of each namespace: the oldest events go first, and with them the chance of
    /// clients that had not seen them. Default 8 MiB and 65 536.
    std::size_t max_log_bytes = 8u << 20;
    std::size_t max_log_events = 65'536;
    /// Most sessions kept of each namespace; the oldest go first. Default 65 536.
    std::size_t max_sessions = 65'536;
};

/// A Socket.IO server's options.
struct options {
    /// The transports under it. With the overflow policy `refuse` it is `socket::emit` that is
    /// refused; a broadcast or an acknowledgement that finds no room is dropped and counted in
    /// `socket::dropped`.
    engineio_options engine{};

    /// Decides who may connect at all, before there is a connection; see `handlers::authorize`.
    handler<void(anywire::request const&, decision)> authorize{};

    /// A connection that has joined no namespace by then is closed. Default 45 s.
    std::chrono::milliseconds connect_timeout{45'000};

    unsigned max_attachments = 10;              ///< Of one packet; more close the connection.
    std::size_t max_packet_bytes = 10'000'000;  ///< A packet with all its attachments; the same.
    unsigned max_depth = 128;                   ///< Of nested arrays and objects; at most 512.
    std::size_t max_namespaces = 64;            ///< Of one connection; more are refused.
    std::size_t max_namespace_name = 256;       ///< Bytes; a longer name closes the connection.
    /// Of what a client gives as `auth` for one namespace, as JSON; more is refused
    /// (`connect_error`). It is kept as long as the socket. Default 256 KiB.
    std::size_t max_auth_bytes = 256u << 10;

    recovery_options recovery{};

    std::size_t max_rooms = 10'000;  ///< Of one socket; it is let into no more.
    /// Of one socket's emits; beyond, the oldest is given up as `errc::ack_timeout`.
    std::size_t max_pending_acks = 1'000;

    /// Ends dynamic namespaces when their last socket has left; those that sessions may recover in
    /// after `recovery.max_disconnection`. One that the application has a handle of stays. Default
    /// true.
    bool clean_up_child_namespaces = true;
    /// Most dynamic namespaces. Beyond, the one that has gone unused for longest makes room; if all
    /// are in use, clients that ask for more are refused.
    std::size_t max_child_namespaces = 65'536;
    /// Most dynamic namespaces that one connection is in at a time; more are refused. Far below
    /// `max_child_namespaces`, so that no client keeps others out. Default 64, as `max_namespaces`.
    std::size_t max_client_child_namespaces = 64;

    /// The `dist` folder of the npm package socket.io-client: its bundles are served at the mount,
    /// as `socket.io.js` and so on. Empty: none are. `server::mount` reads it, and throws
    /// `std::invalid_argument` if it holds no socket.io.js.
    std::string client_files{};

    /// Called instead of the library's answer when an event's arguments do not fit its handler. By
    /// default the client's acknowledgement, if it asked for one, gets `{"error": "argument 2:
    /// expected integer"}`. On the socket's shard.
    handler<void(socket&, event const&, argument_error const&)> on_bad_arguments{};

    /// Makes what connects a namespace with other servers; empty: there are no others.
    std::function<std::unique_ptr<adapter>(local_sockets&)> make_adapter{};

    /// How packets are encoded; empty: as the protocol's document has it. Every client has to be
    /// given the same parser: for `msgpack_parser()` its option `parser` is the npm package
    /// socket.io-msgpack-parser. Not together with `engine.eio3`.
    std::shared_ptr<packet_parser const> parser{};
};

}  // namespace anywire::socketio
