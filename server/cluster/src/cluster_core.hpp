#pragma once

#include <anywire/cluster.hpp>

#include "acceptor.hpp"
#include "core/log_throttle.hpp"
#include "listening_socket.hpp"
#include "network_terms.hpp"
#include "node_mark.hpp"
#include "other_nodes.hpp"
#include "relay_ticket.hpp"
#include "tls_source.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace anywire {
class service_shards;
}

namespace anywire::relay {

class membership;
class relay_shard;

/// The nodes that live, but for this one.
struct node_entry {
    node_number number;
    std::string address;
};
using node_table = std::vector<node_entry>;

/// What is counted; thread: any.
struct cluster_tallies {
    std::atomic<std::uint64_t> carried{0};
    std::atomic<std::uint64_t> tunnelled{0};
    std::atomic<std::uint64_t> not_carried{0};
    std::atomic<std::uint64_t> unknown{0};
    std::atomic<std::uint64_t> turned_away{0};
    std::atomic<std::uint64_t> served{0};
    std::atomic<std::uint64_t> refused{0};
    std::atomic<std::uint64_t> asked{0};
    std::atomic<std::uint64_t> unanswered{0};
    std::atomic<std::size_t> under_way{0};
    std::atomic<std::size_t> nodes{0};
    std::atomic<std::size_t> let_in{0};     ///< Connections of other nodes, now.
    std::atomic<std::size_t> strangers{0};  ///< Those that have shown no ticket yet.
};

/// What the shards of a node have in common.
///
/// Thread: constant once the service runs, but for the node's number and the tallies.
class cluster_core final : public other_nodes,
                           private connection_intake,
                           public std::enable_shared_from_this<cluster_core> {
public:
    /// Listens. Throws: as `cluster_node`.
    cluster_core(service_core& service, cluster_options options);
    ~cluster_core() override;
    /// Begins on each shard, as soon as it runs.
    void begin(service_core& service);

    cluster_options const& options() const noexcept { return options_; }
    shared_secret const& secret() const noexcept { return secret_; }
    node_mark const& mark() const noexcept { return mark_; }
    session_registry& registry() const noexcept { return *options_.registry; }
    std::string const& address() const noexcept { return address_; }
    node_number self() const noexcept { return self_.load(std::memory_order_relaxed); }
    void set_self(node_number n) noexcept { self_ = n; }
    cluster_tallies& tallies() noexcept { return tallies_; }
    cluster_numbers numbers() const noexcept;
    std::shared_ptr<service_shards> const& share_shards() const noexcept { return shards_; }
    network_terms const& terms() const noexcept { return *terms_; }
    bool is_secure() const noexcept { return !options_.listen.tls.certificate.empty(); }

    /// The nodes that live now. Thread: the first shard's.
    void publish(node_table all);
    /// Asks the registry soon which nodes live: `relay_shard::set_nodes` follows everywhere.
    /// Thread: a shard's.
    void refresh_nodes();
    /// What the registry says of a session comes back to a shard as `relay_shard::on_owner`.
    session_registry::owned answer_to(unsigned shard, std::uint64_t lookup, std::string key);

    /// A connection to the internal listener was closed.
    void note_refused(shard& here, std::string_view address, std::string_view why);
    /// A line a second at most. Thread: a shard's.
    void note(shard& here, std::string_view what, std::string_view why);

    // -- other_nodes
    std::optional<request_peer> peer_of(http::request_view const& head) const noexcept override;
    void append_mark(std::string& sid) const override { mark_.append(sid, self()); }
    void carry(incoming const& in, wanted const& what, unless_fn unless) override;

private:
    void take(shard& here, newcomer n) override;
    void begin_on(shard& here);

    cluster_options options_;
    shared_secret secret_;
    node_mark mark_;
    std::atomic<node_number> self_;
    std::shared_ptr<service_shards> shards_;
    std::shared_ptr<network_terms const> terms_{};
    std::unique_ptr<tls_source> tls_{};
    listening_sockets sockets_;
    std::string address_;
    std::vector<std::shared_ptr<relay_shard>> parts_;  // each that shard's
    std::shared_ptr<membership> members_{};            // the first shard's
    cluster_tallies tallies_{};
    log_throttle throttle_{};
};

}  // namespace anywire::relay
