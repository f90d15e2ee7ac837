#include "core/json_string.hpp"
#include "metrics_text.hpp"

#include <array>
#include <charconv>
#include <chrono>

namespace anywire {
namespace {

/// Writes JSON, members in their order.
class writer {
public:
    void open(char bracket) {
        separate();
        out_.push_back(bracket);
        is_first_ = true;
    }
    void close(char bracket) {
        out_.push_back(bracket);
        is_first_ = false;
    }
    void key(std::string_view name) {
        separate();
        append_json_string(out_, name);
        out_.push_back(':');
        is_first_ = true;  // its value has no comma before it
    }
    void value(std::uint64_t n) {
        separate();
        out_.append(std::to_string(n));
    }
    void value(bool is) {
        separate();
        out_.append(is ? "true" : "false");
    }
    void value(double x) {
        separate();
        std::array<char, 32> digits;
        auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), x).ptr;
        out_.append(digits.data(), end);
    }
    void value(std::string_view text) {
        separate();
        append_json_string(out_, text);
    }
    template <class T>
    void member(std::string_view name, T const& v) {
        key(name);
        value(v);
    }
    std::string take() { return std::move(out_); }

private:
    void separate() {
        if (!is_first_) out_.push_back(',');
        is_first_ = false;
    }

    std::string out_{};
    bool is_first_ = true;
};

double in_seconds(std::chrono::nanoseconds time) {
    return std::chrono::duration<double>(time).count();
}

void write(writer& to, std::string_view name, duration_histogram const& h) {
    to.key(name);
    to.open('{');
    to.member("count", h.count());
    to.member("sum", in_seconds(h.sum));
    to.key("buckets");
    to.open('[');
    for (std::size_t i = 0; i <= duration_histogram::bounds; ++i) {
        if (h.buckets[i] == 0) continue;
        to.open('{');
        if (i < duration_histogram::bounds)
            to.member("le", in_seconds(duration_histogram::bound(i)));
        to.member("count", h.buckets[i]);
        to.close('}');
    }
    to.close(']');
    to.close('}');
}

template <class Counts>
void write_counts(writer& to, std::string_view name, Counts const& counts) {
    to.key(name);
    to.open('{');
    for (auto const& [why, count] : counts) to.member(to_string(why), count);
    to.close('}');
}

void write(writer& to, traffic_numbers const& t) {
    to.open('{');
    to.member("dialect", std::string_view{t.dialect});
    to.member("transport", std::string_view{t.transport});
    to.member("is_polling", t.is_polling);
    to.member("sessions", t.sessions);
    to.member("carriers", t.carriers);
    to.member("messages_in", t.messages_in);
    to.member("bytes_in", t.bytes_in);
    to.member("messages_out", t.messages_out);
    to.member("bytes_out", t.bytes_out);
    to.close('}');
}

void write(writer& to, mount_numbers const& m) {
    to.open('{');
    to.member("path", std::string_view{m.path});
    to.member("sessions", m.sessions);
    to.member("opened", m.opened);
    write_counts(to, "closed", m.closed);
    write_counts(to, "refused", m.refused);
    to.member("upgrades_tried", m.upgrades_tried);
    to.member("upgrades_done", m.upgrades_done);
    to.member("upgrades_failed", m.upgrades_failed);
    to.member("queued_bytes", m.queued_bytes);
    to.member("dropped", m.dropped);
    to.member("polls_waiting", m.polls_waiting);
    write(to, "handler_time", m.handler_time);
    to.key("traffic");
    to.open('[');
    for (auto const& t : m.traffic) write(to, t);
    to.close(']');
    to.close('}');
}

void write(writer& to, shard_numbers const& s) {
    to.open('{');
    to.member("sessions", s.sessions);
    write(to, "loop_delay", s.loop_delay);
    to.member("slow_events", s.slow_events);
    to.close('}');
}

}  // namespace

std::string to_metrics_json(service_numbers const& n) {
    writer to;
    to.open('{');
    to.member("connections", n.connections);
    to.member("accepted", n.accepted);
    to.member("parked_requests", n.parked_requests);
    to.member("requests", n.requests);
    to.member("handshakes", n.handshakes);
    to.member("bytes_in", n.bytes_in);
    to.member("bytes_out", n.bytes_out);
    to.member("is_draining", n.is_draining);
    write_counts(to, "refused", n.refused);
    to.key("mounts");
    to.open('[');
    for (auto const& m : n.mounts) write(to, m);
    to.close(']');
    to.key("shards");
    to.open('[');
    for (auto const& s : n.shards) write(to, s);
    to.close(']');
    to.close('}');
    return to.take();
}

}  // namespace anywire
