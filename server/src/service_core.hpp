#pragma once

#include <anywire/service.hpp>

#include "address_limits.hpp"
#include "core/siphash.hpp"
#include "forwarded.hpp"
#include "http_site.hpp"
#include "random_pool.hpp"
#include "router.hpp"
#include "service_bounds.hpp"
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
class endpoint_numbers;
class mount_point;
class other_nodes;
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

/// What is counted about the mounts of one dialect at one path, of which there may be several, one
/// after the other. It is there until the service ends.
struct mount_record {
    mount_record(mount_point const& first, std::size_t shards, std::atomic<std::size_t>& all);
    ~mount_record();

    std::string prefix;
    std::string dialect;
    endpoint_counters counters{};
    std::vector<std::unique_ptr<endpoint_numbers>> numbers{};  ///< By shard.
};

/// A mount on its way to the shards.
struct new_mount {
    std::shared_ptr<mount_point> mount;
    std::shared_ptr<endpoint_hub> hub;
    std::shared_ptr<mount_record> record;
};

/// What each shard is to change, once for all of them.
struct service_change {
    std::shared_ptr<router const> routes{};  ///< Null: those that are there.
    std::shared_ptr<service_bounds const> bounds{};
    std::vector<new_mount> mounts{};
};

/// What all shards share. Constant while they run, but for the counters, and for what is served and
/// bounded: each shard has its own view of that, which is changed by a posted function.
struct service_core {
    /// Throws: `std::invalid_argument` for an option out of range.
    explicit service_core(service_options o);
    ~service_core();

    service_options options;
    http::address_ranges trusted{};
    siphash_key hash_key = draw_hash_key();
    std::vector<std::unique_ptr<shard>> shards{};
    std::shared_ptr<service_shards> group{};  ///< Of the first mount on; see `group_of_shards`.
    std::atomic<std::size_t> connections{0};
    std::atomic<std::size_t> moving{0};    ///< Connections between two shards, in neither's count.
    std::atomic<std::size_t> sessions{0};  ///< Of all mounts.
    std::atomic<std::size_t> next_mount{0};
    std::atomic<std::size_t> parked{0};       ///< Requests that wait for their answers.
    std::atomic<std::size_t> idle_shards{0};  // of those that drain
    queue_budget queues{};                    ///< Over the sessions of all shards.
    std::atomic<std::size_t> relieving{0};    ///< Shards that have still to relieve it.
    address_counts addresses{};  ///< Connections, and requests that came by trusted proxies.
    address_census census{};
    handshake_rate handshakes{};
    std::vector<std::function<void()>> at_end{};  ///< Called when no shard runs any more.
    std::atomic<bool> draining{false};            ///< `drain` or `stop` was called.
    std::shared_ptr<other_nodes> nodes{};         ///< Null: this is the only one.
    bool is_going = false;  ///< No shard runs any more, and none is to be posted to.
    std::atomic<bool> has_begun{false};
    mutable std::atomic<std::size_t> next_shard{0};  ///< Where the next newcomer goes.

    mutable std::mutex mutex{};  // for what follows
    std::vector<std::shared_ptr<ticker>> tickers{};
    std::vector<std::function<void()>> when_ended{};
    std::size_t ended = 0;  ///< Shards that have.
    std::vector<number_source> more_numbers{};

    std::recursive_mutex changing{};  ///< Held while what is served is changed: one at a time.

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
    /// Requests are served from now on: what changes is posted to the shards.
    void begin();
    /// Throws: `std::logic_error` once requests are served.
    void require_setup(std::string_view path) const;

    // -- what is served; thread: any
    /// What is to be served, though some shard may not have heard of it yet.
    std::shared_ptr<router const> routes() const;
    std::shared_ptr<service_bounds const> bounds() const;
    std::vector<std::shared_ptr<mount_record>> records() const;
    /// The routes of the calling shard; elsewhere those of now, which `kept` keeps.
    router const& routes_here(std::shared_ptr<router const>& kept) const;
    /// Has shards serve what `change` makes of what they serve now.
    void change(std::function<void(router&, std::vector<new_mount>&)> const& change);
    /// Throws: `std::invalid_argument` for one out of range.
    void set_limits(server_limits const& limits);
    /// Puts a mount in its place: with sessions of its own, or among those of an endpoint of this
    /// service. If it `replaces`, those go that take the same requests.
    ///
    /// Throws: `std::invalid_argument` when the path is taken.
    endpoint mount(std::shared_ptr<mount_point> const& m,
                   std::shared_ptr<endpoint_hub> hub,
                   bool replaces);
    /// Takes away what is mounted at a path, or what of it has sessions of `of`.
    ///
    /// Throws: `std::invalid_argument` for nothing.
    void unmount(std::string path, endpoint_hub const* of);
    /// A retired mount has no session on any shard any more.
    void forget(mount_point const& m);
    /// Calls `then` when all shards have what was changed until now.
    void when_changed(std::function<void()> then);
    /// The shards, for those who may outlive them. Requires: all shards are there.
    std::shared_ptr<service_shards> group_of_shards();
    mount_place place(std::string path);
    /// Puts what is no dialect in its place.
    ///
    /// Throws: `std::invalid_argument` when the path is taken, named by `what`.
    void add_target(std::string_view what, std::shared_ptr<route_target> target);
    /// Calls `fn` when the last shard has ended; at once if it has.
    void call_at_end(std::function<void()> fn);
    /// A shard has ended.
    void on_shard_ended();
    /// No shard runs any more.
    void end_hubs() noexcept;

private:
    void take_over(service_bounds const& b);
    void publish(service_change c);
    std::shared_ptr<mount_record> record_of(mount_point const& m);

    mutable std::mutex current_{};  // for what follows
    std::shared_ptr<router const> routes_ = std::make_shared<router const>();
    std::shared_ptr<service_bounds const> bounds_;
    std::vector<std::shared_ptr<mount_record>> records_{};
    std::vector<std::weak_ptr<endpoint_hub>> hubs_{};  // whoever changes has it
};

/// A path without the '/' at its end. Throws: `std::invalid_argument` when it has none at its
/// beginning.
std::string clean_prefix(std::string path);

}  // namespace anywire
