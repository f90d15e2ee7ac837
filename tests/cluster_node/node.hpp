#pragma once

#include <anywire/redis/connection.hpp>
#include <anywire/server.hpp>
#include <anywire/socketio.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// What anywire-cluster-node is made of.
namespace cluster_node_program {

/// `--name value`, each of them.
using arguments = std::map<std::string, std::string>;
using strings = std::vector<std::string>;

/// Who is meant, and how: what `/control` is told of each operation.
struct terms {
    strings rooms{};
    strings except{};
    std::optional<bool> is_volatile{};
    std::optional<bool> local{};
    std::optional<int> timeout{};
};
ANYWIRE_JSON(terms, rooms, except, is_volatile, local, timeout)

anywire::redis::connection redis_of(arguments const& a);

/// Mounts SockJS, WebSocket and Engine.IO below `/texts/`, one audience that sends text, and the
/// last two below `/bytes/`, another one; both are those of all servers. A client joins, leaves,
/// sends and asks by words: "join g", "leave g", "all text", "others text", "to g text", "but g
/// text", "members g", "count g", "groups". Whoever sends bytes sends them to everybody.
void mount_plain(anywire::server& server,
                 std::function<anywire::bus_maker(std::string name)> const& bus_of);

/// Mounts STOMP on `/stomp` and `/stomp-sockjs`, one broker whose topics and users are those of all
/// servers. `/app/self` has the server's name and the client's id; `/app/users` and
/// `/app/clients/{user}` are answered to `/user/queue/answers`; `/app/tell/{id}` sends to that
/// client's `/user/queue/x`, and `/app/end/{user}` ends a user's sessions. A login is the user.
void mount_stomp(anywire::server& server, anywire::bus_maker bus, std::string const& name);

/// Has `/control` send by an emitter, as a process does that is no server of the others.
void serve_emitter(anywire::socketio::nsp const& control, arguments const& a);

}  // namespace cluster_node_program
