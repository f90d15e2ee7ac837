#pragma once

#include "support/queue_message.hpp"
#include "support/queue_model.hpp"

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace anywire::test {

/// A queue store beside its model, led through whatever a source of numbers says: `pick(n)` is a
/// number below `n`. Throws where they differ, and where a message is settled or lost twice, or
/// is neither in the end.
template <class Source>
class queue_walk {
public:
    explicit queue_walk(Source& source)
        : source_(source), limits_(choose_limits()), store_(limits_, {3, 4}), model_(limits_) {}

    void step() {
        switch (pick(16)) {
            case 0: subscribe(); break;
            case 1: cut(); break;
            case 2:
            case 3: settle(true, false); break;
            case 4: settle(true, true); break;
            case 5: settle(false, false); break;
            case 6: settle(false, true); break;
            case 7: give_back(); break;
            case 8: resume(); break;
            case 9: now_ += static_cast<std::int64_t>(pick(20)); break;
            case 10: expire(); break;
            case 11: settle_nonsense(); break;
            default: send(); break;
        }
        compare();
    }

    /// Has what is left delivered and settled: each message once, in the order of sending.
    void finish() {
        while (!consumers_.empty()) {
            cut_one(consumers_.begin()->first);
            compare();
        }
        std::vector<std::string> names;
        store_.for_each_queue([&](auto const& name, auto const&) { names.push_back(name); });
        for (auto const& name : names) {
            auto const who = ++last_consumer_;
            require(store_.subscribe(who, name, 1000, now_) == stomp::queue_answer::ok, "no queue");
            (void)model_.subscribe(who, name, 1000, now_);
            consumers_[who] = {};
            compare();
            auto last = 0;
            for (auto const& [id, number] : consumers_[who]) {
                require(number > last, "out of order");
                last = number;
            }
            if (!consumers_[who].empty())
                settle_one(true, who, consumers_[who].rbegin()->first, true);
            compare();
        }
        for (auto const& [number, end] : fates_)
            require(end != fate::open, "neither settled nor lost");
        require(store_.count().messages == 0 && store_.count().bytes == 0, "something is left");
    }

private:
    enum class fate { open, settled, lost };

    static void require(bool held, char const* what) {
        if (!held) throw std::logic_error(what);
    }
    std::size_t pick(std::size_t n) { return source_(n); }
    std::string pick_queue() {
        return "/queue/" + std::string(1, static_cast<char>('a' + pick(4)));
    }
    stomp::consumer_id pick_consumer() {
        if (consumers_.empty()) return 0;
        return std::next(consumers_.begin(), static_cast<long>(pick(consumers_.size())))->first;
    }

    stomp::queue_limits choose_limits() {
        stomp::queue_limits l;
        l.max_messages = 1 + pick(8);
        l.max_bytes = 20 + 10 * pick(10);
        l.ttl = std::chrono::milliseconds(pick(2) == 0 ? 0 : 10 + 10 * pick(5));
        l.max_deliveries = static_cast<unsigned>(pick(4));
        l.max_queues = 2 + pick(3);
        l.idle = std::chrono::milliseconds(20 * pick(3));
        l.overflow =
            pick(2) == 0 ? stomp::queue_overflow::refuse : stomp::queue_overflow::drop_oldest;
        return l;
    }

    void send() {
        auto const q = pick_queue();
        auto const cost = pick(30);
        auto const number = ++last_message_;
        auto const has_room = store_.has_room(q, 1, cost);
        auto const got = store_.send(q, message_of(std::to_string(number)), cost, now_);
        require(got == model_.send(q, number, cost, now_), "another answer to a SEND");
        require(!has_room || got != stomp::queue_answer::full, "there was to be room");
        require(has_room || got != stomp::queue_answer::ok || limits_.ttl.count() > 0, "no room");
        if (got == stomp::queue_answer::ok) fates_[number] = fate::open;
    }
    void subscribe() {
        auto const q = pick_queue();
        auto const prefetch = pick(5);
        auto const who = ++last_consumer_;
        auto const got = store_.subscribe(who, q, prefetch, now_);
        require(got == model_.subscribe(who, q, prefetch, now_), "another answer to a SUBSCRIBE");
        if (got == stomp::queue_answer::ok) consumers_[who] = {};
    }
    void cut() { cut_one(pick(20) == 0 ? 1'000'000 : pick_consumer()); }
    void cut_one(stomp::consumer_id who) {
        store_.unsubscribe(who, now_);
        model_.unsubscribe(who, now_);
        consumers_.erase(who);
    }

    void settle(bool good, bool cumulative) {
        auto const who = pick_consumer();
        if (who == 0 || consumers_[who].empty()) return;
        settle_one(good, who, pick_held(who), cumulative);
    }
    stomp::delivery_id pick_held(stomp::consumer_id who) {
        auto const& all = consumers_[who];
        return std::next(all.begin(), static_cast<long>(pick(all.size())))->first;
    }
    void settle_one(bool good, stomp::consumer_id who, stomp::delivery_id id, bool cumulative) {
        require(
            good ? store_.ack(who, id, cumulative, now_) : store_.nack(who, id, cumulative, now_),
            "what is unsettled cannot be settled");
        require(
            good ? model_.ack(who, id, cumulative, now_) : model_.nack(who, id, cumulative, now_),
            "the model does not know it");
        auto& all = consumers_[who];
        auto const end = all.upper_bound(id);
        for (auto at = cumulative ? all.begin() : all.find(id); at != end; at = all.erase(at))
            if (good) set_fate(at->second, fate::settled);
    }
    void settle_nonsense() {
        auto const who = pick_consumer();
        auto const id = static_cast<stomp::delivery_id>(pick(200));
        auto const known = consumers_.count(who) != 0 && consumers_[who].count(id) != 0;
        if (known) return;
        require(!store_.ack(who, id, pick(2) == 0, now_), "an ACK of nothing");
        require(!store_.nack(who, id, pick(2) == 0, now_), "a NACK of nothing");
        store_.give_back(who, id, now_);
    }
    void give_back() {
        auto const who = pick_consumer();
        if (who == 0 || consumers_[who].empty()) return;
        auto const id = pick_held(who);
        store_.give_back(who, id, now_);
        model_.give_back(who, id, now_);
        consumers_[who].erase(id);
    }
    void resume() {
        auto const who = pick_consumer();
        store_.resume(who, now_);
        model_.resume(who, now_);
    }
    void expire() {
        store_.expire(now_);
        model_.expire(now_);
    }

    void set_fate(int number, fate end) {
        auto& f = fates_.at(number);
        require(f == fate::open, "settled or lost a second time");
        f = end;
    }

    void compare() {
        std::vector<queue_model::given> given;
        for (auto const& d : store_.take_deliveries()) {
            given.push_back({d.to, d.id, std::stoi(text_of(d.what)), d.redelivered});
            consumers_.at(d.to)[d.id] = given.back().what;
        }
        require(given == std::exchange(model_.deliveries, {}), "other deliveries");
        std::vector<queue_model::lost> lost;
        for (auto const& l : store_.take_losses()) {
            lost.push_back({l.queue, std::stoi(text_of(l.what)), l.why});
            set_fate(lost.back().what, fate::lost);
        }
        require(lost == std::exchange(model_.losses, {}), "other losses");
        compare_numbers();
    }

    void compare_numbers() {
        using message = queue_model::message;
        auto const n = store_.count();
        require(n.queues == model_.queues.size(), "another number of queues");
        require(n.messages == model_.messages.size(), "another number of messages");
        require(n.bytes == model_.bytes([](message const&) { return true; }), "other bytes");
        require(n.unsettled == model_.count([](message const& m) { return m.as != 0; }),
                "unsettled");
        require(n.redeliveries == model_.redeliveries, "another number of redeliveries");
        std::size_t held = 0;
        for (auto const& [who, all] : consumers_) held += all.size();
        require(n.unsettled == held, "the consumers hold another number");
        std::size_t seen = 0;
        store_.for_each_queue([&](std::string const& name, auto const& q) {
            ++seen;
            auto const here = [&](message const& m) { return m.queue == name; };
            auto const waits = [&](message const& m) { return m.queue == name && m.as == 0; };
            auto const is_of = [&](auto const& c) { return c.queue == name; };
            require(model_.queues.count(name) == 1, "a queue that is gone");
            require(q.depth == model_.count(waits), "another depth");
            require(q.unsettled == model_.count(here) - q.depth, "another number of unsettled");
            require(q.bytes == model_.bytes(here) && q.bytes <= limits_.max_bytes,
                    "a queue's bytes");
            require(model_.count(here) <= limits_.max_messages, "too many");
            require(static_cast<long>(q.consumers) ==
                        std::count_if(model_.consumers.begin(), model_.consumers.end(), is_of),
                    "another number of consumers");
        });
        require(seen == n.queues && n.queues <= limits_.max_queues, "too many queues");
    }

    Source& source_;
    stomp::queue_limits limits_;
    stomp::queue_store store_;
    queue_model model_;
    std::map<stomp::consumer_id, std::map<stomp::delivery_id, int>> consumers_{};  // what they hold
    std::map<int, fate> fates_{};
    std::int64_t now_ = 0;
    int last_message_ = 0;
    stomp::consumer_id last_consumer_ = 0;
};

}  // namespace anywire::test
