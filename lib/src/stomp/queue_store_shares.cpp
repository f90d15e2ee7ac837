// What a store says to those of other nodes, and takes from them.
#include "queue_store.hpp"

#include <algorithm>
#include <utility>

namespace anywire::stomp {
namespace {

/// Nodes that are remembered for one queue.
constexpr std::size_t most_offers = 64;
/// Queues that others are told of again at a time.
constexpr std::size_t most_told = 256;

}  // namespace

void queue_store::update_shares(queue& q) {
    if (!q.waiting.empty()) {
        if (std::exchange(q.is_offered, true)) return;
        offered_.insert(q.name);
        surplus_.push_back(q.name);
        return;
    }
    q.is_offered = false;
    if (q.ready.empty() || q.offers.empty()) return;
    std::size_t room = 0;
    for (auto const& c : q.ready) {
        room += c.prefetch - c.unsettled.size();
        if (room >= most_parcels) break;
    }
    appetites_.push_back({q.name, std::move(q.offers.back()), std::min(room, most_parcels)});
    q.offers.pop_back();
}

void queue_store::take_offer(std::string_view name, std::string_view node, std::int64_t now) {
    auto* const q = queues_.find(name);
    if (q == nullptr || q->consumers == 0) return;
    auto& all = q->offers;
    if (all.size() < most_offers && std::find(all.begin(), all.end(), node) == all.end())
        all.emplace_back(node);
    pump(*q, now);
}

std::vector<queue_parcel> queue_store::give_away(std::string_view name,
                                                 std::size_t most,
                                                 std::int64_t now) {
    std::vector<queue_parcel> out;
    auto* const q = queues_.find(name);
    if (q == nullptr) return out;
    lose_expired(*q, now);
    std::size_t bytes = 0;
    while (!q->waiting.empty() && out.size() < std::min(most, most_parcels)) {
        auto& m = *q->waiting.begin();
        bytes += m.cost;
        if (!out.empty() && bytes > most_parcel_bytes) break;
        out.push_back({m.what, m.deliveries, now - m.sent});
        q->waiting.erase(q->waiting.begin());
        forget(m);
    }
    update_shares(*q);
    update_idle(*q, now);
    return out;
}

void queue_store::take_in(std::string_view name,
                          queue_parcel const& parcel,
                          std::size_t cost,
                          std::int64_t now) {
    auto* const q = obtain(name);
    if (q == nullptr)
        return losses_.push_back({std::string(name), parcel.what, queue_loss_cause::overflow});
    put(*q, parcel.what, cost, now - parcel.age).deliveries = parcel.deliveries;
    pump(*q, now);
}

std::vector<std::string> queue_store::untaken_surplus() {
    std::vector<std::string> out;
    auto at = offered_.upper_bound(last_told_);
    for (auto n = std::min(offered_.size(), most_told); n > 0; --n) {
        if (at == offered_.end()) at = offered_.begin();
        last_told_ = *at;
        auto* const q = queues_.find(*at);
        if (q != nullptr && !q->waiting.empty()) {
            out.push_back(*at++);
            continue;
        }
        if (q != nullptr) q->is_offered = false;
        at = offered_.erase(at);
    }
    return out;
}

std::vector<std::string> queue_store::take_surplus() noexcept {
    return std::exchange(surplus_, {});
}

std::vector<queue_appetite> queue_store::take_appetites() noexcept {
    return std::exchange(appetites_, {});
}

}  // namespace anywire::stomp
