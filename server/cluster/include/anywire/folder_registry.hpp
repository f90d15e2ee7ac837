#pragma once

#include <anywire/session_registry.hpp>

#include <memory>
#include <string>

namespace anywire {

struct folder_registry_options {
    /// A folder of the application's own, the same for all its processes; that of their `unix_bus`
    /// will do. It is made where it is not there, for this user alone (0700); one that others may
    /// write to, or that is another user's, is refused. Best in /run, which is memory. It has to be
    /// given.
    std::string folder{};
};

/// Where the nodes of a cluster find each other that are processes of one host, without Redis: in a
/// folder. "nodes/ID" holds a node's address, and is locked (flock) for as long as its process
/// lives; "sessions/HASH" is a symbolic link that names the node of a session.
///
/// A session is claimed by one system call and found by six at most, on the thread that asks.
/// Others are waited for only where a session of a dead node is claimed, 500 ms at most. A process
/// that ends, or is killed, is missed at once: its sessions are nobody's from then on, and what it
/// leaves in the folder is removed by the others, on a thread of their own. One that has stopped
/// (SIGSTOP) is missed after `cluster_options::lives`, as with any registry. Claims last as long as
/// their node: `cluster_options::session_lives` is not needed.
///
/// A process that was forked from a node and is no program of its own (no exec) keeps it locked:
/// make the registry after the fork.
/// Limits: one link for each SockJS session over HTTP, 1 024 nodes.
/// Throws: `std::invalid_argument` for a folder that is not safe, `std::system_error` where it
///         cannot be made.
[[nodiscard]] std::shared_ptr<session_registry> make_folder_registry(
    folder_registry_options options);

}  // namespace anywire
