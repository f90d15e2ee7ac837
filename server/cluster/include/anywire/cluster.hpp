#pragma once

#include <anywire/client_options.hpp>
#include <anywire/listener.hpp>
#include <anywire/service.hpp>
#include <anywire/session_registry.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace anywire {

namespace relay {
class cluster_core;
}

/// How a service is one node of several that serve the same clients, all with the same mounts,
/// `trusted_proxies` and `hosts`.
struct cluster_options {
    /// Where the nodes find each other. Must be given.
    std::shared_ptr<session_registry> registry{};

    /// What the nodes have in common and nobody else knows, at least 16 bytes: who knows it can
    /// speak for any client. It never goes over the wire.
    std::string secret{};

    /// The internal listener, for other nodes alone: an address that clients cannot reach. Default
    /// a free port of 127.0.0.1. On a network that others can read, give it TLS with
    /// `client_auth::required`, and `tls` below. Not a Unix domain socket; `proxy_protocol` off.
    listener_options listen{.port = 0};

    /// Where other nodes reach it, as "host:port". Default: address and port of `listen`, which
    /// must be no wildcard then.
    std::string advertise{};

    /// How other nodes' certificates are checked, and what this node shows; where `listen` has TLS.
    client_tls_options tls{};

    /// Most requests and WebSockets that are carried to other nodes at a time, and as many from
    /// them; 503 beyond. Default 20 000.
    std::size_t max_relayed = 20'000;

    /// How often the registry is told that the node lives. Default 2 s.
    std::chrono::milliseconds heartbeat{2'000};
    /// How long it is believed to live after that. Default 7 s; at least twice `heartbeat`.
    std::chrono::milliseconds lives{7'000};
    /// How long a connection to another node, or an answer of the registry, may take; then the
    /// session counts as unknown. Default 3 s.
    std::chrono::milliseconds patience{3'000};
    /// How long the registry keeps what it was told of a session; it is told again after half of
    /// that. Default 1 h; at least 1 s.
    std::chrono::milliseconds session_lives{3'600'000};
};

/// What a node has done since it began. Thread: any.
struct cluster_numbers {
    std::uint64_t carried = 0;    ///< Requests for other nodes' sessions that were answered there.
    std::uint64_t tunnelled = 0;  ///< Of these: those that became a WebSocket.
    std::uint64_t not_carried = 0;  ///< Requests whose node could not be reached, or broke off.
    std::uint64_t unknown = 0;      ///< Requests for sessions that nobody has.
    std::uint64_t turned_away = 0;  ///< Requests beyond `cluster_options::max_relayed`.
    std::uint64_t served = 0;       ///< Connections of other nodes that were let in.
    std::uint64_t refused = 0;      ///< Connections to the internal listener that were not.
    std::uint64_t asked = 0;        ///< Questions to the registry about sessions.
    std::uint64_t unanswered = 0;   ///< Of these: those that it did not answer in time, or at all.
    std::size_t under_way = 0;      ///< Now: on their way to other nodes, and WebSockets there.
    std::size_t nodes = 0;          ///< Now: other nodes that live, as the registry has it.
};

/// Makes a service one node of a cluster whose balancer needs no sticky sessions: what it brings to
/// a node that does not have the session is carried to the one that has.
///
/// A request that arrives where its session is costs nothing more than without. Sessions themselves
/// stay where they were opened, and end with their node.
/// Thread: made where the service is set up, after its shards and before its first request. It may
/// go before the service, which keeps what it needs.
class cluster_node {
public:
    /// Throws: `std::invalid_argument` for an option out of range, `std::system_error` when
    ///         `listen` cannot be bound, `std::logic_error` for a service that is a node already.
    cluster_node(service& of, cluster_options options);
    cluster_node(cluster_node const&) = delete;
    cluster_node& operator=(cluster_node const&) = delete;
    ~cluster_node();

    /// Four characters; another process, or the same one when it begins anew, has others.
    [[nodiscard]] std::string id() const;
    /// Where other nodes reach it.
    [[nodiscard]] std::string const& address() const noexcept;
    /// The service's metrics have them, too: `docs/no-sticky-sessions.md` lists the names.
    [[nodiscard]] cluster_numbers numbers() const;

private:
    std::shared_ptr<relay::cluster_core> core_;
};

}  // namespace anywire
