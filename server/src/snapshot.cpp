#include "snapshot.hpp"

#include <anywire/service.hpp>

#include "service_core.hpp"
#include "session/endpoint_numbers.hpp"
#include "shard.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <mutex>
#include <stdexcept>

namespace anywire {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;

using causes = std::vector<std::pair<refusal_cause, std::uint64_t>>;

causes causes_between(std::size_t first, std::size_t end) {
    causes all;
    for (auto i = first; i < end; ++i) all.emplace_back(static_cast<refusal_cause>(i), 0);
    return all;
}

traffic_numbers& traffic_of(mount_numbers& m, endpoint_numbers::row const& row) {
    for (auto& t : m.traffic)
        if (t.transport == row.transport() && t.dialect == row.dialect()) return t;
    m.traffic.push_back({.dialect = std::string(row.dialect()),
                         .transport = std::string(row.transport()),
                         .is_polling = row.shape() == carrier::one_shot});
    return m.traffic.back();
}

void add_row(mount_numbers& m, endpoint_numbers::row const& row) {
    auto& t = traffic_of(m, row);
    t.sessions += row.sessions.value();
    t.carriers += row.carriers.value();
    t.messages_in += row.messages_in.value();
    t.bytes_in += row.bytes_in.value();
    t.messages_out += row.messages_out.value();
    t.bytes_out += row.bytes_out.value();
    m.sessions += row.sessions.value();
    if (t.is_polling) m.polls_waiting += row.carriers.value();
}

void add_shard(mount_numbers& m, endpoint_numbers const& n) {
    m.opened += n.opened.value();
    for (auto& [why, count] : m.closed) count += n.closed[static_cast<std::size_t>(why)].value();
    for (auto& [why, count] : m.refused) count += n.refused[static_cast<std::size_t>(why)].value();
    m.upgrades_tried += n.upgrades_tried.value();
    m.upgrades_done += n.upgrades_done.value();
    m.upgrades_failed += n.upgrades_failed.value();
    m.queued_bytes += n.queued_bytes.value();
    m.dropped += n.dropped.value();
    m.handler_time += n.handler_time.value();
    for (std::size_t i = 0; i < n.rows(); ++i) add_row(m, n.at(i));
}

using records = std::vector<std::shared_ptr<mount_record>>;

mount_numbers numbers_of(mount_record const& mount) {
    mount_numbers m;
    m.path = mount.prefix.empty() ? "/" : mount.prefix;
    m.dialect = mount.dialect;
    for (std::size_t i = 0; i < close_reasons; ++i)
        m.closed.emplace_back(static_cast<close_reason>(i), 0);
    m.refused = causes_between(static_cast<std::size_t>(first_of_mount), refusal_causes);
    for (auto const& n : mount.numbers) add_shard(m, *n);
    return m;
}

shard_numbers numbers_of(records const& all, shard& s) {
    shard_numbers n;
    auto const& loop = s.host().numbers();
    n.loop_delay = loop.delay.value();
    n.slow_events = loop.slow_events.value();
    for (auto const& m : all) {
        auto const& sessions = *m->numbers[s.index()];
        for (std::size_t i = 0; i < sessions.rows(); ++i)
            n.sessions += sessions.at(i).sessions.value();
    }
    return n;
}

void add_shard(service_numbers& all, shard& s) {
    auto const& n = s.numbers();
    auto const& loop = s.host().numbers();
    all.accepted += n.accepted.value();
    all.requests += n.requests.value();
    all.handshakes += n.handshakes.value();
    all.bytes_in += loop.bytes_in.value();
    all.bytes_out += loop.bytes_out.value();
    for (auto& [why, count] : all.refused)
        count += n.refused[static_cast<std::size_t>(why)].value();
}

/// Families of one name become one.
void add_families(number_families& to, number_families some) {
    for (auto& family : some) {
        auto const has_name = [&](number_family const& f) { return f.name == family.name; };
        auto const known = std::find_if(to.begin(), to.end(), has_name);
        if (known == to.end())
            to.push_back(std::move(family));
        else
            std::move(
                family.samples.begin(), family.samples.end(), std::back_inserter(known->samples));
    }
}

number_families numbers_of_others(service_core const& core) {
    std::vector<number_source> sources;
    {
        std::scoped_lock const lock(core.mutex);
        sources = core.more_numbers;
    }
    number_families all;
    for (auto const& source : sources) {
        number_families some;
        try {
            source(some);
        } catch (...) {
            continue;  // whoever reads may be on any thread: there is no log for him
        }
        add_families(all, std::move(some));
    }
    return all;
}

}  // namespace

service_numbers take_snapshot(service_core const& core) {
    service_numbers all;
    all.connections = core.connections.load(relaxed) + core.moving.load(relaxed);
    all.parked_requests = core.parked.load(relaxed);
    all.is_draining = core.draining.load(relaxed);
    all.refused = causes_between(0, static_cast<std::size_t>(first_of_mount));
    auto const mounts = core.records();
    for (auto const& m : mounts) all.mounts.push_back(numbers_of(*m));
    for (auto const& s : core.shards) {
        add_shard(all, *s);
        all.shards.push_back(numbers_of(mounts, *s));
    }
    all.more = numbers_of_others(core);
    return all;
}

service_numbers service::snapshot() const {
    return take_snapshot(*core_);
}

void service::add_numbers(number_source source) {
    if (!source)
        throw std::invalid_argument("service::add_numbers: the function given to it is empty");
    std::scoped_lock const lock(core_->mutex);
    core_->more_numbers.push_back(std::move(source));
}

}  // namespace anywire
