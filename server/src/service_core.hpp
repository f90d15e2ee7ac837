#pragma once

#include <anywire/service.hpp>

#include "address_limits.hpp"
#include "core/siphash.hpp"
#include "forwarded.hpp"
#include "http_site.hpp"
#include "random_pool.hpp"
#include "router.hpp"
#include "session/endpoint_core.hpp"
#include "session/queue_budget.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace anywire {

class endpoint_hub;
class mount_point;
class service_shards;
class shard;
class ticker;

/// The sessions of each client address, over all mounts and shards; only while they are limited.
class address_census final : public session_census {
public:
    void on_added(session_base const& s) override;
    void on_retired(session_base const& s) noexcept override;
    address_counts const& sessions() const noexcept { return sessions_; }

private:
    address_counts sessions_{};
};

/// Where a dialect is mounted.
struct mount_place {
    service_core& core;
    std::string prefix;
    std::size_t index;
};

/// What all shards share. Constant while they run, but for the counters.
struct service_core {
    /// Throws: `std::invalid_argument` for an option out of range.
    explicit service_core(service_options o);
    ~service_core();

    service_options options;
    http::address_ranges trusted{};
    http_settings http{};
    siphash_key hash_key = draw_hash_key();
    router routes{};
    std::vector<std::shared_ptr<mount_point>> mounts{};
    std::vector<std::unique_ptr<shard>> shards{};
    std::shared_ptr<service_shards> group{};  ///< Of the first mount on; see `group_of_shards`.
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
    std::atomic<bool> draining{false};            ///< `drain` or `stop` was called.
    bool is_going = false;  ///< No shard runs any more, and none is to be posted to.
    std::atomic<bool> has_begun{false};
    mutable std::atomic<std::size_t> next_shard{0};  ///< Where the next newcomer goes.

    std::mutex mutex{};  // for what follows
    std::vector<std::shared_ptr<ticker>> tickers{};
    std::vector<std::function<void()>> when_ended{};
    std::size_t ended = 0;  ///< Shards that have.

    /// The shard that owns the session of that sid.
    shard& owner(std::string_view sid) const noexcept {
        return *shards[siphash(hash_key, sid) % shards.size()];
    }
    /// The index of the shard that has to serve a request for this target.
    std::size_t shard_for(std::string_view target) const;
    /// The shard of the calling thread. Throws: `std::logic_error` when it is in none.
    shard& shard_here() const;
    /// Adds a shard. Requires: nothing is mounted yet.
    shard& add(std::unique_ptr<shard> s);
    /// Throws: `std::logic_error` once requests are served.
    void require_setup(std::string_view what, std::string_view path) const;
    /// Puts a mount in its place: with sessions of its own, or among those of an endpoint of this
    /// service.
    ///
    /// Throws: `std::invalid_argument` when the path is taken.
    endpoint add(std::shared_ptr<mount_point> const& m, std::shared_ptr<endpoint_hub> hub = {});
    /// The shards, for those who may outlive them. Requires: all shards are there.
    std::shared_ptr<service_shards> group_of_shards();
    mount_place place(std::string path);
    /// Puts what is no dialect in its place.
    ///
    /// Throws: `std::invalid_argument` when the path is taken, named by `what`.
    void add_target(std::string_view what, std::shared_ptr<route_target> target);
    /// Something that was added takes bodies of up to so many bytes.
    void take_bodies(std::size_t longest) noexcept {
        routes.take_bodies(longest);
        http.request.body = routes.largest_body();
    }
    /// Calls `fn` when the last shard has ended; at once if it has.
    void call_at_end(std::function<void()> fn);
    /// A shard has ended.
    void on_shard_ended();
};

/// Throws: `std::invalid_argument`, as "service_options: `what`", unless `good`.
void require_service_option(bool good, char const* what);

/// A path without the '/' at its end. Throws: `std::invalid_argument` when it has none at its
/// beginning.
std::string clean_prefix(std::string path);

}  // namespace anywire
