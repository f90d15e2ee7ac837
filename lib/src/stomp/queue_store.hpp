#pragma once

#include <anywire/stomp/options.hpp>

#include "core/keyed_hash.hpp"
#include "queue_parts.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::stomp {

/// A message that a consumer is to get, and has to settle.
struct delivery {
    consumer_id to{};
    delivery_id id{};
    published_ptr what{};
    bool redelivered = false;
};

using queue_loss_cause = dead_letter_cause;

/// A message that nobody gets any more.
struct queue_loss {
    std::string queue{};
    published_ptr what{};
    queue_loss_cause why{};
};

/// A queue whose consumers here have room, and nothing that waits: another node has messages.
struct queue_appetite {
    std::string queue{};
    std::string node{};  ///< That was offered by `queue_store::take_offer`; empty: any.
    std::size_t room = 0;
};

/// A message on its way to another node.
struct queue_parcel {
    published_ptr what{};
    unsigned deliveries = 0;  ///< That were in vain.
    std::int64_t age = 0;     ///< In milliseconds.
};

enum class queue_answer : std::uint8_t { ok, full, too_many_queues };

/// All queues of a broker: each message is for one consumer, who settles it.
///
/// A queue is first in, first out; what comes back goes before what is younger. Consumers take
/// turns, those who have room: fewer unsettled messages than their prefetch.
///
/// It has neither a clock nor a lock: `now` is in milliseconds of a steady clock. What is to be
/// done after a call is in `take_deliveries` and `take_losses`.
///
/// Cost: of each call by its messages, O(log n) each at most, n what waits in one queue or is
/// unsettled with one consumer. Nothing walks over queues or consumers.
class queue_store {
public:
    /// The key has to be secret: names are chosen by peers.
    queue_store(queue_limits const& limits, siphash_key const& key);
    queue_store(queue_store const&) = delete;
    queue_store& operator=(queue_store const&) = delete;
    ~queue_store() = default;

    /// Puts a message into a queue, which is made if it is not there. `cost` is in bytes.
    [[nodiscard]] queue_answer send(std::string_view queue,
                                    published_ptr what,
                                    std::size_t cost,
                                    std::int64_t now);

    /// Whether so many messages more have room in a queue, of a cost in bytes together. What has
    /// expired there and was not ended yet takes room, too.
    [[nodiscard]] bool has_room(std::string_view queue,
                                std::size_t messages,
                                std::size_t cost) const noexcept;

    /// Whether one message more would find no room, or push out what waits.
    [[nodiscard]] bool is_full(std::string_view queue, std::size_t cost) const noexcept;

    /// One who waits gets nothing before `resume`.
    ///
    /// Requires: an id that is not in use. A prefetch of 0 is taken for 1.
    [[nodiscard]] queue_answer subscribe(consumer_id who,
                                         std::string_view queue,
                                         std::size_t prefetch,
                                         std::int64_t now,
                                         bool waits = false);
    /// What is unsettled goes back, in its place, and counts as delivered. Does nothing to one who
    /// is not there.
    void unsubscribe(consumer_id who, std::int64_t now);

    /// The consumer is done with it; if cumulative, with all that he got before, too. Says whether
    /// it was an unsettled one of his.
    bool ack(consumer_id who, delivery_id which, bool cumulative, std::int64_t now);
    /// The consumer does not want it: it goes back in its place, and to him only where no other has
    /// room.
    bool nack(consumer_id who, delivery_id which, bool cumulative, std::int64_t now);

    /// It could not be sent: it goes back in its place, as if it had not been delivered, and the
    /// consumer gets nothing until `resume`. Does nothing to what is not unsettled.
    void give_back(consumer_id who, delivery_id which, std::int64_t now);
    void resume(consumer_id who, std::int64_t now);

    /// Ends what has waited too long, and queues that were idle too long. To be called now and
    /// then.
    ///
    /// Cost: by what it ends; each message costs it once more at most.
    void expire(std::int64_t now);

    // -- several nodes: what waits here goes to where consumers have room -------------------------

    /// The most messages, and bytes of several, that go at a time.
    static constexpr std::size_t most_parcels = 64;
    static constexpr std::size_t most_parcel_bytes = std::size_t{256} * 1024;

    /// Other nodes have queues of the same names. Requires: there is none yet.
    void share() noexcept { is_shared_ = true; }
    /// Another node has messages that wait. Nothing to a queue without consumers.
    void take_offer(std::string_view queue, std::string_view node, std::int64_t now);
    /// The oldest of what waits, at most so many: they are not this store's any more.
    [[nodiscard]] std::vector<queue_parcel> give_away(std::string_view queue,
                                                      std::size_t most,
                                                      std::int64_t now);
    /// What another node has given away: beyond the bounds of a queue, since it was asked for.
    void take_in(std::string_view queue,
                 queue_parcel const& parcel,
                 std::size_t cost,
                 std::int64_t now);
    /// Queues in which messages wait that the others were told of, and that nobody has taken; some
    /// of many, in turns. To be told again now and then: who was not there may be there.
    [[nodiscard]] std::vector<std::string> untaken_surplus();
    /// Queues in which messages wait that the others do not know of, since the last time.
    [[nodiscard]] std::vector<std::string> take_surplus() noexcept;
    [[nodiscard]] std::vector<queue_appetite> take_appetites() noexcept;

    /// What the calls since the last time have decided, in order. To be taken after each call,
    /// since the next one may undo it.
    [[nodiscard]] std::vector<delivery> take_deliveries() noexcept;
    [[nodiscard]] std::vector<queue_loss> take_losses() noexcept;

    /// Of all queues.
    struct numbers {
        std::size_t queues = 0;
        std::size_t messages = 0;  ///< Those that wait and those that are unsettled.
        std::size_t bytes = 0;     ///< Of these.
        std::size_t unsettled = 0;
        std::uint64_t redeliveries = 0;  ///< Ever, of messages that had been delivered before.
    };
    [[nodiscard]] numbers count() const noexcept;

    /// Of one queue.
    struct queue_numbers {
        std::size_t depth = 0;      ///< Messages that wait for a consumer.
        std::size_t unsettled = 0;  ///< Messages that are with one.
        std::size_t bytes = 0;      ///< Of both.
        std::size_t consumers = 0;
    };
    /// Nothing where there is none of that name.
    [[nodiscard]] std::optional<queue_numbers> look_at(std::string_view queue) const noexcept;
    /// Calls `visit(std::string const& name, queue_numbers const&)` for each, in no order; it must
    /// not call others of the store.
    template <class Visit>
    void for_each_queue(Visit visit) const {
        auto const each = [&visit](detail::queue const& q) { visit(q.name, numbers_of(q)); };
        queues_.for_each(each);
    }

private:
    using item = detail::queue_item;
    using queue = detail::queue;
    using consumer = detail::queue_consumer;

    static queue_numbers numbers_of(queue const& q) noexcept {
        return {q.waiting.size(), q.unsettled, q.bytes, q.consumers};
    }

    queue* obtain(std::string_view name);
    item& put(queue& q, published_ptr what, std::size_t cost, std::int64_t sent);
    void update_shares(queue& q);
    consumer* find(consumer_id who) const noexcept;
    bool make_room(queue& q, std::size_t cost, std::int64_t now);
    bool fits(std::size_t messages, std::size_t bytes, std::size_t cost) const noexcept;
    bool is_expired(item const& m, std::int64_t now) const noexcept;

    void pump(queue& q, std::int64_t now);
    void lose_expired(queue& q, std::int64_t now);
    void deliver(consumer& c, item& m);
    void update_ready(consumer& c) noexcept;
    void update_idle(queue& q, std::int64_t now) noexcept;
    template <class Settle>
    bool settle(consumer_id who, delivery_id which, bool cumulative, std::int64_t now, Settle one);
    void take_from(consumer& c, item& m) noexcept;
    void put_back(item& m, std::int64_t now);
    void lose(item& m, queue_loss_cause why);
    void forget(item& m) noexcept;

    queue_limits limits_;
    // Items outlive what links them, queues the consumers in them.
    std::list<item> fresh_{};  // in the order of their sending
    std::list<item> aged_{};   // with a consumer when their time was up
    named_set<queue> queues_;
    detail::idle_queues idle_{};  // the longest idle first
    boost::unordered_flat_map<consumer_id, std::unique_ptr<consumer>> consumers_{};
    std::vector<delivery> deliveries_{};
    std::vector<queue_loss> losses_{};
    std::uint64_t last_order_ = 0;
    delivery_id last_delivery_ = 0;
    numbers numbers_{};

    bool is_shared_ = false;
    std::set<std::string> offered_{};  // names of queues that others were told of
    std::string last_told_{};          // of these, again
    std::vector<std::string> surplus_{};
    std::vector<queue_appetite> appetites_{};
};

}  // namespace anywire::stomp
