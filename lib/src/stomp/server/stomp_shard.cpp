#include "stomp_shard.hpp"

#include "stomp_client.hpp"

#include <algorithm>
#include <utility>

namespace anywire::stomp {
namespace {

/// How far ahead of a delivery its session is fetched.
constexpr std::size_t ahead = 4;

destination_pattern pattern_of(subscription const& s) {
    return *s.of->core().parse(s.destination);
}

}  // namespace

stomp_shard::stomp_shard(std::size_t index,
                         session_loop& loop,
                         siphash_key const& key,
                         char separator)
    : index_(index),
      loop_(loop),
      topics_(key),
      patterns_(key, separator),
      users_(key),
      clients_(0, {key}) {}

// -- clients --------------------------------------------------------------------------------------

void stomp_shard::enlist(stomp_client& c) {
    clients_.emplace(c.id(), &c);
    users_.obtain(c.user()).all.insert(&c);
}

void stomp_shard::delist(stomp_client& c) noexcept {
    if (auto const found = clients_.find(c.id()); found != clients_.end()) {
        clients_.erase(found);
        shrink_sparse(clients_);
    }
    auto* const u = users_.find(c.user());
    if (!u) return;
    u->all.erase(&c);
    if (u->all.empty())
        users_.erase(*u);
    else
        shrink_sparse(u->all);
}

stomp_client* stomp_shard::find(std::string_view id) const noexcept {
    auto const found = clients_.find(id);
    return found == clients_.end() ? nullptr : found->second;
}

void stomp_shard::for_each_of(std::string_view user,
                              std::function<void(stomp_client&)> const& visit) const {
    auto const* const u = users_.find(user);
    if (!u) return;
    std::vector<stomp_client*> const all(u->all.begin(), u->all.end());
    for (auto* c : all) visit(*c);
}

// -- subscriptions --------------------------------------------------------------------------------

void stomp_shard::add(subscription& s) {
    switch (s.to) {
        case subscription::kind::topic: {
            auto& t = topics_.obtain(s.destination);
            s.at = &t;
            s.place = t.subscribers.size();
            return t.subscribers.push_back(&s);
        }
        case subscription::kind::pattern: return patterns_.add(pattern_of(s), &s);
        case subscription::kind::queue: return (void)consumers_.emplace(s.consumer, &s);
        case subscription::kind::own:  // its client knows
        case subscription::kind::relayed: return;
    }
}

void stomp_shard::remove(subscription& s) noexcept {
    switch (s.to) {
        case subscription::kind::topic: {
            if (!s.at) return;
            auto& all = s.at->subscribers;
            all[s.place] = all.back();
            all[s.place]->place = s.place;
            all.pop_back();
            if (all.empty()) topics_.erase(*s.at);
            s.at = nullptr;
            return;
        }
        case subscription::kind::pattern: return (void)patterns_.remove(pattern_of(s), &s);
        case subscription::kind::queue:
            consumers_.erase(s.consumer);
            return shrink_sparse(consumers_);
        case subscription::kind::own:
        case subscription::kind::relayed: return;
    }
}

subscription* stomp_shard::find_consumer(consumer_id which) const noexcept {
    auto const found = consumers_.find(which);
    return found == consumers_.end() ? nullptr : found->second;
}

void stomp_shard::deliver(published const& p) {
    if (auto const* const t = topics_.find(p.destination)) {
        auto const& all = t->subscribers;
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (i + ahead < all.size()) all[i + ahead]->of->prefetch();
            all[i]->of->deliver(*all[i], p);
        }
    }
    if (patterns_.size() == 0) return;
    // Kept for the next time; not used in place: what cannot be delivered is told to `on_error`,
    // which may send itself.
    auto matching = std::exchange(matching_, {});
    patterns_.for_each_match(p.destination, [&](subscription* s) { matching.push_back(s); });
    for (auto* s : matching) s->of->deliver(*s, p);
    matching.clear();
    matching_ = std::move(matching);
}

void stomp_shard::deliver_own(stomp_client& to, published const& p) {
    to.for_each_subscription([&](subscription& s) {
        if (s.to == subscription::kind::own && s.destination == p.destination) to.deliver(s, p);
    });
}

}  // namespace anywire::stomp
