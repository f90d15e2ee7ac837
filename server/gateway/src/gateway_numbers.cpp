#include "gateway_numbers.hpp"

#include <anywire/json/writer.hpp>

#include <algorithm>

namespace anywire::gateway {
namespace {

struct label {
    std::string_view name;
    std::string_view value;
};

/// Writes series in the text formats, which are one but for the ending of counters' metadata.
class series_writer {
public:
    series_writer(std::string& out, metrics_format as) : out_(out), as_(as) {}

    void gauge(std::string_view name, std::string_view help) { describe(name, help, "gauge"); }
    /// Its samples end in "_total".
    void counter(std::string_view name, std::string_view help) { describe(name, help, "counter"); }
    void sample(std::initializer_list<label> labels, std::uint64_t value) {
        out_.append(name_);
        auto separator = '{';
        for (auto const& l : labels) {
            out_.push_back(separator);
            separator = ',';
            out_.append(l.name).append("=\"");
            append_escaped(l.value);
            out_.push_back('"');
        }
        out_.append(labels.size() == 0 ? " " : "} ").append(std::to_string(value)).append("\n");
    }

private:
    void describe(std::string_view name, std::string_view help, std::string_view type) {
        auto const is_counter = type == "counter";
        name_ = std::string(name).append(is_counter ? "_total" : "");
        auto const family = as_ == metrics_format::openmetrics ? name : std::string_view(name_);
        out_.append("# HELP ").append(family).append(" ").append(help).append("\n# TYPE ");
        out_.append(family).append(" ").append(type).append("\n");
    }
    void append_escaped(std::string_view value) {
        for (auto const c : value) {
            if (c == '\n') {
                out_.append("\\n");
                continue;
            }
            if (c == '"' || c == '\\') out_.push_back('\\');
            out_.push_back(c);
        }
    }

    std::string& out_;
    metrics_format as_;
    std::string name_{};
};

template <class Value>
void write_routes(series_writer& to, gateway_numbers const& n, Value value) {
    for (auto const& r : n.routes) to.sample({{"route", r.path}}, value(r));
}
template <class Value>
void write_backends(series_writer& to, gateway_numbers const& n, Value value) {
    for (auto const& r : n.routes)
        for (auto const& b : r.backends)
            to.sample({{"route", r.path}, {"backend", b.name}}, value(b));
}

void write_series(std::string& out, gateway_numbers const& n, metrics_format as) {
    series_writer to(out, as);
    to.gauge("anywire_gateway_links", "Ways to backends now, open or being opened.");
    write_routes(to, n, [](route_numbers const& r) { return r.links; });
    to.counter("anywire_gateway_refused", "Clients refused by a backend, or for want of one.");
    write_routes(to, n, [](route_numbers const& r) { return r.refused; });
    to.counter("anywire_gateway_lost", "Sessions whose backend went without a goodbye.");
    write_routes(to, n, [](route_numbers const& r) { return r.lost; });
    to.counter("anywire_gateway_resumed", "Lost sessions that got another connection.");
    write_routes(to, n, [](route_numbers const& r) { return r.resumed; });

    to.gauge("anywire_gateway_backend_up", "Whether a backend is healthy.");
    write_backends(to, n, [](upstream_numbers const& b) { return b.is_healthy ? 1u : 0u; });
    to.gauge("anywire_gateway_backend_sessions", "Sessions on a backend now.");
    write_backends(to, n, [](upstream_numbers const& b) { return b.sessions; });
    to.counter("anywire_gateway_backend_opened", "Sessions that a backend has taken.");
    write_backends(to, n, [](upstream_numbers const& b) { return b.opened; });
    to.counter("anywire_gateway_backend_failed", "Attempts to open a session that failed.");
    write_backends(to, n, [](upstream_numbers const& b) { return b.failed; });
    to.counter("anywire_gateway_backend_lost", "Sessions whose connection to a backend broke.");
    write_backends(to, n, [](upstream_numbers const& b) { return b.lost; });
}

void put(json_writer& to, std::string_view name, std::uint64_t n) {
    to.key(name);
    to.number(n);
}
void put(json_writer& to, std::string_view name, std::string const& text) {
    to.key(name);
    to.string(text);
}

void write(json_writer& to, upstream_numbers const& b) {
    to.begin_object();
    put(to, "url", b.name);
    to.key("healthy");
    to.boolean(b.is_healthy);
    put(to, "sessions", b.sessions);
    put(to, "opened", b.opened);
    put(to, "failed", b.failed);
    put(to, "lost", b.lost);
    put(to, "last_failure", b.last_failure);
    to.end_object();
}

void write(json_writer& to, route_numbers const& r) {
    to.begin_object();
    put(to, "path", r.path);
    put(to, "links", r.links);
    put(to, "refused", r.refused);
    put(to, "lost", r.lost);
    put(to, "resumed", r.resumed);
    to.key("backends");
    to.begin_array();
    for (auto const& b : r.backends) write(to, b);
    to.end_array();
    to.end_object();
}

std::string to_json(gateway_numbers const& n) {
    auto service = to_text(n.service, metrics_format::json);
    while (!service.empty() && (service.back() == '\n' || service.back() == ' '))
        service.pop_back();
    std::string out;
    json_writer to(out);
    to.begin_object();
    put(to, "version", n.version);
    put(to, "uptime", static_cast<std::uint64_t>(n.uptime.count()));
    to.key("ready");
    to.boolean(is_ready(n));
    to.key("routes");
    to.begin_array();
    for (auto const& r : n.routes) write(to, r);
    to.end_array();
    to.end_object();
    out.pop_back();
    return out.append(",\"service\":").append(service).append("}\n");
}

}  // namespace

bool is_ready(gateway_numbers const& n) noexcept {
    auto const is_served = [](route_numbers const& r) {
        return r.backends.empty() ||
               std::any_of(r.backends.begin(), r.backends.end(), [](upstream_numbers const& b) {
                   return b.is_healthy;
               });
    };
    return !n.is_leaving && std::all_of(n.routes.begin(), n.routes.end(), is_served);
}

std::string to_metrics(gateway_numbers const& n, metrics_format as) {
    if (as == metrics_format::json) return to_json(n);
    constexpr std::string_view end = "# EOF\n";
    auto out = to_text(n.service, as);
    auto const has_end = std::string_view(out).ends_with(end);
    if (has_end) out.resize(out.size() - end.size());
    write_series(out, n, as);
    return has_end ? out.append(end) : out;
}

}  // namespace anywire::gateway
