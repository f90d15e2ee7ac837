#pragma once

#include <anywire/server.hpp>

#include "census.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace demo {

/// Where the lab's mounts are; what follows is the mount's name, e.g. "/lab/ws".
inline constexpr std::string_view lab_prefix = "/lab/";

/// What handlers of a mount need of the mount itself. They hold it weakly: it holds them, and with
/// the server all shall go.
using keepsakes = std::vector<std::shared_ptr<void>>;

struct lab_mounts {
    /// Sends number `n` to every client of the "Break it" part; to be called on a shard of the
    /// server.
    std::function<void(std::uint64_t n)> announce{};
    /// To be kept as long as the server.
    keepsakes kept{};
};

/// Adds the lab's mounts, which count into `counts`.
lab_mounts mount_lab(anywire::server& server, census& counts);

/// Adds the chat: one room for three dialects.
void mount_chat(anywire::server& server, census& counts, keepsakes& kept);

// What the mounts have in common.
anywire::session_limits lab_limits();
anywire::sockjs_options lab_sockjs();
anywire::engineio_options lab_engineio();
/// With heartbeats so fast that nobody has to watch for a minute until a dead connection is
/// noticed, and with time for an answer on the slowest network that the page offers, 4 s there and
/// back.
anywire::engineio_options fast_engineio();
std::string lab_path(std::string_view name);

/// Handlers that count and, for `on_message`, do what they are told.
anywire::handlers counting(
    census& counts,
    census::mount& m,
    std::shared_ptr<anywire::endpoint> const& where,
    std::function<void(anywire::session&, anywire::message_view)> on_message);
/// The same for a Socket.IO server.
void count_sockets(census& counts,
                   census::mount& m,
                   std::shared_ptr<anywire::socketio::server> const& io);

}  // namespace demo
