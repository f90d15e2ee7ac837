#pragma once

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/set.hpp>

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace anywire::stomp {

/// A message as it is shared by all who get it.
struct published;
using published_ptr = std::shared_ptr<published const>;

/// Chosen by who makes the consumer.
using consumer_id = std::uint64_t;
/// Chosen by the store, ascending in the order of deliveries, never 0.
using delivery_id = std::uint64_t;

namespace detail {

namespace bi = boost::intrusive;

struct queue;

/// A message in a queue. It is linked where it is: among what waits, or among what is unsettled.
struct queue_item : bi::set_base_hook<> {
    published_ptr what{};
    std::size_t cost = 0;
    std::int64_t sent = 0;
    std::uint64_t order = 0;  // of sending
    queue* home = nullptr;
    delivery_id delivery = 0;  // 0: it waits
    unsigned deliveries = 0;
    std::optional<consumer_id> refused_by{};  // the last one
    bool aged = false;
    std::list<queue_item>::iterator self{};
};

struct order_of_item {
    using type = std::uint64_t;
    type operator()(queue_item const& m) const noexcept { return m.order; }
};
struct delivery_of_item {
    using type = delivery_id;
    type operator()(queue_item const& m) const noexcept { return m.delivery; }
};
using waiting_items = bi::set<queue_item, bi::key_of_value<order_of_item>>;
using unsettled_items = bi::set<queue_item, bi::key_of_value<delivery_of_item>>;

using auto_list_hook = bi::list_base_hook<bi::link_mode<bi::auto_unlink>>;

struct queue_consumer : auto_list_hook {  // linked while it is ready for more
    consumer_id id = 0;
    queue* home = nullptr;
    std::size_t prefetch = 1;
    bool paused = false;
    unsettled_items unsettled{};

    bool has_room() const noexcept { return !paused && unsettled.size() < prefetch; }
};
using ready_consumers = bi::list<queue_consumer, bi::constant_time_size<false>>;

struct queue : auto_list_hook {  // linked while it is idle
    std::string name{};
    waiting_items waiting{};
    ready_consumers ready{};  // whose turn it is, first
    std::size_t consumers = 0;
    std::size_t bytes = 0;  // of what waits and what is unsettled
    std::size_t unsettled = 0;
    std::size_t unsettled_bytes = 0;
    std::int64_t idle_since = 0;
    // Of a store that shares its queues with other nodes:
    std::vector<std::string> offers{};  // nodes that have messages for it; "" is all of them
    bool is_offered = false;            // the others were told that messages wait here
};
using idle_queues = bi::list<queue, bi::constant_time_size<false>>;

}  // namespace detail
}  // namespace anywire::stomp
