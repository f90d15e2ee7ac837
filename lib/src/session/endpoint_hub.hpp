#pragma once

#include <anywire/endpoint_bus.hpp>
#include <anywire/handlers.hpp>

#include "core/siphash.hpp"
#include "hub/room_census.hpp"
#include "session/endpoint_core.hpp"
#include "session/shard_group.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire {

/// What `endpoint` stands for: the sessions of one mount or of several, over all shards, and the
/// bus to those of other processes.
///
/// Thread: any. What sets it up is called by one thread, before there are sessions; what a bus
/// hears
///         from others may come meanwhile. Once requests are served, mounts come and go: each of
///         their parts on its shard.
class endpoint_hub final : public local_sessions,
                           public std::enable_shared_from_this<endpoint_hub> {
public:
    endpoint_hub(std::shared_ptr<shard_group> shards, siphash_key const& key);
    ~endpoint_hub();
    endpoint_hub(endpoint_hub const&) = delete;
    endpoint_hub& operator=(endpoint_hub const&) = delete;

    /// The sessions of one mount, by shard, belong to it from now on.
    void add(bool carries_binary, std::vector<endpoint_core*> const& by_shard);
    /// The same in steps: a mount will have a part on each shard,
    void announce(bool carries_binary) noexcept;
    /// and this is one of them. Thread: the shard's, or the one that sets up.
    void add_part(std::size_t shard, endpoint_core& part);
    /// A part that was added is going. Thread: the shard's.
    void drop_part(std::size_t shard, endpoint_core const& part, bool carries_binary) noexcept;

    /// What is done with its sessions: by the oldest of its mounts that are there. Null where none
    /// is. Thread: the one that mounts.
    std::shared_ptr<handlers const> app() const noexcept;
    void serve_by(std::shared_ptr<handlers const> const& app);
    /// Whether it is one of the sessions on those shards.
    bool lives_on(shard_group const& shards) const noexcept { return shards_.get() == &shards; }
    /// Throws: as `endpoint::use_bus`.
    void use_bus(bus_maker const& make);
    /// No shard runs any more: the bus has nobody to tell.
    void end() noexcept;

    // -- what `endpoint` calls
    result<void> send(message_view m, audience to, send_flags flags);
    void on_session(std::string_view id, std::function<void(session&)> fn);
    void ask_rooms(names_fn then);
    void ask_members(audience of, bool local, names_fn then);
    void ask_count(audience of, bool local, count_fn then);
    void ask_rooms_of(std::string_view member, names_fn then);
    std::size_t sessions() const noexcept;
    std::uint64_t opened() const noexcept;

    // -- what the sessions' shards call
    void count_opened() noexcept {
        counters_.sessions.fetch_add(1, std::memory_order_relaxed);
        counters_.opened.fetch_add(1, std::memory_order_relaxed);
    }
    void count_closed() noexcept { counters_.sessions.fetch_sub(1, std::memory_order_relaxed); }
    bool watches_rooms() const noexcept { return watches_rooms_; }
    /// A group has got a member (`joined`), or lost one (`left`).
    void note_room(unsigned shard,
                   room_change what,
                   std::string const& room,
                   std::string_view member);

    // -- local_sessions
    void broadcast(message_ptr packet, audience to, send_flags flags) override;
    void all_rooms(names_fn then) override;
    void members_of(audience of, names_fn then) override;
    void count_of(audience of, count_fn then) override;
    void rooms_of(std::string_view member, names_fn then) override;
    std::weak_ptr<void const> handle() noexcept override { return weak_from_this(); }
    std::function<void(std::function<void()>)> teller() override;

private:
    /// A mount's sessions on one shard, in that shard's list.
    struct part_link {
        explicit part_link(endpoint_core& of) noexcept : part(of) {}

        endpoint_core& part;
        std::atomic<part_link*> next{nullptr};
    };

    /// Calls `fn(endpoint_core&)` for each part of a shard. Thread: the shard's.
    template <class Fn>
    void for_each_part(std::size_t shard, Fn fn) const;
    template <class Fn>
    void on_every_shard(Fn fn);
    bool can_send(message_view m) const noexcept;
    endpoint_bus* bus_for(bool local) const noexcept;
    using name_sink = std::function<void(std::string)>;
    void gather_names(std::function<void(endpoint_core&, name_sink const&)> find, names_fn then);

    std::shared_ptr<shard_group> shards_;
    std::size_t const count_;
    siphash_key key_;
    // By shard. The one that sets up may add while a shard reads.
    std::unique_ptr<std::atomic<part_link*>[]> parts_;
    endpoint_counters counters_{};
    std::atomic<std::size_t> text_parts_{0};  // of mounts that carry no bytes
    std::vector<std::weak_ptr<handlers const>> apps_{};
    std::unique_ptr<endpoint_bus> bus_{};
    std::atomic<bool> has_ended_{false};
    bool watches_rooms_ = false;
    hub::room_census census_;
};

}  // namespace anywire
