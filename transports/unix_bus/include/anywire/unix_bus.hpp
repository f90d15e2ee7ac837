#pragma once

#include <anywire/adapter_options.hpp>
#include <anywire/endpoint_bus.hpp>
#include <anywire/log.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace anywire {

class client_context;

namespace mesh {
class bus_port;
}

/// Where the processes of one host meet, and how much they may make each other hold. Sizes are
/// bytes.
struct unix_bus_options {
    /// A folder of the application's own, the same for all its processes: each has a socket in it.
    /// It is made where it is not there, for this user alone (0700); one that others may write to,
    /// or that is another user's, is refused. At most 70 bytes, best in /run. It has to be given.
    std::string folder{};
    /// Most bytes that wait for one other node; one that reads too slowly for that is disconnected,
    /// and tried again `retry_after` later. As much may wait in this process to be sent at all,
    /// what holds each message included; what finds no room there is dropped. Default 64 MiB.
    std::size_t max_queued_bytes = 64u << 20;
    /// Longest message, its channel's name included. A longer one is not sent; a node that sends
    /// one is disconnected. Default 16 MiB.
    std::size_t max_message_bytes = 16u << 20;
    /// Most other nodes. Further ones are left alone, and logged. Default 64.
    std::size_t max_nodes = 64;
    /// Most channels that another node may subscribe to: two for each namespace or endpoint.
    /// Beyond, it is disconnected. Default 65 536.
    std::size_t max_channels = 65'536;
    /// How often the folder is looked at for nodes that this one has no connection with. One that
    /// begins connects with all others at once, and need not be looked for. Default 500 ms.
    std::chrono::milliseconds look_every{500};
    /// How long another node may take to answer, and to read on. Default 3 s.
    std::chrono::milliseconds patience{3'000};
    /// How long a node that was disconnected for its silence, or for what it sent, is left alone,
    /// unless it connects itself. Default 10 s.
    std::chrono::milliseconds retry_after{10'000};
};

/// How a bus fares, for metrics. Counts only grow.
struct unix_bus_health {
    std::size_t nodes = 0;         ///< Other nodes that are connected now.
    std::size_t queued_bytes = 0;  ///< Of this process, on their way to be sent.
    std::uint64_t sent = 0;        ///< Messages, once for each node that they went to.
    std::uint64_t received = 0;    ///< Messages of other nodes.
    std::uint64_t dropped = 0;     ///< Messages that found no room, or were too long.
    std::uint64_t lost = 0;        ///< How often a node has gone, or was disconnected.
    std::uint64_t refused = 0;     ///< Connections that were closed for what they sent, or were not
                                   ///< of this user.
};

/// Connects the processes of one host that serve the same application, without a broker: each
/// listens at a Unix domain socket in one folder, and is connected with all others. What an
/// adapter or an endpoint sends to all goes to those nodes that have the namespace or endpoint.
///
/// A process that ends, or is killed, is missed at once: its socket's file is removed by whoever
/// sees that nobody listens there. One that begins is among the others at once.
///
/// Only processes of the same user, or of root, are let in, and what they send is checked as if
/// they were not. The format is this library's own: all processes have to be of one version of it.
///
/// A copy is the same bus; the last one to go, adapters' and endpoints' included, ends it.
///
/// Thread: any.
class unix_bus {
public:
    /// Runs on a thread of its own.
    ///
    /// Throws: `std::invalid_argument` for an option out of range and for a folder that is not
    ///         safe, `std::system_error` where it cannot be made or listened in.
    explicit unix_bus(unix_bus_options with, log_sink log = {});
    /// Runs where `on` does, beside clients: on its thread, or on an executor of Asio that the
    /// context was made for (anywire/executors.hpp). `on` has to outlive it; its log is used.
    ///
    /// Throws: as the other.
    unix_bus(client_context& on, unix_bus_options with);

    /// What goes into `socketio::options::make_adapter`: broadcasts, rooms, acknowledgements,
    /// `fetch_sockets`, `server_side_emit` and all else reach the clients of all nodes. Clients
    /// that were cut off are recovered on the node they were on, no other.
    ///
    /// `prefix` tells applications apart that share a folder.
    [[nodiscard]] adapter_maker socketio_adapter(adapter_options with = {},
                                                 std::string prefix = "socket.io") const;
    /// What connects the sessions of an endpoint (SockJS, WebSocket, Engine.IO) with those of the
    /// endpoints of the same name on all nodes: for `endpoint::use_bus`.
    ///
    /// Throws: `std::invalid_argument` without a name.
    [[nodiscard]] bus_maker endpoint_bus(endpoint_bus_options with) const;

    /// What this node is called: the name of its socket, without ".sock". Another process has
    /// another one, and so has this one when it begins anew.
    [[nodiscard]] std::string const& node() const noexcept;
    [[nodiscard]] unix_bus_health health() const;

private:
    std::shared_ptr<mesh::bus_port> port_;
};

}  // namespace anywire
