#include "stomp_client.hpp"
#include "stomp_core.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace anywire::stomp {
namespace {

/// The shard of a consumer is the lower part of its number.
constexpr std::uint64_t shard_bits = 12;

std::size_t shard_of(consumer_id who) noexcept {
    return static_cast<std::size_t>(who & ((1U << shard_bits) - 1));
}

class raised_flag {
public:
    explicit raised_flag(bool& flag) noexcept : flag_(flag) { flag_ = true; }
    raised_flag(raised_flag const&) = delete;
    raised_flag& operator=(raised_flag const&) = delete;
    ~raised_flag() { flag_ = false; }

private:
    bool& flag_;
};

}  // namespace

bool stomp_core::has_room(std::span<published_ptr const> all) {
    queue_needs needs;
    for (auto const& p : all) {
        if (place_of(p->destination) != place::queue) continue;
        auto& [messages, bytes] = needs[p->destination];
        ++messages;
        bytes += p->cost();
    }
    if (has_room(needs)) return true;
    drain_here();
    return has_room(needs);
}

bool stomp_core::has_room(queue_needs const& needs) {
    std::scoped_lock const lock(queues_mutex_);
    std::size_t further = 0;
    for (auto const& each : needs)
        if (!queues_->look_at(each.first)) ++further;
    if (queues_->count().queues + further > options_.queue.max_queues) return false;
    return std::all_of(needs.begin(), needs.end(), [&](auto const& each) {
        return queues_->has_room(each.first, each.second.first, each.second.second);
    });
}

consumer_id stomp_core::new_consumer(std::size_t at) noexcept {
    return (++consumers_ << shard_bits) | at;
}

bool stomp_core::consume(consumer_id who, std::string_view queue) {
    {
        std::scoped_lock const lock(queues_mutex_);
        if (queues_->subscribe(who, queue, options_.max_unacknowledged, now(), true) !=
            queue_answer::ok)
            return false;
    }
    (void)post(shard_of(who), [self = shared_from_this(), who] { self->resume(who); });
    return true;
}

void stomp_core::stop_consuming(consumer_id who) {
    std::unique_lock held(queues_mutex_);
    queues_->unsubscribe(who, now());
    dispatch(held);
}

bool stomp_core::settle(consumer_id who, delivery_id which, bool is_ack, bool cumulative) {
    std::unique_lock held(queues_mutex_);
    auto const known = is_ack ? queues_->ack(who, which, cumulative, now())
                              : queues_->nack(who, which, cumulative, now());
    dispatch(held);
    return known;
}

void stomp_core::resume(consumer_id who) {
    std::unique_lock held(queues_mutex_);
    queues_->resume(who, now());
    dispatch(held);
}

void stomp_core::expire(std::chrono::milliseconds passed) {
    now_ += passed.count();
    std::unique_lock held(queues_mutex_);
    queues_->expire(now());
    auto const again = queues_->untaken_surplus();
    dispatch(held);
    tell_surplus(again);
}

/// Sends off what the store has decided. Deliveries go through their shard's inbox, so that those
/// of one queue stay in their order, whichever thread has brought them about.
void stomp_core::dispatch(std::unique_lock<std::mutex>& held) {
    std::vector<std::size_t> woken;
    for (auto& d : queues_->take_deliveries()) {
        auto const at = shard_of(d.to);
        if (inboxes_[at].empty()) woken.push_back(at);
        inboxes_[at].push_back(std::move(d));
    }
    auto lost = queues_->take_losses();
    auto const surplus = queues_->take_surplus();
    auto const appetites = queues_->take_appetites();
    held.unlock();
    if (!lost.empty()) tell_lost(std::move(lost));
    for (auto const at : woken)
        (void)post(at, [self = shared_from_this(), at] { self->drain(at); });
    tell_surplus(surplus);
    for (auto const& a : appetites) ask_for_messages(a);
}

void stomp_core::drain(std::size_t index) {
    auto& at = *shards_[index];
    // What an application does about a message that fails must not overtake those after it.
    if (at.is_draining()) return;
    raised_flag const draining(at.is_draining());
    std::vector<delivery> all;
    {
        std::scoped_lock const lock(queues_mutex_);
        all.swap(inboxes_[index]);
    }
    std::vector<delivery const*> settled;
    std::vector<delivery const*> returned;
    for (auto const& d : all) {
        auto* const s = at.find_consumer(d.to);
        if (!s) continue;  // it has unsubscribed, and its messages are the store's again
        if (!s->of->deliver_queued(*s, d))
            returned.push_back(&d);
        else if (s->mode == ack_mode::automatic)
            settled.push_back(&d);
    }
    if (settled.empty() && returned.empty()) return;
    std::unique_lock held(queues_mutex_);
    // First what goes back: a consumer that has settled something may be given what is younger.
    boost::unordered_flat_set<consumer_id> full;
    for (auto const* d : returned) {
        queues_->give_back(d->to, d->id, now());
        full.insert(d->to);
    }
    // What has come for those meanwhile is younger, and would go out first.
    std::erase_if(inboxes_[index], [&](delivery const& d) {
        if (!full.contains(d.to)) return false;
        queues_->give_back(d.to, d.id, now());
        return true;
    });
    for (auto const* d : settled) (void)queues_->ack(d->to, d->id, false, now());
    dispatch(held);
}

void stomp_core::drain_here() {
    for (std::size_t i = 0; i < shards_.size(); ++i)
        if (group_->is_here(i)) return drain(i);
}

void stomp_core::tell_lost(std::vector<queue_loss> lost) {
    counts_.dead_letters += lost.size();
    if (!hooks_.on_dead_letter) return;
    (void)post(0, [self = shared_from_this(), lost = std::move(lost)] {
        for (auto const& l : lost) {
            auto const& p = *l.what;
            dead_letter const letter{l.queue, p.what.content_type, p.what.body, l.why};
            self->call(*self->shards_[0], [&] { self->hooks_.on_dead_letter(letter); });
        }
    });
}

}  // namespace anywire::stomp
