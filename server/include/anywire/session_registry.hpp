#pragma once

#include <anywire/error.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace anywire {

/// One of the processes that serve the same clients.
struct registered_node {
    /// Four characters of A-Za-z0-9-_, drawn when the process begins.
    std::string id{};
    /// Where other nodes reach its internal listener: "10.0.0.7:7000", "[fd00::7]:7000".
    std::string address{};
};

/// Where the nodes of a cluster find each other, and the sessions whose names the client has chosen
/// (SockJS over HTTP). Names that the server draws, as those of Engine.IO, say themselves on which
/// node their session is, and never come here.
///
/// `make_memory_registry` makes one for the services of one process; one in Redis is for several.
///
/// Thread: any, all at once. Each `then` is called exactly once, on any thread, also within the
///         call; with an error where the registry cannot be reached. What is asked for is done in
///         the order of the calls of one thread.
class session_registry {
public:
    using done = std::function<void(error_code)>;
    using listed = std::function<void(error_code, std::vector<registered_node>)>;
    /// `node` is the id of the node that has the session; empty: nobody has.
    using owned = std::function<void(error_code, std::string node)>;

    virtual ~session_registry() = default;

    /// Enters a node, or says again that it lives: until `lives` has passed.
    ///
    /// Errors: `boost::system::errc::address_in_use` where a node at another address has that id.
    virtual void announce(registered_node node, std::chrono::milliseconds lives, done then) = 0;
    /// Strikes a node out: whatever sessions were its own are nobody's from now on.
    virtual void withdraw(std::string node) = 0;
    /// All nodes that live.
    virtual void list(listed then) = 0;

    /// Says that a session is on `node`, until it is released or `lives` has passed; again for one
    /// that is there renews it. A session that another living node has stays there: `then` tells
    /// which.
    virtual void claim(std::string session,
                       std::string node,
                       std::chrono::milliseconds lives,
                       owned then) = 0;
    /// Which living node has a session.
    virtual void find(std::string session, owned then) = 0;
    /// The session has ended. Does nothing where another node has it.
    virtual void release(std::string session, std::string node) = 0;
};

/// One in the memory of this process, for services that run in it together: for tests.
[[nodiscard]] std::shared_ptr<session_registry> make_memory_registry();

}  // namespace anywire
