#pragma once

#include <anywire/client_options.hpp>
#include <anywire/close_reason.hpp>

#include "tally.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace bench {

/// Microseconds of CPU for each message that came back to our clients.
///
/// Throws: `std::runtime_error` when something goes wrong.
double run_ours(std::uint16_t port, load const& what);

/// Clients that do nothing.
struct idle_kind {
    char const* name;
    char const* path;
    anywire::client_dialect dialect;
    bool has_profile;  ///< They share their options and, but for Socket.IO, their handlers.
    bool is_socketio = false;
};
inline constexpr idle_kind idle_kinds[] = {
    {"WebSocket, of one profile", "/ws", anywire::client_dialect::websocket, true},
    {"WebSocket, options of their own", "/ws", anywire::client_dialect::websocket, false},
    {"SockJS, of one profile", "/sockjs", anywire::client_dialect::sockjs, true},
    {"Engine.IO, of one profile", "/engine.io/", anywire::client_dialect::engineio, true},
    {"Socket.IO, of one profile", "/socket.io/", anywire::client_dialect::engineio, true, true},
    {"Socket.IO, options of their own",
     "/socket.io/",
     anywire::client_dialect::engineio,
     false,
     true}};

/// How a session that shall last has ended.
std::string text_of(anywire::close_event const& how);

/// What one of them costs.
struct idle_cost {
    double resident_bytes = 0;     ///< Memory of the process that is its own.
    double heap_bytes = 0;         ///< As the allocator counts what is in use.
    double cpu_ms_per_second = 0;  ///< Of all of them.
};
/// Opens `count`, has each of them send one message and get it back, and watches them.
///
/// Throws: `std::runtime_error` when something goes wrong.
idle_cost hold_idle(std::uint16_t port, idle_kind const& kind, std::size_t count, double seconds);

}  // namespace bench
