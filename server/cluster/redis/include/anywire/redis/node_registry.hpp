#pragma once

#include <anywire/redis/connection.hpp>
#include <anywire/session_registry.hpp>

#include <memory>
#include <string>

namespace anywire::redis {

struct node_registry_options {
    /// What the keys begin with, in braces: in a cluster of Redis all of them are in one slot, as
    /// scripts need it. Clusters of different names do not see each other. Default "anywire".
    std::string name = "anywire";
};

/// Where the nodes of a cluster find each other in Redis (6 or newer): "{anywire}:nodes" is a hash
/// of those that live, "{anywire}:session:..." says which node has a session, until it ends or is
/// not claimed again. Times are those of the server, so that clocks of nodes may differ.
///
/// Each call is one EVAL of a few reads and one write. Its user needs HGET, HKEYS, HSET, HDEL,
/// GET, SET, DEL, PEXPIRE, TIME and EVAL.
/// Throws: `std::invalid_argument` for a name with braces, or none.
[[nodiscard]] std::shared_ptr<session_registry> make_node_registry(
    connection to, node_registry_options options = {});

}  // namespace anywire::redis
