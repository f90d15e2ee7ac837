// Stores of several nodes that pass messages on to each other.
#include "stomp/queue_store.hpp"
#include "stomp/server/published.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace anywire::stomp;

namespace {

constexpr std::string_view the_queue = "/queue/a";

/// A store, and who consumes from it.
struct node {
    explicit node(queue_limits const& limits, std::string called)
        : store(limits, {}), name(std::move(called)) {
        store.share();
    }
    queue_store store;
    std::string name;
    std::set<consumer_id> consumers{};
    std::vector<delivery> unsettled{};
};

/// Nodes, and what they have told each other and is on its way: in order from one to another.
class network {
public:
    explicit network(queue_limits const& limits = {}) {
        for (auto& n : nodes) n = std::make_unique<node>(limits, std::string(1, next_name_++));
    }

    void send(node& at, int number) {
        auto p = std::make_shared<published>();
        p->destination = the_queue;
        p->what.body = std::to_string(number);
        REQUIRE(at.store.send(the_queue, p, 100, now) == queue_answer::ok);
        settle(at);
    }
    consumer_id subscribe(node& at, std::size_t prefetch) {
        auto const who = ++last_consumer_;
        REQUIRE(at.store.subscribe(who, the_queue, prefetch, now) == queue_answer::ok);
        at.consumers.insert(who);
        settle(at);
        return who;
    }
    void unsubscribe(node& at, consumer_id who) {
        at.consumers.erase(who);
        std::erase_if(at.unsettled, [&](auto const& d) { return d.to == who; });
        at.store.unsubscribe(who, now);
        settle(at);
    }
    void ack(node& at, std::size_t which) {
        auto const d = at.unsettled.at(which);
        at.unsettled.erase(at.unsettled.begin() + static_cast<std::ptrdiff_t>(which));
        REQUIRE(at.store.ack(d.to, d.id, false, now));
        acked.push_back(std::stoi(d.what->what.body));
        settle(at);
    }
    void nack(node& at, std::size_t which) {
        auto const d = at.unsettled.at(which);
        at.unsettled.erase(at.unsettled.begin() + static_cast<std::ptrdiff_t>(which));
        REQUIRE(at.store.nack(d.to, d.id, false, now));
        settle(at);
    }
    /// Once a second.
    void sweep() {
        now += 1000;
        for (auto const& n : nodes) {
            n->store.expire(now);
            settle(*n);
            for (auto& q : n->store.untaken_surplus()) tell_have(*n, q);
        }
    }
    bool has_news() const {
        return std::any_of(
            ways_.begin(), ways_.end(), [](auto const& w) { return !w.second.empty(); });
    }
    /// The oldest of what is on its way from one node to another.
    void bring(std::size_t which) {
        std::vector<std::deque<std::function<void()>>*> all;
        for (auto& [ends, way] : ways_)
            if (!way.empty()) all.push_back(&way);
        auto& way = *all[which % all.size()];
        auto const act = std::move(way.front());
        way.pop_front();
        act();
    }
    void bring_all() {
        while (has_news()) bring(0);
    }
    std::size_t messages() const {
        std::size_t sum = 0;
        for (auto const& n : nodes) sum += n->store.count().messages;
        return sum;
    }

    std::array<std::unique_ptr<node>, 3> nodes{};
    std::vector<int> acked{};
    std::vector<int> lost{};
    std::int64_t now = 0;
    std::size_t sent = 0;  ///< Packets.

private:
    node& find(std::string const& name) {
        return **std::find_if(
            nodes.begin(), nodes.end(), [&](auto const& n) { return n->name == name; });
    }
    void way(node const& from, node const& to, std::function<void()> act) {
        ++sent;
        ways_[{from.name, to.name}].push_back(std::move(act));
    }
    void tell_have(node& from, std::string const& queue) {
        for (auto const& n : nodes)
            if (n.get() != &from)
                way(from, *n, [this, queue, name = from.name, to = n.get()] {
                    to->store.take_offer(queue, name, now);
                    settle(*to);
                });
    }
    void pull(node& by, queue_appetite const& what) {
        for (auto const& n : nodes)
            if (n.get() != &by && (what.node.empty() || what.node == n->name))
                way(by, *n, [this, what, whose = by.name, at = n.get()] {
                    give(*at, whose, what);
                });
    }
    void give(node& at, std::string const& to, queue_appetite const& what) {
        auto const parcels = at.store.give_away(what.queue, what.room, now);
        auto const rest = at.store.look_at(what.queue);
        settle(at);
        for (auto const& p : parcels) {
            auto const more = &p == &parcels.back() && rest && rest->depth != 0;
            way(at, find(to), [this, p, more, from = at.name, to] {
                auto& n = find(to);
                n.store.take_in(the_queue, p, 100, now);
                if (more) n.store.take_offer(the_queue, from, now);
                settle(n);
            });
        }
    }
    void settle(node& at) {
        for (auto& d : at.store.take_deliveries()) at.unsettled.push_back(std::move(d));
        for (auto const& l : at.store.take_losses()) lost.push_back(std::stoi(l.what->what.body));
        for (auto const& q : at.store.take_surplus()) tell_have(at, q);
        for (auto const& a : at.store.take_appetites()) pull(at, a);
    }

    std::map<std::pair<std::string, std::string>, std::deque<std::function<void()>>> ways_{};
    consumer_id last_consumer_ = 0;
    char next_name_ = 'A';
};

/// What `at` has been given, in order; all of it acknowledged.
std::vector<int> work_off(network& net, node& at) {
    auto const before = net.acked.size();
    net.bring_all();
    while (!at.unsettled.empty()) {
        net.ack(at, 0);
        net.bring_all();
    }
    return {net.acked.begin() + static_cast<std::ptrdiff_t>(before), net.acked.end()};
}

std::vector<int> numbers(int count) {
    std::vector<int> all;
    for (int i = 0; i < count; ++i) all.push_back(i);
    return all;
}

}  // namespace

TEST_CASE("a message goes to the node that has a consumer, whoever was there first") {
    network net;
    auto& [a, b, c] = net.nodes;
    SECTION("the message") {
        for (int i = 0; i < 200; ++i) net.send(*a, i);
        (void)net.subscribe(*b, 5);
    }
    SECTION("the consumer") {
        (void)net.subscribe(*b, 5);
        for (int i = 0; i < 200; ++i) {
            net.send(*a, i);
            net.bring_all();
        }
    }
    SECTION("the message, before the consumer's node") {
        net.bring_all();
        for (int i = 0; i < 200; ++i) net.send(*a, i);
        net.bring_all();
        (void)net.subscribe(*b, 5);
    }
    CHECK(work_off(net, *b) == numbers(200));
    CHECK(net.messages() == 0);
    CHECK_FALSE(net.has_news());
}

TEST_CASE("consumers here come first, and others take what they have no room for") {
    network net;
    auto& [a, b, c] = net.nodes;
    (void)net.subscribe(*a, 1);
    (void)net.subscribe(*b, 1);
    net.bring_all();
    for (int i = 0; i < 2; ++i) net.send(*a, i);
    net.bring_all();
    CHECK(a->unsettled.front().what->what.body == "0");
    CHECK(b->unsettled.front().what->what.body == "1");
}

TEST_CASE("what comes from a node says how often it was in vain, and how old it is") {
    network net({.ttl = std::chrono::milliseconds(10'000), .max_deliveries = 3});
    auto& [a, b, c] = net.nodes;
    net.send(*c, 2);
    net.send(*a, 1);
    auto const first = net.subscribe(*a, 1);
    net.nack(*a, 0);
    net.unsubscribe(*a, first);
    for (int i = 0; i < 6; ++i) net.sweep();
    net.send(*b, 3);
    net.bring_all();
    auto const second = net.subscribe(*b, 1);
    net.bring_all();
    REQUIRE(b->unsettled.size() == 1);
    net.unsubscribe(*b, second);
    for (int i = 0; i < 4; ++i) net.sweep();
    CHECK(std::set(net.lost.begin(), net.lost.end()) == std::set{1, 2});
    for (int i = 0; i < 6; ++i) net.sweep();
    CHECK(std::set(net.lost.begin(), net.lost.end()) == std::set{1, 2, 3});
    CHECK(net.messages() == 0);
}

TEST_CASE("deliveries in vain are counted over all nodes") {
    network net({.max_deliveries = 3});
    auto& [a, b, c] = net.nodes;
    net.send(*a, 1);
    auto const first = net.subscribe(*a, 1);
    net.nack(*a, 0);
    REQUIRE(a->unsettled.size() == 1);  // again, as there is no other
    net.unsubscribe(*a, first);
    (void)net.subscribe(*b, 1);
    net.bring_all();
    REQUIRE(b->unsettled.size() == 1);
    CHECK(b->unsettled.front().redelivered);
    net.nack(*b, 0);
    CHECK(net.lost == std::vector{1});
}

TEST_CASE(
    "nodes that have nothing to say say nothing, and what nobody takes is told once a second") {
    network net;
    auto& [a, b, c] = net.nodes;
    for (int i = 0; i < 100; ++i) net.send(*a, i);
    net.bring_all();
    CHECK(net.sent == 2);
    net.sweep();
    CHECK(net.sent == 4);
    (void)net.subscribe(*a, 100);
    net.bring_all();
    auto const before = net.sent;
    for (int i = 0; i < 5; ++i) net.sweep();
    CHECK(net.sent == before);
}

TEST_CASE("many queues are told of again in turns") {
    queue_store store({}, {});
    store.share();
    auto p = std::make_shared<published>();
    for (int i = 0; i < 1000; ++i)
        REQUIRE(store.send("/queue/" + std::to_string(i), p, 1, 0) == queue_answer::ok);
    CHECK(store.take_surplus().size() == 1000);
    std::set<std::string> told;
    for (int i = 0; i < 4; ++i) {
        auto const some = store.untaken_surplus();
        CHECK(some.size() == 256);
        told.insert(some.begin(), some.end());
    }
    CHECK(told.size() == 1000);
    for (auto const& name : told) CHECK(store.give_away(name, 9, 0).size() == 1);
    for (int i = 0; i < 4; ++i) CHECK(store.untaken_surplus().empty());
}

TEST_CASE("queues of several nodes: each message is settled once, whatever happens") {
    for (unsigned seed = 1; seed <= 1000; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        auto const draw = [&](std::size_t n) { return random() % n; };
        network net({.max_messages = 10'000, .max_deliveries = 0});
        int count = 0;
        for (int step = 0; step < 200; ++step) {
            auto& n = *net.nodes[draw(3)];
            switch (draw(8)) {
                case 0:
                case 1: net.send(n, count++); break;
                case 2: (void)net.subscribe(n, 1 + draw(4)); break;
                case 3:
                    if (!n.consumers.empty() && draw(2) == 0)
                        net.unsubscribe(n, *n.consumers.begin());
                    break;
                case 4:
                    if (!n.unsettled.empty()) net.ack(n, draw(n.unsettled.size()));
                    break;
                case 5:
                    if (!n.unsettled.empty()) net.nack(n, draw(n.unsettled.size()));
                    break;
                case 6:
                    if (draw(4) == 0) net.sweep();
                    break;
                default:
                    for (auto i = draw(6); i > 0 && net.has_news(); --i) net.bring(draw(9));
            }
        }
        for (auto const& n : net.nodes)
            while (!n->consumers.empty()) net.unsubscribe(*n, *n->consumers.begin());
        net.bring_all();
        auto& last = *net.nodes[draw(3)];
        (void)net.subscribe(last, 1 + draw(9));
        net.sweep();
        (void)work_off(net, last);
        REQUIRE(net.messages() == 0);
        std::sort(net.acked.begin(), net.acked.end());
        REQUIRE(net.acked == numbers(count));
        REQUIRE(net.lost.empty());
    }
}
