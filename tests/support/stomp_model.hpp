#pragma once

#include "core/utf8.hpp"
#include "stomp/destination_pattern.hpp"
#include "support/stomp_model_parts.hpp"

#include <algorithm>
#include <set>

namespace anywire::test {

/// A STOMP broker without a thought of what it costs: lists, walked through.
///
/// What is up to the server it leaves open, and is told by who has looked: who of a queue's
/// subscribers gets a message, and whether there was room, where that depends on what is unseen.
class stomp_model {
public:
    using kind = model_subscription::kind;
    using member = model_member;

    explicit stomp_model(stomp::options const& o) : options(o) {}

    // -- destinations -----------------------------------------------------------------------------
    static bool is_below(std::string_view to, std::string_view prefix) {
        return to.size() > prefix.size() + 1 && to.starts_with(prefix) && to[prefix.size()] == '/';
    }
    bool is_valid(std::string_view to) const { return stomp::is_valid_destination(to, bounds()); }
    /// Whether clients may send there, as the walk has set it up.
    bool may_send(std::string_view to) const {
        if (!is_valid(to)) return false;
        if (is_below(to, "/queue"))
            return to.substr(7).find('/') == to.npos &&
                   !stomp::destination_pattern::has_wildcards(to);
        if (is_below(to, "/topic")) return to != "/topic/closed";
        return is_below(to, "/user") || is_below(to, "/app");
    }
    stomp::pattern_limits bounds() const {
        return {.max_bytes = options.max_destination, .max_segments = options.max_segments};
    }

    // -- what is sent -----------------------------------------------------------------------------
    void publish_topic(std::string const& to, model_message const& what) {
        for (auto& m : members)
            for (auto& s : m.subscriptions)
                if (fits(s, to)) give(m, s, what);
    }
    void publish_own(std::string_view user, std::string const& to, model_message const& what) {
        for (auto& m : members)
            if (m.user == user) give_own(m, to, what);
    }
    void give_own(member& m, std::string const& to, model_message const& what) {
        for (auto& s : m.subscriptions)
            if (s.to == kind::own && s.destination == to) give(m, s, what);
    }
    void enqueue(std::string const& queue, model_message const& what) {
        items.push_back({.queue = queue, .what = what, .order = ++last_order, .sent = now});
        queues_used.insert(queue);
        has_refused_bytes = has_refused_bytes || !is_utf8(what.body);
    }
    /// What the server may hold of a queue, at most and at least.
    std::size_t most_in(std::string_view queue) const {
        return static_cast<std::size_t>(std::count_if(
            items.begin(), items.end(), [&](auto const& i) { return i.queue == queue; }));
    }
    std::size_t least_in(std::string_view queue) const {
        auto const most = most_in(queue);
        return has_consumer(queue) ? 0 : most - std::min(most, unseen + ghosts);
    }
    /// Where there is no room the server hands out to them at once what nobody has seen here yet.
    bool has_consumer(std::string_view queue) const {
        auto const takes_it = [&](auto const& s) {
            return s.to == kind::queue && s.destination == queue;
        };
        return std::any_of(members.begin(), members.end(), [&](auto const& m) {
            return std::any_of(m.subscriptions.begin(), m.subscriptions.end(), takes_it);
        });
    }

    // -- what is settled --------------------------------------------------------------------------
    /// What one may settle by an id; nothing where there is nothing.
    std::vector<model_item*> settled_by(member& m, model_subscription const& s, std::uint64_t id) {
        std::vector<model_item*> all;
        auto is_there = false;
        for (auto& i : items) {
            if (i.with != &m || i.subscription != s.number || i.number > id) continue;
            if (i.number != id && s.mode != "client") continue;
            is_there = is_there || i.number == id;
            all.push_back(&i);
        }
        if (!is_there) all.clear();
        return all;
    }
    void settle(member& m, model_subscription const& s, std::uint64_t id, bool is_ack) {
        for (auto* const i : settled_by(m, s, id)) {
            i->with = nullptr;
            i->was_refused = !is_ack;
            if (is_ack) erase(*i);
        }
    }
    void erase(model_item& which) {
        items.remove_if([&](auto const& i) { return &i == &which; });
    }
    void return_all(member const& m, std::uint64_t of) {
        for (auto& i : items)
            if (i.with == &m && i.subscription == of) i.with = nullptr;
    }
    /// A client is gone.
    void end(member& m) {
        if (m.now == member::state::ended) return;
        for (auto const& s : m.subscriptions) return_all(m, s.number);
        has_returned = has_returned || !m.subscriptions.empty();
        m.subscriptions.clear();
        m.transactions.clear();
        m.now = member::state::ended;
    }

    // -- what was seen ----------------------------------------------------------------------------
    /// A message came to a queue's subscriber.
    void see_queued(member& m,
                    model_subscription& s,
                    std::uint64_t number,
                    std::string_view body,
                    bool redelivered) {
        auto* const i = find_waiting(s.destination, body, redelivered);
        hold(i != nullptr, "a message of a queue came that does not wait: " + std::string(body));
        if (i->deliveries > 0) hold(redelivered, "a redelivered message does not say so");
        if (redelivered && i->deliveries == 0)
            hold(has_returned || unseen != 0 || has_refused_bytes || i->with != nullptr,
                 "a message was redelivered that was never delivered");
        if (!redelivered && !has_missed) see_first(m, s, *i);
        ++i->deliveries;
        i->was_refused = false;
        if (s.mode == "auto") return erase(*i);
        i->with = &m;
        i->subscription = s.number;
        i->number = number;
        hold(s.to == kind::queue, "a topic's message is no queue's");
        auto const with = std::count_if(items.begin(), items.end(), [&](auto const& each) {
            return each.with == &m && each.subscription == s.number;
        });
        hold(static_cast<std::size_t>(with) <= options.max_unacknowledged, "too many to settle");
    }
    /// All have been heard: what comes from now on was delivered later.
    void end_hearing() {
        for (auto const& [who, order] : last_heard_) {
            auto& last = last_first_[{who.destination, who.sender}];
            last = std::max(last, order);
        }
        last_heard_.clear();
    }
    /// A message came that had been sent before its subscription ended.
    void see_late(member& m, std::uint64_t of, std::string_view body) {
        auto const at = std::find_if(
            m.past.begin(), m.past.end(), [&](auto const& s) { return s.number == of; });
        hold(at != m.past.end(), "a message came for no subscription");
        if (at->to != kind::queue) return see(*at, body);
        hold(m.has_missed, "a message came of a queue after its subscription");
        see_late(*at, body);
    }
    void see_late(model_subscription const& s, std::string_view body) {
        // What has to be settled went back, and may be anywhere.
        if (s.mode != "auto") return;
        auto* const i = find_waiting(s.destination, body, false);
        hold(i != nullptr, "a message of a queue came late that does not wait");
        erase(*i);
    }
    /// A message came to any other subscriber.
    static void see(model_subscription& s, std::string_view body) {
        auto const at = std::find_if(
            s.coming.begin(), s.coming.end(), [&](auto const& each) { return each.body == body; });
        hold(at != s.coming.end(), "a message came that is not for it: " + std::string(body));
        hold(at == s.coming.begin(), "messages came out of order");
        s.coming.pop_front();
    }
    void see_dead(std::string_view queue, std::string_view body, stomp::dead_letter_cause why) {
        using cause = stomp::dead_letter_cause;
        ++dead_letters;
        for (auto& i : items) {
            if (i.queue != queue || i.what.body != body || is_held(i)) continue;
            auto const old =
                options.queue.ttl.count() != 0 && now - i.sent + 1'000 >= options.queue.ttl.count();
            auto const much = i.deliveries >= options.queue.max_deliveries && i.was_refused;
            auto const unseen_much =
                has_returned || has_refused_bytes || unseen != 0 || i.with != nullptr;
            if (why == cause::expired && !old) continue;
            if (why == cause::delivered_too_often && !much && !unseen_much) continue;
            if (why == cause::overflow)
                hold(options.queue.overflow == stomp::queue_overflow::drop_oldest, "dropped");
            return erase(i);
        }
        hold(false, "a dead letter that does not wait: " + std::string(body));
    }

    std::size_t clients(bool with_going) const {
        return static_cast<std::size_t>(
            std::count_if(members.begin(), members.end(), [&](auto const& m) {
                return is_surely_here(m) || (with_going && may_be_here(m));
            }));
    }
    std::size_t subscriptions(bool with_going) const {
        std::size_t all = 0;
        for (auto const& m : members)
            if (is_surely_here(m) || (with_going && may_be_here(m))) all += m.subscriptions.size();
        return all;
    }
    /// What clients have to settle: those that are surely here, or those, too, that may have left.
    std::size_t unacknowledged(bool with_going) const {
        return static_cast<std::size_t>(
            std::count_if(items.begin(), items.end(), [&](auto const& i) {
                return i.with != nullptr && (with_going || is_held(i));
            }));
    }

    /// Of who does not read nobody sees when it ends: after DISCONNECT once its handlers are done.
    bool may_have_left(member const& m) const {
        return !m.reads && m.now == member::state::leaving && m.working_at(now) == 0;
    }

    stomp::options options;
    model_time now = 0;
    std::list<member> members{};
    std::list<model_item> items{};
    std::set<std::string, std::less<>> queues_used{};
    std::uint64_t last_order = 0;
    std::uint64_t dead_letters = 0;
    std::uint64_t seen = 0;          // messages, by clients
    std::size_t unseen = 0;          // messages that went to clients who have not read them
    std::size_t ghosts = 0;          // those that were settled when sent, and never read
    bool has_returned = false;       // a subscriber of a queue has ended
    bool has_missed = false;         // some client did not read
    bool has_refused_bytes = false;  // a body went out that is not UTF-8

private:
    struct heard_by {
        auto operator<=>(heard_by const&) const = default;

        std::string destination;
        std::string sender;
        std::string client;
        std::uint64_t subscription;
    };
    /// Whoever is heard first, the messages of one sender come to each in their order.
    void see_first(member const& m, model_subscription const& s, model_item const& i) {
        auto& here = last_heard_[{s.destination, i.what.sender, m.name, s.number}];
        auto const last = std::max(here, last_first_[{s.destination, i.what.sender}]);
        hold(last < i.order, "messages of one sender came out of order");
        here = i.order;
    }
    static bool is_going(member const& m) {
        return m.now == member::state::going && m.was_connected;
    }
    bool is_surely_here(member const& m) const { return m.is_client() && !may_have_left(m); }
    bool may_be_here(member const& m) const { return m.is_client() || is_going(m); }
    bool is_held(model_item const& i) const { return i.with != nullptr && !may_have_left(*i.with); }
    bool fits(model_subscription const& s, std::string const& to) const {
        if (s.to == kind::topic) return s.destination == to;
        if (s.to != kind::pattern) return false;
        auto const p = stomp::destination_pattern::parse(s.destination, bounds());
        return p && p->match(to, nullptr);
    }
    static void give(member& m, model_subscription& s, model_message const& what) {
        if (!m.is_client()) return;
        if (m.takes_only_text && !is_utf8(what.body)) return void(s.knows_all_sent = false);
        s.coming.push_back(what);
    }
    model_item* find_waiting(std::string_view queue, std::string_view body, bool redelivered) {
        model_item* any = nullptr;
        for (auto& i : items) {
            if (i.queue != queue || i.what.body != body || is_held(i)) continue;
            if ((i.deliveries > 0) == redelivered) return &i;
            if (!any) any = &i;
        }
        return any;
    }

    std::map<std::pair<std::string, std::string>, std::uint64_t> last_first_{};
    std::map<heard_by, std::uint64_t> last_heard_{};  // since all were heard
};

}  // namespace anywire::test
