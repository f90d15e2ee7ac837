#include "mount_point.hpp"
#include "service_core.hpp"
#include "session/endpoint_hub.hpp"
#include "shard.hpp"
#include "shard_sweeper.hpp"

#include <algorithm>
#include <utility>

/// What is mounted on a shard, and how that changes.
namespace anywire {

void shard::apply(service_change const& c) {
    for (auto const& m : c.mounts) open_mount(m);
    if (c.bounds) bounds_ = c.bounds;
    auto const old = c.routes ? std::exchange(routes_, c.routes) : nullptr;
    use_bounds();
    if (!old) return;
    for (auto& m : mounts_) m.is_retired = !routes_->serves(*m.mount);
}

void shard::use_bounds() {
    http_ = bounds_->http;
    http_.request.body = routes_->largest_body();
    host_->log_slower_than(limits().slow_event);
    auto* const census = limits().max_sessions_per_address != 0 ? &core_.census : nullptr;
    for (auto const& m : mounts_) m.sessions->count_in(census);
}

void shard::open_mount(new_mount const& m) {
    auto const sessions = std::make_shared<endpoint_core>(loop(),
                                                          m.mount->app(),
                                                          m.mount->limits(),
                                                          m.record->counters,
                                                          core_.hash_key,
                                                          m.mount->prefix(),
                                                          m.record->numbers[index_].get());
    mounts_.reserve(mounts_.size() + 1);  // nothing throws from here on that would leave a half
    m.hub->add_part(index_, *sessions);
    mounts_.push_back({sessions, m.mount, m.hub});
    m.mount->open_part(*this, *sessions);
}

void shard::close_mount(held_mount m) {
    auto const is_last = m.mount->close_part(*this);
    m.hub->drop_part(index_, *m.sessions, m.mount->carries_binary());
    m.sessions->close();
    if (is_last) core_.forget(*m.mount);
}

void shard::watch_retired() {
    if (*ended_) return;
    auto const is_retired = [](held_mount const& m) { return m.is_retired; };
    if (core_.has_begun && std::none_of(mounts_.begin(), mounts_.end(), is_retired)) return;
    if (!sweeper_) sweeper_ = std::make_unique<sweeper>(*this);
    sweeper_->begin();
}

bool shard::close_retired() {
    if (!core_.has_begun) return true;  // whoever sets up may be adding to them
    auto more = false;
    for (std::size_t i = 0; i < mounts_.size();) {
        auto const& m = mounts_[i];
        // Whoever shares it may have a session to open there.
        if (!m.is_retired || !m.sessions->is_empty() || m.sessions.use_count() != 1) {
            more = more || m.is_retired;
            ++i;
            continue;
        }
        auto gone = std::move(mounts_[i]);
        mounts_.erase(mounts_.begin() + static_cast<std::ptrdiff_t>(i));
        close_mount(std::move(gone));
    }
    return more;
}

}  // namespace anywire
