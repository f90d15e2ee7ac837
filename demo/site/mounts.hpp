#pragma once

#include <anywire/server.hpp>

#include "census.hpp"

#include <cstdint>
#include <functional>
#include <string_view>

namespace demo {

/// Where the lab's mounts are; what follows is the mount's name, e.g. "/lab/ws".
inline constexpr std::string_view lab_prefix = "/lab/";

/// Adds the lab's mounts, which count into `counts`. What it returns sends number `n` to every
/// client of the "Break it" part, and is to be called on a shard of that server.
std::function<void(std::uint64_t n)> mount_lab(anywire::server& server, census& counts);

/// Adds the chat: one room for three dialects.
void mount_chat(anywire::server& server, census& counts);

// What the mounts have in common.
anywire::session_limits lab_limits();
anywire::sockjs_options lab_sockjs();
anywire::engineio_options lab_engineio();
std::string lab_path(std::string_view name);

/// Handlers that count and, for `on_message`, do what they are told.
anywire::handlers counting(
    census& counts,
    census::mount& m,
    std::shared_ptr<anywire::endpoint> const& where,
    std::function<void(anywire::session&, anywire::message_view)> on_message);
/// The same for a Socket.IO server.
void count_sockets(census& counts, census::mount& m, anywire::socketio::server const& io);

}  // namespace demo
