#include "queue_store.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

namespace anywire::stomp {

queue_store::queue_store(queue_limits const& limits, siphash_key const& key)
    : limits_(limits), queues_(key) {}

// -- sending --------------------------------------------------------------------------------------

queue_answer queue_store::send(std::string_view name,
                               published_ptr what,
                               std::size_t cost,
                               std::int64_t now) {
    if (!fits(0, 0, cost)) return queue_answer::full;
    if (numbers_.bytes + cost > limits_.max_all_bytes) return queue_answer::full;
    auto* const q = obtain(name);
    if (q == nullptr) return queue_answer::too_many_queues;
    if (!make_room(*q, cost, now)) return queue_answer::full;
    put(*q, std::move(what), cost, now);
    pump(*q, now);
    return queue_answer::ok;
}

queue_store::item& queue_store::put(queue& q,
                                    published_ptr what,
                                    std::size_t cost,
                                    std::int64_t sent) {
    // Where one from elsewhere is older than these: they are in the order of their sending. One
    // that is older than many of them counts as younger than it is.
    auto at = fresh_.end();
    for (std::size_t i = 0; at != fresh_.begin() && std::prev(at)->sent > sent; ++i) {
        if (i == most_parcels)
            sent = std::prev(at)->sent;
        else
            --at;
    }
    auto& m = *fresh_.emplace(at);
    m.what = std::move(what);
    m.cost = cost;
    m.sent = sent;
    m.order = ++last_order_;
    m.home = &q;
    m.self = std::prev(at);
    q.waiting.push_back(m);
    q.bytes += cost;
    numbers_.bytes += cost;
    ++numbers_.messages;
    q.unlink();
    return m;
}

/// Nothing where there are too many.
queue_store::queue* queue_store::obtain(std::string_view name) {
    if (auto* const known = queues_.find(name)) return known;
    if (queues_.size() >= limits_.max_queues) {
        if (idle_.empty()) return nullptr;
        queues_.erase(idle_.front());
    }
    return &queues_.obtain(name);
}

bool queue_store::fits(std::size_t messages, std::size_t bytes, std::size_t cost) const noexcept {
    return messages < limits_.max_messages && bytes <= limits_.max_bytes &&
           cost <= limits_.max_bytes - bytes;
}

bool queue_store::make_room(queue& q, std::size_t cost, std::int64_t now) {
    auto const has_room = [&] { return fits(q.waiting.size() + q.unsettled, q.bytes, cost); };
    if (!has_room()) lose_expired(q, now);
    if (has_room()) return true;
    if (limits_.overflow == queue_overflow::refuse) return false;
    if (!fits(q.unsettled, q.unsettled_bytes, cost)) return false;
    while (!has_room()) lose(*q.waiting.begin(), queue_loss_cause::overflow);
    return true;
}

bool queue_store::has_room(std::string_view name,
                           std::size_t messages,
                           std::size_t cost) const noexcept {
    if (messages == 0) return true;
    if (messages > limits_.max_messages || cost > limits_.max_bytes) return false;
    if (numbers_.bytes + cost > limits_.max_all_bytes) return false;
    auto const* const q = queues_.find(name);
    if (q == nullptr) return true;
    auto const may_drop = limits_.overflow == queue_overflow::drop_oldest;
    auto const kept = q->unsettled + (may_drop ? 0 : q->waiting.size());
    auto const bytes = may_drop ? q->unsettled_bytes : q->bytes;
    return messages <= limits_.max_messages - kept && cost <= limits_.max_bytes - bytes;
}

bool queue_store::is_full(std::string_view name, std::size_t cost) const noexcept {
    if (numbers_.bytes + cost > limits_.max_all_bytes) return true;
    auto const* const q = queues_.find(name);
    return q != nullptr && !fits(q->waiting.size() + q->unsettled, q->bytes, cost);
}

// -- consumers ------------------------------------------------------------------------------------

queue_answer queue_store::subscribe(
    consumer_id who, std::string_view name, std::size_t prefetch, std::int64_t now, bool waits) {
    assert(find(who) == nullptr);
    auto* const q = obtain(name);
    if (q == nullptr) return queue_answer::too_many_queues;
    auto made = std::make_unique<consumer>();
    auto& c = *made;
    c.id = who;
    c.home = q;
    c.prefetch = std::max<std::size_t>(prefetch, 1);
    c.paused = waits;
    consumers_.emplace(who, std::move(made));
    if (q->consumers++ == 0 && is_shared_) q->offers.assign(1, std::string{});
    q->unlink();
    update_ready(c);
    pump(*q, now);
    return queue_answer::ok;
}

void queue_store::unsubscribe(consumer_id who, std::int64_t now) {
    auto const found = consumers_.find(who);
    if (found == consumers_.end()) return;
    auto& c = *found->second;
    auto& q = *c.home;
    while (!c.unsettled.empty()) {
        auto& m = *c.unsettled.begin();
        take_from(c, m);
        put_back(m, now);
    }
    --q.consumers;
    consumers_.erase(found);
    shrink_sparse(consumers_);
    pump(q, now);
    update_idle(q, now);
}

queue_store::consumer* queue_store::find(consumer_id who) const noexcept {
    auto const found = consumers_.find(who);
    return found == consumers_.end() ? nullptr : found->second.get();
}

void queue_store::give_back(consumer_id who, delivery_id which, std::int64_t now) {
    auto* const c = find(who);
    auto const give = [&](item& m) {
        c->paused = true;
        --m.deliveries;
        put_back(m, now);
    };
    settle(who, which, false, now, give);
}

void queue_store::resume(consumer_id who, std::int64_t now) {
    auto* const c = find(who);
    if (c == nullptr) return;
    c->paused = false;
    update_ready(*c);
    pump(*c->home, now);
}

// -- settling -------------------------------------------------------------------------------------

bool queue_store::ack(consumer_id who, delivery_id which, bool cumulative, std::int64_t now) {
    return settle(who, which, cumulative, now, [this](item& m) { forget(m); });
}

bool queue_store::nack(consumer_id who, delivery_id which, bool cumulative, std::int64_t now) {
    return settle(who, which, cumulative, now, [&](item& m) {
        m.refused_by = who;
        if (limits_.max_deliveries != 0 && m.deliveries >= limits_.max_deliveries)
            lose(m, queue_loss_cause::delivered_too_often);
        else
            put_back(m, now);
    });
}

/// Takes one from its consumer, or all up to it, and has `one(item&)` say what becomes of each.
template <class Settle>
bool queue_store::settle(
    consumer_id who, delivery_id which, bool cumulative, std::int64_t now, Settle one) {
    auto* const c = find(who);
    if (c == nullptr) return false;
    auto const found = c->unsettled.find(which);
    if (found == c->unsettled.end()) return false;
    auto const end = std::next(found);
    for (auto at = cumulative ? c->unsettled.begin() : found; at != end;) {
        auto& m = *at++;
        take_from(*c, m);
        one(m);
    }
    auto& q = *c->home;
    update_ready(*c);
    pump(q, now);
    return true;
}

void queue_store::take_from(consumer& c, item& m) noexcept {
    c.unsettled.erase(c.unsettled.iterator_to(m));
    m.delivery = 0;
    --m.home->unsettled;
    m.home->unsettled_bytes -= m.cost;
    --numbers_.unsettled;
}

/// Of one that neither waits nor is with a consumer.
void queue_store::put_back(item& m, std::int64_t now) {
    if (m.aged || is_expired(m, now)) return lose(m, queue_loss_cause::expired);
    m.home->waiting.insert(m);
}

// -- delivering -----------------------------------------------------------------------------------

/// Afterwards either nothing waits, or nobody is ready.
void queue_store::pump(queue& q, std::int64_t now) {
    while (!q.waiting.empty() && !q.ready.empty()) {
        auto& m = *q.waiting.begin();
        if (is_expired(m, now)) {
            lose(m, queue_loss_cause::expired);
            continue;
        }
        auto to = q.ready.begin();
        if (m.refused_by == to->id && std::next(to) != q.ready.end()) ++to;
        deliver(*to, m);
    }
    if (is_shared_) update_shares(q);
}

void queue_store::deliver(consumer& c, item& m) {
    auto const again = m.deliveries > 0;
    deliveries_.push_back({c.id, last_delivery_ + 1, m.what, again});
    auto& q = *m.home;
    q.waiting.erase(q.waiting.iterator_to(m));
    m.delivery = ++last_delivery_;
    ++m.deliveries;
    c.unsettled.push_back(m);
    ++q.unsettled;
    q.unsettled_bytes += m.cost;
    ++numbers_.unsettled;
    if (again) ++numbers_.redeliveries;
    c.unlink();  // to the end of those who are ready
    update_ready(c);
}

void queue_store::update_ready(consumer& c) noexcept {
    if (!c.has_room())
        c.unlink();
    else if (!c.is_linked())
        c.home->ready.push_back(c);
}

// -- ends -----------------------------------------------------------------------------------------

bool queue_store::is_expired(item const& m, std::int64_t now) const noexcept {
    return limits_.ttl.count() > 0 && now - m.sent >= limits_.ttl.count();
}

void queue_store::lose_expired(queue& q, std::int64_t now) {
    while (!q.waiting.empty() && is_expired(*q.waiting.begin(), now))
        lose(*q.waiting.begin(), queue_loss_cause::expired);
}

void queue_store::expire(std::int64_t now) {
    while (!fresh_.empty() && is_expired(fresh_.front(), now)) {
        auto& m = fresh_.front();
        if (m.delivery != 0) {
            m.aged = true;
            aged_.splice(aged_.end(), fresh_, m.self);
            continue;
        }
        auto& q = *m.home;
        lose(m, queue_loss_cause::expired);
        update_idle(q, now);
    }
    auto const is_over = [&](queue const& q) { return now - q.idle_since >= limits_.idle.count(); };
    while (!idle_.empty() && is_over(idle_.front())) queues_.erase(idle_.front());
}

/// An idle queue cannot be told from one that is not there, but by its number.
void queue_store::update_idle(queue& q, std::int64_t now) noexcept {
    if (!q.waiting.empty()) return;
    q.is_offered = false;
    if (q.consumers != 0 || q.is_linked()) return;
    q.idle_since = now;
    idle_.push_back(q);
}

void queue_store::lose(item& m, queue_loss_cause why) {
    losses_.push_back({m.home->name, m.what, why});
    if (m.is_linked()) m.home->waiting.erase(m.home->waiting.iterator_to(m));
    forget(m);
}

/// Of one that neither waits nor is with a consumer.
void queue_store::forget(item& m) noexcept {
    m.home->bytes -= m.cost;
    numbers_.bytes -= m.cost;
    --numbers_.messages;
    auto& in = m.aged ? aged_ : fresh_;
    in.erase(m.self);
}

// -- what is to be done ---------------------------------------------------------------------------

std::vector<delivery> queue_store::take_deliveries() noexcept {
    return std::exchange(deliveries_, {});
}

std::vector<queue_loss> queue_store::take_losses() noexcept {
    return std::exchange(losses_, {});
}

queue_store::numbers queue_store::count() const noexcept {
    auto out = numbers_;
    out.queues = queues_.size();
    return out;
}

std::optional<queue_store::queue_numbers> queue_store::look_at(
    std::string_view name) const noexcept {
    auto const* const q = queues_.find(name);
    if (q == nullptr) return std::nullopt;
    return numbers_of(*q);
}

}  // namespace anywire::stomp
