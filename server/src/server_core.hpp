#pragma once

#include <anywire/server.hpp>

#include "address_limits.hpp"
#include "core/siphash.hpp"
#include "forwarded.hpp"
#include "random_pool.hpp"
#include "router.hpp"
#include "session/endpoint_core.hpp"
#include "session/queue_budget.hpp"
#include "tls.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace anywire {

class mount_point;
class shard;

/// The sessions of each client address, over all mounts and shards; only while they are limited.
class address_census final : public session_census {
public:
    void on_added(session_base const& s) override;
    void on_retired(session_base const& s) noexcept override;
    address_counts const& sessions() const noexcept { return sessions_; }

private:
    address_counts sessions_{};
};

/// What all shards share. Constant while they run, but for the counters.
struct server_core {
    server_options options{};
    http::address_ranges trusted{};
    siphash_key hash_key = draw_hash_key();
    router routes{};
    std::vector<std::shared_ptr<mount_point>> mounts{};
    std::vector<std::unique_ptr<shard>> shards{};
    std::vector<std::unique_ptr<tls_context>> tls{};  // by listener; null without TLS
    std::atomic<std::size_t> connections{0};
    std::atomic<std::size_t> moving{0};  ///< Connections between two shards, in neither's count.
    std::size_t max_connections = 0;
    std::size_t max_sessions = 0;
    std::atomic<std::size_t> parked{0};       ///< Requests that wait for their answers.
    std::atomic<std::size_t> idle_shards{0};  // of those that drain
    queue_budget queues{};                    ///< Over the sessions of all shards.
    std::atomic<std::size_t> relieving{0};    ///< Shards that have still to relieve it.
    address_counts addresses{};  ///< Connections, and requests that came by trusted proxies.
    address_census census{};
    handshake_rate handshakes{};
    std::vector<std::function<void()>> at_end{};  ///< Called when no shard runs any more.
    bool is_going = false;  ///< No shard runs any more, and none is to be posted to.

    /// The shard that owns what goes by this name on the wire.
    shard& owner(std::string_view wire_id) const noexcept {
        return *shards[siphash(hash_key, wire_id) % shards.size()];
    }
};

}  // namespace anywire
