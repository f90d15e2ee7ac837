#pragma once

#include "core/keyed_hash.hpp"
#include "published.hpp"
#include "session/session_loop.hpp"
#include "stomp/pattern_tree.hpp"
#include "subscription.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::stomp {

class stomp_client;
class stomp_core;

/// Those who are subscribed to one destination, on one shard.
struct topic {
    std::string name{};
    std::vector<subscription*> subscribers{};
};

/// The clients of one user, on one shard.
struct user_clients {
    std::string name{};
    boost::unordered_flat_set<stomp_client*> all{};
};

/// One shard's part of a STOMP server: its clients, and who is subscribed to what.
///
/// Thread: the shard's.
class stomp_shard {
public:
    stomp_shard(std::size_t index, session_loop& loop, siphash_key const& key, char separator);

    std::size_t index() const noexcept { return index_; }
    session_loop& loop() noexcept { return loop_; }

    // -- clients that are connected
    void enlist(stomp_client& c);
    void delist(stomp_client& c) noexcept;
    /// Null where it is not here.
    stomp_client* find(std::string_view id) const noexcept;
    void for_each_of(std::string_view user, std::function<void(stomp_client&)> const& visit) const;

    // -- subscriptions
    void add(subscription& s);
    void remove(subscription& s) noexcept;
    subscription* find_consumer(consumer_id which) const noexcept;
    /// Whether this shard's messages of queues are being handed out.
    bool& is_draining() noexcept { return is_draining_; }

    /// Gives a message to all subscribers of its destination.
    void deliver(published const& p);
    /// Gives one to those of a client that are to its own destination of that name.
    void deliver_own(stomp_client& to, published const& p);

private:
    std::size_t index_;
    session_loop& loop_;
    named_set<topic> topics_;
    pattern_tree<subscription> patterns_;
    named_set<user_clients> users_;
    keyed_map<stomp_client*> clients_;
    boost::unordered_flat_map<consumer_id, subscription*> consumers_{};
    std::vector<subscription*> matching_{};  // scratch
    bool is_draining_ = false;
};

}  // namespace anywire::stomp
