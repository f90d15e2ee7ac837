#pragma once

#include "client/url.hpp"
#include "cluster_core.hpp"
#include "context_floor.hpp"
#include "errand.hpp"
#include "lookup.hpp"
#include "owner_cache.hpp"
#include "relay_call.hpp"
#include "socket_network.hpp"
#include "tunnel.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace anywire::relay {

class session_claim;

/// Another node, as one shard knows it.
struct peer_node {
    node_number number = 0;
    std::string address{};
    client_url url{};
    std::unique_ptr<socket_network> network{};
};

/// The part of a cluster on one shard: its connections to other nodes, and what is under way there.
///
/// Thread: the shard's.
class relay_shard final : public errand, private context_floor {
public:
    relay_shard(shard& here, cluster_core& core);
    ~relay_shard() override;
    relay_shard(relay_shard const&) = delete;
    relay_shard& operator=(relay_shard const&) = delete;

    shard& here() noexcept { return here_; }
    cluster_core& core() noexcept { return core_; }

    /// As `other_nodes::carry`.
    void carry(incoming const& in, other_nodes::wanted const& what, other_nodes::unless_fn unless);
    /// The nodes that live now.
    void set_nodes(node_table const& all);
    /// What the registry has said of the session of `key`; empty: nobody has it.
    void on_owner(std::uint64_t number,
                  std::string const& key,
                  error_code ec,
                  std::string const& node);

    // -- for what is under way
    void end(relay_call const& c) noexcept { calls_.erase(&c); }
    void end(lookup const& l) noexcept { lookups_.erase(l.number()); }
    void on_no_answer(lookup& l);
    /// The node that should have the session of a request was not reached, or broke off.
    void on_lost(stray_ptr what);
    void note_not_carried(peer_node const& node, std::string_view why);
    void forget_owner(std::string_view key) noexcept { owners_.forget(key); }
    void forget_claim(std::string const& key) noexcept;
    std::shared_ptr<tunnel_set> const& share_tunnels() const noexcept { return tunnels_; }

    /// Takes leave of the clients whose WebSockets go through here.
    void on_drain(drain_turn const& turn) override;
    void on_teardown() noexcept override;

private:
    using node_map = std::unordered_map<node_number, std::unique_ptr<peer_node>>;

    // -- context_floor
    io_host& host() noexcept override;
    std::shared_ptr<client_tls const> tls(client_tls_options const& options,
                                          std::string& error) override;

    std::unique_ptr<peer_node> make_node(node_entry const& entry);
    peer_node* find_node(node_number n) noexcept;
    /// Calls to nodes that are not there any more have lost them.
    void lose_calls(node_map const& gone);
    /// What waits for nodes goes on, as they are known now.
    void go_on_with_nodes();
    void begin_call(incoming const& in, peer_node& to, stray_ptr what);
    /// Which node has the session, if any, is remembered, or asked for.
    void find_owner(stray_ptr request);
    void look_up(lookup::of what, stray_ptr request);
    /// Null where its client has gone.
    stray_ptr take_lookup(std::uint64_t number);
    void ask_owner(std::uint64_t number, stray_request const& of);
    /// The session is on a node, if anywhere.
    void go_on(stray_ptr what, std::optional<node_number> node);
    /// No other node has the session; null: nor may it be opened here.
    void end_here(stray_ptr what, other_nodes::claim held);
    void end_unasked(stray_ptr what);
    void on_silence(std::string_view why);
    other_nodes::claim claim_of(std::string const& key);

    shard& here_;
    cluster_core& core_;
    node_map nodes_{};
    std::unordered_map<relay_call const*, std::unique_ptr<relay_call>> calls_{};
    std::unordered_map<std::uint64_t, std::unique_ptr<lookup>> lookups_{};
    std::shared_ptr<tunnel_set> tunnels_ = std::make_shared<tunnel_set>();
    std::optional<std::size_t> leaving_{};  // tunnels, when a drain began
    owner_cache owners_;
    keyed_map<std::weak_ptr<session_claim>> claims_;
    std::uint64_t last_lookup_ = 0;
    tick silent_until_ = 0;
    bool is_silent_ = false;  // the registry, which is not asked until then
};

}  // namespace anywire::relay
