#include <anywire/json/writer.hpp>

#include "metrics_text.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace anywire {
namespace {

using writer = json_writer;

void put(writer& to, std::string_view name, std::uint64_t n) {
    to.key(name);
    to.number(n);
}
void put(writer& to, std::string_view name, double x) {
    to.key(name);
    to.number(x);
}
void put(writer& to, std::string_view name, bool is) {
    to.key(name);
    to.boolean(is);
}
void put(writer& to, std::string_view name, std::string const& text) {
    to.key(name);
    to.string(text);
}
void write(writer& to, traffic_numbers const& t);
void write(writer& to, mount_numbers const& m);
void write(writer& to, shard_numbers const& s);
void write(writer& to, number_family::sample const& s);
template <class All>
void put_all(writer& to, std::string_view name, All const& all) {
    to.key(name);
    to.begin_array();
    for (auto const& one : all) write(to, one);
    to.end_array();
}

double in_seconds(std::chrono::nanoseconds time) {
    return std::chrono::duration<double>(time).count();
}

void put(writer& to, std::string_view name, duration_histogram const& h) {
    to.key(name);
    to.begin_object();
    put(to, "count", h.count());
    put(to, "sum", in_seconds(h.sum));
    to.key("buckets");
    to.begin_array();
    for (std::size_t i = 0; i <= duration_histogram::bounds; ++i) {
        if (h.buckets[i] == 0) continue;
        to.begin_object();
        if (i < duration_histogram::bounds) put(to, "le", in_seconds(duration_histogram::bound(i)));
        put(to, "count", h.buckets[i]);
        to.end_object();
    }
    to.end_array();
    to.end_object();
}

template <class Counts>
void write_counts(writer& to, std::string_view name, Counts const& counts) {
    to.key(name);
    to.begin_object();
    for (auto const& [why, count] : counts) put(to, to_string(why), count);
    to.end_object();
}

void write(writer& to, traffic_numbers const& t) {
    to.begin_object();
    put(to, "dialect", t.dialect);
    put(to, "transport", t.transport);
    put(to, "is_polling", t.is_polling);
    put(to, "sessions", t.sessions);
    put(to, "carriers", t.carriers);
    put(to, "messages_in", t.messages_in);
    put(to, "bytes_in", t.bytes_in);
    put(to, "messages_out", t.messages_out);
    put(to, "bytes_out", t.bytes_out);
    to.end_object();
}

void write(writer& to, mount_numbers const& m) {
    to.begin_object();
    put(to, "path", m.path);
    put(to, "dialect", m.dialect);
    put(to, "sessions", m.sessions);
    put(to, "opened", m.opened);
    write_counts(to, "closed", m.closed);
    write_counts(to, "refused", m.refused);
    put(to, "upgrades_tried", m.upgrades_tried);
    put(to, "upgrades_done", m.upgrades_done);
    put(to, "upgrades_failed", m.upgrades_failed);
    put(to, "queued_bytes", m.queued_bytes);
    put(to, "dropped", m.dropped);
    put(to, "polls_waiting", m.polls_waiting);
    put(to, "handler_time", m.handler_time);
    put_all(to, "traffic", m.traffic);
    to.end_object();
}

void write(writer& to, shard_numbers const& s) {
    to.begin_object();
    put(to, "sessions", s.sessions);
    put(to, "loop_delay", s.loop_delay);
    put(to, "slow_events", s.slow_events);
    to.end_object();
}

void write(writer& to, number_family::sample const& s) {
    to.begin_object();
    for (auto const& [name, value] : s.labels) put(to, name, value);
    put(to, "value", s.value);
    to.end_object();
}

}  // namespace

std::string to_metrics_json(service_numbers const& n) {
    std::string out;
    writer to(out);
    to.begin_object();
    put(to, "connections", n.connections);
    put(to, "accepted", n.accepted);
    put(to, "parked_requests", n.parked_requests);
    put(to, "requests", n.requests);
    put(to, "handshakes", n.handshakes);
    put(to, "bytes_in", n.bytes_in);
    put(to, "bytes_out", n.bytes_out);
    put(to, "is_draining", n.is_draining);
    write_counts(to, "refused", n.refused);
    put_all(to, "mounts", n.mounts);
    put_all(to, "shards", n.shards);
    to.key("more");
    to.begin_object();
    for (auto const& family : n.more) put_all(to, family.name, family.samples);
    to.end_object();
    to.end_object();
    return out;
}

}  // namespace anywire
