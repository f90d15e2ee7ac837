#pragma once

#include "stomp/queue_store.hpp"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace anywire::test {

/// The queues of `stomp::queue_store` as one list of messages and one of consumers, searched and
/// counted anew at each step. Messages are numbers.
class queue_model {
public:
    struct given {
        stomp::consumer_id to{};
        stomp::delivery_id id{};
        int what{};
        bool redelivered{};
        auto operator<=>(given const&) const = default;
    };
    struct lost {
        std::string queue{};
        int what{};
        stomp::queue_loss_cause why{};
        auto operator<=>(lost const&) const = default;
    };
    struct message {
        int number = 0;
        std::string queue{};
        std::size_t cost = 0;
        std::int64_t sent = 0;
        unsigned deliveries = 0;
        std::optional<stomp::consumer_id> refused_by{};
        stomp::consumer_id with = 0;
        stomp::delivery_id as = 0;  // 0: it waits
    };
    struct consumer {
        stomp::consumer_id id = 0;
        std::string queue{};
        std::size_t prefetch = 1;
        bool paused = false;
        std::uint64_t turn = 0;  // 0: not ready; the least is the next one
    };
    struct idleness {
        std::int64_t since = 0;
        std::uint64_t turn = 0;  // 0: not idle
    };

    explicit queue_model(stomp::queue_limits const& l) : limits(l) {}

    stomp::queue_answer send(std::string const& q, int n, std::size_t cost, std::int64_t now) {
        if (limits.max_messages == 0 || cost > limits.max_bytes) return stomp::queue_answer::full;
        if (!obtain(q)) return stomp::queue_answer::too_many_queues;
        if (!make_room(q, cost, now)) return stomp::queue_answer::full;
        messages.push_back({n, q, cost, now});
        finish(now);
        return stomp::queue_answer::ok;
    }

    stomp::queue_answer subscribe(stomp::consumer_id who,
                                  std::string const& q,
                                  std::size_t prefetch,
                                  std::int64_t now) {
        if (!obtain(q)) return stomp::queue_answer::too_many_queues;
        consumers.push_back({who, q, std::max<std::size_t>(prefetch, 1)});
        finish(now);
        return stomp::queue_answer::ok;
    }

    void unsubscribe(stomp::consumer_id who, std::int64_t now) {
        for (auto const as : unsettled_of(who)) put_back(as, now);
        std::erase_if(consumers, [who](consumer const& c) { return c.id == who; });
        finish(now);
    }

    bool ack(stomp::consumer_id who, stomp::delivery_id which, bool cumulative, std::int64_t now) {
        auto const all = meant(who, which, cumulative);
        for (auto const as : all) erase(as);
        finish(now);
        return !all.empty();
    }

    bool nack(stomp::consumer_id who, stomp::delivery_id which, bool cumulative, std::int64_t now) {
        auto const all = meant(who, which, cumulative);
        for (auto const as : all) {
            auto& m = delivered_as(as);
            m.refused_by = who;
            if (limits.max_deliveries != 0 && m.deliveries >= limits.max_deliveries)
                lose(m.number, stomp::queue_loss_cause::delivered_too_often);
            else
                put_back(as, now);
        }
        finish(now);
        return !all.empty();
    }

    void give_back(stomp::consumer_id who, stomp::delivery_id which, std::int64_t now) {
        for (auto const as : meant(who, which, false)) {
            --delivered_as(as).deliveries;
            put_back(as, now);
            by_id(who)->paused = true;
        }
        finish(now);
    }

    void resume(stomp::consumer_id who, std::int64_t now) {
        if (auto* const c = by_id(who)) c->paused = false;
        finish(now);
    }

    void expire(std::int64_t now) {
        for (auto const n : expired(now, [](message const&) { return true; })) {
            lose(n, stomp::queue_loss_cause::expired);
            finish(now);  // one after the other: the queue that is idle first goes first
        }
        auto const is_over = [&](auto const& q) {
            return q.second.turn != 0 && now - q.second.since >= limits.idle.count();
        };
        std::erase_if(queues, is_over);
    }

    // -- recounts ---------------------------------------------------------------------------------
    template <class Pick>
    std::size_t count(Pick pick) const {
        return static_cast<std::size_t>(std::count_if(messages.begin(), messages.end(), pick));
    }
    template <class Pick>
    std::size_t bytes(Pick pick) const {
        std::size_t n = 0;
        for (auto const& m : messages)
            if (pick(m)) n += m.cost;
        return n;
    }

    stomp::queue_limits limits;
    std::vector<message> messages{};  // in the order of sending
    std::vector<consumer> consumers{};
    std::map<std::string, idleness> queues{};
    std::vector<given> deliveries{};
    std::vector<lost> losses{};
    std::uint64_t redeliveries = 0;

private:
    consumer* by_id(stomp::consumer_id who) {
        for (auto& c : consumers)
            if (c.id == who) return &c;
        return nullptr;
    }
    message& delivered_as(stomp::delivery_id as) {
        return *std::find_if(
            messages.begin(), messages.end(), [as](message const& m) { return m.as == as; });
    }
    void erase(stomp::delivery_id as) {
        std::erase_if(messages, [as](message const& m) { return m.as == as; });
    }
    std::vector<stomp::delivery_id> unsettled_of(stomp::consumer_id who) const {
        std::vector<stomp::delivery_id> out;
        for (auto const& m : messages)
            if (m.as != 0 && m.with == who) out.push_back(m.as);
        std::sort(out.begin(), out.end());
        return out;
    }
    std::vector<stomp::delivery_id> meant(stomp::consumer_id who,
                                          stomp::delivery_id which,
                                          bool cumulative) const {
        auto all = unsettled_of(who);
        if (std::find(all.begin(), all.end(), which) == all.end()) return {};
        std::erase_if(all, [&](auto as) { return cumulative ? as > which : as != which; });
        return all;
    }

    bool is_expired(message const& m, std::int64_t now) const {
        return limits.ttl.count() > 0 && now - m.sent >= limits.ttl.count();
    }
    void put_back(stomp::delivery_id as, std::int64_t now) {
        auto& m = delivered_as(as);
        m.as = 0;
        if (is_expired(m, now)) lose(m.number, stomp::queue_loss_cause::expired);
    }
    void lose(int number, stomp::queue_loss_cause why) {
        auto const m = std::find_if(messages.begin(), messages.end(), [number](message const& x) {
            return x.number == number;
        });
        losses.push_back({m->queue, number, why});
        messages.erase(m);
    }
    template <class Pick>
    std::vector<int> expired(std::int64_t now, Pick pick) const {
        std::vector<int> all;
        for (auto const& m : messages)
            if (m.as == 0 && is_expired(m, now) && pick(m)) all.push_back(m.number);
        return all;
    }

    bool obtain(std::string const& q) {
        if (queues.count(q) == 0 && queues.size() >= limits.max_queues) {
            auto idlest = queues.end();
            for (auto at = queues.begin(); at != queues.end(); ++at)
                if (at->second.turn != 0 &&
                    (idlest == queues.end() || at->second.turn < idlest->second.turn))
                    idlest = at;
            if (idlest == queues.end()) return false;
            queues.erase(idlest);
        }
        queues[q];
        return true;
    }

    bool make_room(std::string const& q, std::size_t cost, std::int64_t now) {
        auto const here = [&](message const& m) { return m.queue == q; };
        auto const held = [&](message const& m) { return m.queue == q && m.as != 0; };
        auto const fits = [&](auto const& which) {
            return count(which) < limits.max_messages && bytes(which) + cost <= limits.max_bytes;
        };
        if (fits(here)) return true;
        for (auto const n : expired(now, here)) lose(n, stomp::queue_loss_cause::expired);
        if (fits(here)) return true;
        if (limits.overflow == stomp::queue_overflow::refuse || !fits(held)) return false;
        while (!fits(here)) {
            auto const oldest =
                std::find_if(messages.begin(), messages.end(), [&](message const& m) {
                    return m.queue == q && m.as == 0;
                });
            lose(oldest->number, stomp::queue_loss_cause::overflow);
        }
        return true;
    }

    /// Delivers what can be, and says which queues are idle.
    void finish(std::int64_t now) {
        while (deliver_one(now)) {
        }
        for (auto& [name, idle] : queues) {
            auto const here = [&n = name](auto const& x) { return x.queue == n; };
            auto const used = std::any_of(messages.begin(), messages.end(), here) ||
                              std::any_of(consumers.begin(), consumers.end(), here);
            if (used)
                idle = {};
            else if (idle.turn == 0)
                idle = {now, ++last_turn_};
        }
    }

    void update_turn(consumer& c) {
        auto const ready = !c.paused && unsettled_of(c.id).size() < c.prefetch;
        if (!ready)
            c.turn = 0;
        else if (c.turn == 0)
            c.turn = ++last_turn_;
    }

    bool deliver_one(std::int64_t now) {
        for (auto& c : consumers) update_turn(c);
        for (auto& m : messages) {
            if (m.as != 0) continue;
            auto* const c = choose(m);
            if (c == nullptr) continue;
            if (is_expired(m, now)) {
                lose(m.number, stomp::queue_loss_cause::expired);
                return true;
            }
            m.as = ++last_delivery_;
            m.with = c->id;
            auto const again = m.deliveries++ > 0;
            redeliveries += again ? 1 : 0;
            deliveries.push_back({c->id, m.as, m.number, again});
            c->turn = 0;
            return true;
        }
        return false;
    }

    consumer* choose(message const& m) {
        std::vector<consumer*> ready;
        for (auto& c : consumers)
            if (c.queue == m.queue && c.turn != 0) ready.push_back(&c);
        std::sort(ready.begin(), ready.end(), [](auto* a, auto* b) { return a->turn < b->turn; });
        if (ready.empty()) return nullptr;
        return ready.size() > 1 && m.refused_by == ready[0]->id ? ready[1] : ready[0];
    }

    std::uint64_t last_turn_ = 0;
    stomp::delivery_id last_delivery_ = 0;
};

}  // namespace anywire::test
