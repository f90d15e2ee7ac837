#pragma once

#include <anywire/server.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace demo {

struct node_crew_options {
    std::size_t count = 0;
    /// Of anywire-demo-node.
    std::string program{};
    /// What the nodes listen with, as the page does.
    anywire::tls_options tls{};
};

/// The nodes that the page shows, kills and starts again: processes that are one application
/// through a folder of their own. They end with this, and with this process, however that ends.
///
/// Thread: any, for every function but the constructor and destructor.
class node_crew {
public:
    /// Throws: `std::runtime_error` without the program, or a folder for the nodes.
    explicit node_crew(node_crew_options o);
    ~node_crew();
    node_crew(node_crew const&) = delete;
    node_crew& operator=(node_crew const&) = delete;

    /// Starts them all. `on_change` is called from then on, on any thread, one at a time, with what
    /// `json` says now.
    void begin(std::function<void(std::string const& json)> on_change);
    /// Kills a node (SIGKILL), or starts it again; does nothing where it is so already.
    void kill(std::size_t which);
    void start(std::size_t which);

    std::size_t size() const noexcept;
    /// The port of one of the nodes that serve: the next one for a WebSocket that opens a session,
    /// so that each gets as many, and any for all else. 0 where none serves.
    std::uint16_t next_port(bool opens_websocket);
    /// All nodes, for the page: an array of objects.
    std::string json() const;

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

/// Where anywire-demo-node is: beside this program.
std::string node_program();

}  // namespace demo
