#pragma once

#include <anywire/server.hpp>

#include "connection.hpp"
#include "core/siphash.hpp"
#include "forwarded.hpp"
#include "random_pool.hpp"
#include "router.hpp"
#include "session/queue_budget.hpp"
#include "tls.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace anywire {

class mount_point;
class shard;

/// Connections per remote address, over all shards; used only when they are limited.
class address_counts {
public:
    /// False when `address` has `most` already; else counts one more.
    bool try_add(std::string const& address, std::size_t most);
    void remove(std::string const& address) noexcept;

private:
    std::mutex mutex_{};
    std::map<std::string, std::size_t> counts_{};
};

/// One counted connection of an address; counts until it is destroyed.
class address_ticket final : public connection_ticket {
public:
    address_ticket(address_counts& counts, std::string address)
        : counts_(counts), address_(std::move(address)) {}
    ~address_ticket() override { counts_.remove(address_); }
    address_ticket(address_ticket const&) = delete;
    address_ticket& operator=(address_ticket const&) = delete;

private:
    address_counts& counts_;
    std::string address_;
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
    std::atomic<std::size_t> idle_shards{0};  // of those that drain
    address_counts addresses{};
    queue_budget queues{};  ///< Over the sessions of all shards.
    std::atomic<std::size_t> relieving{0};  ///< Shards that have still to relieve it.
    std::vector<std::function<void()>> at_end{};  ///< Called when no shard runs any more.
    bool is_going = false;  ///< No shard runs any more, and none is to be posted to.

    /// The shard that owns what goes by this name on the wire.
    shard& owner(std::string_view wire_id) const noexcept {
        return *shards[siphash(hash_key, wire_id) % shards.size()];
    }
};

}  // namespace anywire
