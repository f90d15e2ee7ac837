#include "metrics_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <span>

namespace anywire {
namespace {

using label = std::pair<std::string_view, std::string_view>;
using labels = std::initializer_list<label>;

void append_escaped(std::string& out, std::string_view value, bool escapes_quotes) {
    for (auto const c : value) {
        if (c == '\n') {
            out.append("\\n");
            continue;
        }
        if (c == '\\' || (c == '"' && escapes_quotes)) out.push_back('\\');
        out.push_back(c);
    }
}

std::string text_of(double value) {
    std::array<char, 32> digits;
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return {digits.data(), end};
}

double in_seconds(std::chrono::nanoseconds time) {
    return std::chrono::duration<double>(time).count();
}

/// Writes families of metrics, one after the other.
class writer {
public:
    explicit writer(bool is_open) : is_open_(is_open) {}

    /// Begins a family: `name` is without "_total", and ends with `unit` where there is one.
    void family(std::string_view name,
                std::string_view type,
                std::string_view unit,
                std::string_view help) {
        begin(std::string("anywire_").append(name), type, unit, help);
    }
    void family(number_family const& f) {
        auto const is_counter = f.is == number_family::kind::counter;
        auto const is_of_bytes = f.name.ends_with("_bytes");
        begin(f.name, is_counter ? "counter" : "gauge", is_of_bytes ? "bytes" : "", f.help);
        std::vector<label> with;
        for (auto const& s : f.samples) {
            with.assign(s.labels.begin(), s.labels.end());
            sample(is_counter_ ? "_total" : "", with, {}, std::to_string(s.value));
        }
    }
    void sample(labels with, std::uint64_t value) {
        sample(is_counter_ ? "_total" : "", span_of(with), {}, std::to_string(value));
    }
    void histogram(labels with, duration_histogram const& h) {
        std::uint64_t below = 0;
        for (std::size_t i = 0; i < duration_histogram::bounds; ++i) {
            below += h.buckets[i];
            auto const le = text_of(in_seconds(duration_histogram::bound(i)));
            sample("_bucket", span_of(with), {"le", le}, std::to_string(below));
        }
        auto const all = std::to_string(h.count());
        sample("_bucket", span_of(with), {"le", "+Inf"}, all);
        sample("_count", span_of(with), {}, all);
        sample("_sum", span_of(with), {}, text_of(in_seconds(h.sum)));
    }
    std::string take() {
        if (is_open_) out_.append("# EOF\n");
        return std::move(out_);
    }

private:
    static std::span<label const> span_of(labels with) noexcept {
        return {with.begin(), with.size()};
    }
    void begin(std::string name,
               std::string_view type,
               std::string_view unit,
               std::string_view help) {
        name_ = std::move(name);
        is_counter_ = type == "counter";
        // OpenMetrics names the family of a counter, the older format the counter itself.
        auto const named = is_counter_ && !is_open_ ? name_ + "_total" : name_;
        out_.append("# HELP ").append(named).append(1, ' ');
        append_escaped(out_, help, is_open_);
        out_.append("\n# TYPE ").append(named).append(1, ' ').append(type).append(1, '\n');
        if (is_open_ && !unit.empty())
            out_.append("# UNIT ").append(named).append(1, ' ').append(unit).append(1, '\n');
    }
    void sample(std::string_view suffix,
                std::span<label const> with,
                label last,
                std::string_view value) {
        out_.append(name_).append(suffix);
        auto before = '{';
        auto const add = [&](label const& l) {
            out_.append(1, before).append(l.first).append("=\"");
            append_escaped(out_, l.second, true);
            out_.push_back('"');
            before = ',';
        };
        for (auto const& l : with)
            if (!l.first.empty()) add(l);
        if (!last.first.empty()) add(last);
        if (before == ',') out_.push_back('}');
        out_.append(1, ' ').append(value).append(1, '\n');
    }

    bool is_open_;
    bool is_counter_ = false;
    std::string name_{};
    std::string out_{};
};

// -- of the service -------------------------------------------------------------------------------

void write_service(writer& to, service_numbers const& n) {
    auto const one = [&](std::string_view name,
                         std::string_view type,
                         std::string_view help,
                         std::uint64_t value) {
        to.family(name, type, {}, help);
        to.sample({}, value);
    };
    one("connections", "gauge", "Connections that are open.", n.connections);
    one("connections_accepted", "counter", "Connections that listeners have let in.", n.accepted);
    to.family("refused", "counter", {}, "Connections and requests that no mount has seen.");
    for (auto const& [why, count] : n.refused) to.sample({{"cause", to_string(why)}}, count);
    one("requests_parked", "gauge", "Requests that wait for their answers.", n.parked_requests);
    one("requests", "counter", "Whole requests, whoever answered them.", n.requests);
    one("handshakes", "counter", "Requests for a session, whatever became of them.", n.handshakes);
    to.family("network_bytes", "counter", "bytes", "Bytes of all connections, without TLS.");
    to.sample({{"direction", "in"}}, n.bytes_in);
    to.sample({{"direction", "out"}}, n.bytes_out);
    one("draining", "gauge", "1 from the beginning of a drain or a stop.", n.is_draining ? 1 : 0);
}

template <class Write>
void each_shard(service_numbers const& n, Write write) {
    for (std::size_t i = 0; i < n.shards.size(); ++i) {
        auto const name = std::to_string(i);
        write(std::string_view{name}, n.shards[i]);
    }
}

void write_shards(writer& to, service_numbers const& n) {
    using numbers = shard_numbers const&;
    using name = std::string_view;
    to.family("shard_sessions", "gauge", {}, "Sessions of a shard.");
    each_shard(n, [&](name s, numbers x) { to.sample({{"shard", s}}, x.sessions); });
    to.family("slow_events", "counter", {}, "Events that held a shard longer than slow_event.");
    each_shard(n, [&](name s, numbers x) { to.sample({{"shard", s}}, x.slow_events); });
    to.family("loop_delay_seconds", "histogram", "seconds", "How late a shard's timers came.");
    each_shard(n, [&](name s, numbers x) { to.histogram({{"shard", s}}, x.loop_delay); });
}

// -- of the mounts --------------------------------------------------------------------------------

using mounts = std::vector<mount_numbers>;

/// Which of the mounts at a shared path it is; no label where the path is its own.
label which(mounts const& all, mount_numbers const& m) noexcept {
    auto const at_its_path = [&](mount_numbers const& other) { return other.path == m.path; };
    if (std::count_if(all.begin(), all.end(), at_its_path) == 1) return {};
    return {"speaks", m.dialect};
}

void write_ends(writer& to, mounts const& all) {
    to.family("sessions_opened", "counter", {}, "Sessions that were opened.");
    for (auto const& m : all) to.sample({{"mount", m.path}, which(all, m)}, m.opened);
    to.family("sessions_closed", "counter", {}, "Sessions that have ended, by close_reason.");
    for (auto const& m : all)
        for (auto const& [why, count] : m.closed)
            to.sample({{"mount", m.path}, which(all, m), {"reason", to_string(why)}}, count);
    to.family("sessions_refused", "counter", {}, "Clients that were not let in, by cause.");
    for (auto const& m : all)
        for (auto const& [why, count] : m.refused)
            to.sample({{"mount", m.path}, which(all, m), {"cause", to_string(why)}}, count);
    to.family("upgrades_tried", "counter", {}, "Upgrades from polling that have begun.");
    for (auto const& m : all) to.sample({{"mount", m.path}, which(all, m)}, m.upgrades_tried);
    to.family("upgrades_ended", "counter", {}, "Upgrades from polling, by what became of them.");
    for (auto const& m : all) {
        to.sample({{"mount", m.path}, which(all, m), {"outcome", "done"}}, m.upgrades_done);
        to.sample({{"mount", m.path}, which(all, m), {"outcome", "failed"}}, m.upgrades_failed);
    }
}

void write_load(writer& to, mounts const& all) {
    to.family("polls_waiting", "gauge", {}, "Polls that wait for a message to answer with.");
    for (auto const& m : all) to.sample({{"mount", m.path}, which(all, m)}, m.polls_waiting);
    to.family("queued_bytes", "gauge", "bytes", "Bytes that wait to be sent.");
    for (auto const& m : all) to.sample({{"mount", m.path}, which(all, m)}, m.queued_bytes);
    to.family("messages_dropped", "counter", {}, "Messages that overflow policies have dropped.");
    for (auto const& m : all) to.sample({{"mount", m.path}, which(all, m)}, m.dropped);
    to.family("handler_seconds", "histogram", "seconds", "Handlers, in one event of 17.");
    for (auto const& m : all) to.histogram({{"mount", m.path}, which(all, m)}, m.handler_time);
}

void write_traffic(writer& to, mounts const& all) {
    auto const each = [&](auto write) {
        for (auto const& m : all)
            for (auto const& t : m.traffic) write(m, t);
    };
    using numbers = traffic_numbers const&;
    using mount = mount_numbers const&;
    auto const gauge = [&](std::string_view name, std::string_view help, auto member) {
        to.family(name, "gauge", {}, help);
        each([&](mount m, numbers t) {
            to.sample({{"mount", m.path},
                       which(all, m),
                       {"dialect", t.dialect},
                       {"transport", t.transport}},
                      t.*member);
        });
    };
    auto const both_ways = [&](std::string_view name,
                               std::string_view unit,
                               std::string_view help,
                               auto in,
                               auto out) {
        to.family(name, "counter", unit, help);
        each([&](mount m, numbers t) {
            for (auto const& [way, member] : {std::pair{"in", in}, std::pair{"out", out}})
                to.sample({{"mount", m.path},
                           which(all, m),
                           {"dialect", t.dialect},
                           {"transport", t.transport},
                           {"direction", way}},
                          t.*member);
        });
    };
    gauge("sessions", "Sessions, by the last carrier they had.", &traffic_numbers::sessions);
    gauge("carriers", "WebSockets, streams and polls that carry one.", &traffic_numbers::carriers);
    both_ways("messages",
              {},
              "Messages of the application.",
              &traffic_numbers::messages_in,
              &traffic_numbers::messages_out);
    both_ways("message_bytes",
              "bytes",
              "Payload of the application's messages.",
              &traffic_numbers::bytes_in,
              &traffic_numbers::bytes_out);
}

}  // namespace

std::string to_metrics_text(service_numbers const& n, bool is_open) {
    writer to(is_open);
    write_service(to, n);
    write_shards(to, n);
    write_traffic(to, n.mounts);
    write_ends(to, n.mounts);
    write_load(to, n.mounts);
    for (auto const& family : n.more) to.family(family);
    return to.take();
}

std::string to_text(service_numbers const& n, metrics_format as) {
    if (as == metrics_format::json) return to_metrics_json(n);
    return to_metrics_text(n, as == metrics_format::openmetrics);
}

}  // namespace anywire
