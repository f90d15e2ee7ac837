#include "session/endpoint_core.hpp"

#include "session/endpoint_hub.hpp"
#include "session/packet_listener.hpp"
#include "session/session_base.hpp"

#include <cstring>
#include <utility>

namespace anywire {

std::size_t endpoint_core::by_id_hash::operator()(std::string_view id) const noexcept {
    // The id's own random characters are the hash; nobody but us chooses them.
    std::size_t h = 0;
    if (id.size() == session_loop::id_size) std::memcpy(&h, id.data() + 2, sizeof h);
    return h * 0x9e3779b97f4a7c15u;
}
std::size_t endpoint_core::by_id_hash::operator()(session_base const* s) const noexcept {
    return (*this)(s->id());
}
bool endpoint_core::by_id_equal::operator()(std::string_view a,
                                            session_base const* b) const noexcept {
    return a == b->id();
}
std::size_t endpoint_core::sid_hash::operator()(session_base const* s) const noexcept {
    return (*this)(s->sid());
}
bool endpoint_core::sid_equal::operator()(std::string_view a,
                                          session_base const* b) const noexcept {
    return a == b->sid();
}

endpoint_core::endpoint_core(session_loop& loop,
                             handlers const& app,
                             session_limits const& limits,
                             endpoint_counters& counters,
                             siphash_key const& key,
                             std::string name,
                             endpoint_numbers* numbers)
    : loop_(loop),
      app_(app),
      limits_(limits),
      counters_(counters),
      own_numbers_(numbers ? nullptr : std::make_unique<endpoint_numbers>()),
      numbers_(numbers ? *numbers : *own_numbers_),
      name_(std::move(name)),
      key_(key),
      limits_rate_(limits.max_messages_per_second != 0 || limits.max_bytes_per_second != 0),
      by_sid_(0, sid_hash{key}),
      groups_(key) {
    loop_.enlist(*this);
}

endpoint_core::~endpoint_core() {
    close();
}

void endpoint_core::close() noexcept {
    if (std::exchange(is_closed_, true)) return;
    loop_.delist(*this);
    while (!by_sid_.empty()) forget(**by_sid_.begin());
    while (!by_id_.empty()) {
        auto& s = **by_id_.begin();
        retire(s);
        forget(s);
    }
}

void endpoint_core::add(session_base* owned) {
    try {
        by_id_.insert(owned);
        if (!owned->sid().empty()) by_sid_.insert(owned);
        if (census_) census_->on_added(*owned);
    } catch (...) {
        by_id_.erase(owned);
        owned->give_up();  // the next flush destroys it
        throw;
    }
    constexpr auto relaxed = std::memory_order_relaxed;
    counters_.sessions.fetch_add(1, relaxed);
    counters_.opened.fetch_add(1, relaxed);
    if (counters_.all_sessions) counters_.all_sessions->fetch_add(1, relaxed);
    if (hub_) hub_->count_opened();
    numbers_.opened.add();
    owned->count_added();
}

void endpoint_core::retire(session_base& s) noexcept {
    if (by_id_.erase(&s) == 0) return;
    shrink_sparse(by_id_);
    constexpr auto relaxed = std::memory_order_relaxed;
    counters_.sessions.fetch_sub(1, relaxed);
    if (counters_.all_sessions) counters_.all_sessions->fetch_sub(1, relaxed);
    if (hub_) hub_->count_closed();
    s.count_retired();
    if (census_) census_->on_retired(s);
    if (auto* const groups = s.groups())
        groups_.leave_all(s, *groups, [&](hub::room<session_base> const& g) {
            note_group(room_change::left, g.name, s);
        });
    s.drop_groups();
}

void endpoint_core::forget(session_base& s) noexcept {
    retire(s);
    if (!s.sid().empty() && by_sid_.erase(&s) != 0) shrink_sparse(by_sid_);
    delete &s;
}

void endpoint_core::count_in(session_census* with) {
    if (with == census_) return;
    if (auto* const old = std::exchange(census_, nullptr))
        for (auto const* s : by_id_) old->on_retired(*s);
    if (!with) return;
    for (auto const* s : by_id_) with->on_added(*s);
    census_ = with;
}

session_base* endpoint_core::find(std::string_view id) const noexcept {
    auto const found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : *found;
}

session_base* endpoint_core::find_by_sid(std::string_view sid) const noexcept {
    auto const found = by_sid_.find(sid);
    return found == by_sid_.end() ? nullptr : *found;
}

std::string_view endpoint_core::id_of(session_base const& s) noexcept {
    return s.id();
}

void endpoint_core::broadcast(shared_message& m, std::uint64_t key) {
    for (auto* s : by_id_) (void)s->send_shared(m, key);
}

void endpoint_core::send_to(audience const& who, shared_message& m, std::uint64_t key) {
    for_each_of(who, [&](session_base& s) { (void)s.send_shared(m, key); });
}

std::size_t endpoint_core::count_of(audience const& who) const {
    if (who.rooms.empty() && who.except.empty()) return size();
    std::size_t n = 0;
    for_each_of(who, [&](session_base const&) { ++n; });
    return n;
}

/// Tells a bus that wants to know.
void endpoint_core::note_group(room_change what,
                               std::string const& group,
                               session_base& s) noexcept {
    if (!hub_ || !hub_->watches_rooms()) return;
    try {
        hub_->note_room(loop_.shard(), what, group, s.id());
    } catch (...) {
        loop_.log().failed("telling a bus of a group");
    }
}

bool endpoint_core::join(session_base& s, std::string_view name) {
    auto const* const mine = s.groups();
    if (limits_.max_groups != 0 && mine && mine->size() >= limits_.max_groups)
        return groups_.is_in(s, name);
    if (auto const* const g = groups_.join(s, s.make_groups(), name))
        note_group(room_change::joined, g->name, s);
    return true;
}

void endpoint_core::leave(session_base& s, std::string_view name) noexcept {
    auto* const groups = s.groups();
    if (!groups || !groups_.leave(s, *groups, name, [&](hub::room<session_base> const& g) {
            note_group(room_change::left, g.name, s);
        }))
        return;
    if (groups->empty()) s.drop_groups();
}

std::size_t endpoint_core::group_size(std::string_view name) const noexcept {
    return groups_.members(name);
}

bool endpoint_core::shut_down_some(std::size_t count) {
    for (auto* s : by_id_) {
        if (!s->is_open()) continue;
        if (count-- == 0) return true;
        s->end(close_reason::shutting_down, ending::after_queue, "server shutting down");
    }
    return false;
}

void endpoint_core::abandon_all() {
    for (auto* s : by_id_) s->end(close_reason::shutting_down, ending::silently);
}

}  // namespace anywire
