#include "settings_visitor.hpp"

#include <array>
#include <limits>

namespace anywire::gateway {
namespace {

using namespace std::literals;

// Numbers are shown as one type, whatever the member's is.
template <class T>
void number(settings_visitor& v, std::string_view key, T& to) {
    std::uint64_t n = to;
    v.number(key, n, std::numeric_limits<T>::max());
    to = static_cast<T>(n);
}

void size(settings_visitor& v, std::string_view key, std::size_t& to) {
    std::uint64_t n = to;
    v.size(key, n, std::numeric_limits<std::size_t>::max());
    to = static_cast<std::size_t>(n);
}

/// For enumerations that begin with 0 and have no gaps.
template <class Enum, std::size_t N>
void choice(settings_visitor& v,
            std::string_view key,
            Enum& to,
            std::array<std::string_view, N> const& names) {
    auto i = static_cast<std::size_t>(to);
    v.choice(key, i, names);
    to = static_cast<Enum>(i);
}

template <class Item, class Make, class Show>
void list(settings_visitor& v,
          std::string_view key,
          std::vector<Item>& to,
          Make make,
          Show show,
          std::string_view short_key = {},
          std::string_view short_item = {}) {
    auto const size = v.begin_list(key, to.size(), short_key, short_item);
    while (to.size() > size) to.pop_back();
    while (to.size() < size) to.push_back(make());
    for (std::size_t i = 0; i < size; ++i) {
        v.begin_item(i);
        show(to[i]);
        v.end_item();
    }
    v.end_list();
}

void visit_proxy_protocol(settings_visitor& v, proxy_protocol& to) {
    bool is_on = to == proxy_protocol::required;
    v.flag("proxy_protocol", is_on);
    to = is_on ? proxy_protocol::required : proxy_protocol::off;
}

void visit_tls(settings_visitor& v, tls_options& t) {
    v.begin_table("tls");
    v.text("certificate", t.certificate);
    v.text("key", t.key);
    choice(v, "clients", t.clients, std::array{"off"sv, "optional"sv, "required"sv});
    v.text("client_ca", t.client_ca);
    choice(v, "oldest", t.oldest, std::array{"1.2"sv, "1.3"sv});
    v.text("ciphers", t.ciphers);
    v.text("cipher_suites", t.cipher_suites);
    list(
        v,
        "more",
        t.more,
        [] { return tls_certificate{}; },
        [&v](tls_certificate& c) {
            v.text("certificate", c.certificate);
            v.text("key", c.key);
            v.texts("names", c.names);
        });
    v.end_table();
}

void visit_listeners(settings_visitor& v, gateway_settings& s) {
    list(
        v,
        "listen",
        s.listeners,
        [] { return listener_options{}; },
        [&v](listener_options& l) {
            v.text("address", l.address);
            number(v, "port", l.port);
            v.text("path", l.path);
            v.mode("mode", l.mode);
            visit_proxy_protocol(v, l.proxy_protocol);
            visit_tls(v, l.tls);
        });
    list(
        v,
        "systemd",
        s.systemd,
        [] { return systemd_settings{}; },
        [&v](systemd_settings& l) {
            v.text("name", l.name);
            visit_proxy_protocol(v, l.proxy_protocol);
            visit_tls(v, l.tls);
        });
}

void visit_access_file(settings_visitor& v, std::string& to) {
    auto written = to.empty() ? "-"s : to == "-" ? "off"s : to;
    v.text("access_file", written);
    to = access_file_from(written);
}

void visit_limits(settings_visitor& v, server_limits& l) {
    v.begin_table("limits");
    number(v, "max_connections", l.max_connections);
    number(v, "max_connections_per_address", l.max_connections_per_address);
    number(v, "max_sessions", l.max_sessions);
    number(v, "max_sessions_per_address", l.max_sessions_per_address);
    number(v, "max_parked_requests", l.max_parked_requests);
    number(v, "max_handshakes_per_second", l.max_handshakes_per_second);
    number(v, "max_handshakes_per_second_per_address", l.max_handshakes_per_second_per_address);
    v.duration("handshake_burst", l.handshake_burst);
    size(v, "max_queued_total", l.max_queued_total);
    size(v, "header", l.header);
    number(v, "header_fields", l.header_fields);
    size(v, "chunk_overhead", l.chunk_overhead);
    v.duration("tls_handshake", l.tls_handshake);
    v.duration("request_head", l.request_head);
    v.duration("request_body", l.request_body);
    v.duration("keep_alive", l.keep_alive);
    v.duration("slow_event", l.slow_event);
    v.end_table();
}

void visit_operation(settings_visitor& v, gateway_settings& s) {
    v.begin_table("admin");
    v.text("address", s.admin.address);
    number(v, "port", s.admin.port);
    v.text("path", s.admin.path);
    v.end_table();

    v.begin_table("log");
    choice(v, "format", s.log.format, std::array{"text"sv, "json"sv});
    choice(v, "level", s.log.level, std::array{"error"sv, "info"sv, "debug"sv});
    visit_access_file(v, s.log.access_file);
    v.end_table();

    visit_limits(v, s.limits);

    v.begin_table("site");
    v.text("files", s.site.files);
    v.text("pass_to", s.site.pass_to);
    size(v, "max_body", s.site.max_body);
    v.duration("timeout", s.site.timeout);
    v.flag("shim", s.site.shim);
    v.end_table();
}

void visit_health(settings_visitor& v, health_settings& h) {
    v.begin_table("health");
    number(v, "max_failures", h.max_failures);
    v.duration("retry_after", h.retry_after);
    v.duration("check_interval", h.check_interval);
    v.duration("check_timeout", h.check_timeout);
    v.text("check_path", h.check_path);
    number(v, "fall", h.fall);
    number(v, "rise", h.rise);
    v.duration("slow_start", h.slow_start);
    v.end_table();
}

void visit_forward(settings_visitor& v, forward_settings& f) {
    v.begin_table("forward");
    v.texts("headers", f.headers);
    v.pairs("set", f.set);
    v.flag("x_forwarded", f.x_forwarded);
    v.flag("forwarded", f.forwarded);
    v.flag("session_fields", f.session_fields);
    v.flag("subprotocols", f.subprotocols);
    v.texts("default_subprotocols", f.default_subprotocols);
    v.flag("set_cookie", f.set_cookie);
    choice(v, "proxy", f.proxy, std::array{"none"sv, "v1"sv, "v2"sv});
    v.end_table();
}

void visit_loss(settings_visitor& v, loss_settings& l) {
    v.begin_table("loss");
    v.duration("hold", l.hold);
    size(v, "max_held_bytes", l.max_held_bytes);
    auto code = static_cast<std::uint16_t>(l.code);
    number(v, "code", code);
    l.code = static_cast<close_code>(code);
    v.text("reason", l.reason);
    v.end_table();
}

void visit_kinds(settings_visitor& v, route_settings& r) {
    v.begin_table("stream");
    choice(v, "framing", r.stream.framing, std::array{"lines"sv, "length32"sv});
    v.flag("binary", r.stream.binary);
    v.end_table();

    v.begin_table("program");
    v.text("folder", r.program.folder);
    v.pairs("environment", r.program.environment);
    number(v, "max_processes", r.program.max_processes);
    v.duration("end_grace", r.program.end_grace);
    v.end_table();

    v.begin_table("hooks");
    v.text("publish_path", r.hooks.publish_path);
    v.secret("publish_secret", r.hooks.publish_secret);
    v.secret("secret", r.hooks.secret);
    v.duration("timeout", r.hooks.timeout);
    number(v, "max_in_flight", r.hooks.max_in_flight);
    v.end_table();
}

void visit_session_limits(settings_visitor& v, session_limits& l) {
    v.begin_table("limits");
    size(v, "max_message", l.max_message);
    number(v, "max_sessions", l.max_sessions);
    size(v, "max_queued_bytes", l.max_queued_bytes);
    size(v, "max_burst_bytes", l.max_burst_bytes);
    v.duration("burst_grace", l.burst_grace);
    choice(v,
           "overflow",
           l.overflow,
           std::array{"close"sv, "refuse"sv, "drop_oldest"sv, "drop_newest"sv});
    number(v, "max_messages_per_second", l.max_messages_per_second);
    number(v, "message_burst", l.message_burst);
    size(v, "max_bytes_per_second", l.max_bytes_per_second);
    size(v, "byte_burst", l.byte_burst);
    number(v, "max_fragments", l.max_fragments);
    v.duration("write_stall", l.write_stall);
    v.duration("close_handshake", l.close_handshake);
    v.end_table();
}

void visit_route(settings_visitor& v, route_settings& r) {
    v.text("path", r.path);
    v.flags("fronts",
            std::array{named_flag{"sockjs", &r.sockjs},
                       named_flag{"engineio", &r.engineio},
                       named_flag{"websocket", &r.websocket}});
    v.texts("origins", r.origins);
    v.duration("connect_timeout", r.connect_timeout);
    v.duration("ping_interval", r.ping_interval);
    v.text("backend_ca", r.backend_ca);
    v.flag("backend_verify", r.backend_verify);
    v.duration("heartbeat", r.heartbeat);
    v.duration("heartbeat_timeout", r.heartbeat_timeout);
    v.flag("compress", r.compress);
    v.text("sockjs_url", r.sockjs_url);
    v.flag("sockjs_cookie", r.sockjs_cookie);
    v.flag("sockjs_websocket", r.sockjs_websocket);
    size(v, "sockjs_response_limit", r.sockjs_response_limit);
    v.flag("sockjs_base64", r.sockjs_base64);
    v.flag("jsonp", r.jsonp);
    v.flag("eio3", r.eio3);
    v.text("engineio_cookie", r.engineio_cookie);
    list(
        v,
        "backend",
        r.backends,
        [] { return backend_address{}; },
        [&v](backend_address& b) {
            v.text("url", b.url);
            number(v, "weight", b.weight);
        },
        "backends",
        "url");
    visit_health(v, r.health);
    visit_forward(v, r.forward);
    visit_loss(v, r.loss);
    visit_kinds(v, r);
    visit_session_limits(v, r.limits);
}

}  // namespace

std::string access_file_from(std::string_view written) {
    return std::string(written == "-" ? ""sv : written == "off" ? "-"sv : written);
}

route_settings default_route() {
    route_settings r;
    r.sockjs = r.engineio = r.websocket = true;
    return r;
}

void visit(gateway_settings& s, settings_visitor& v) {
    number(v, "threads", s.threads);
    v.duration("drain", s.drain);
    v.duration("drain_spread", s.drain_spread);
    v.duration("drain_delay", s.drain_delay);
    v.texts("trusted_proxies", s.trusted_proxies);
    choice(v, "proxy_style", s.proxy_style, std::array{"any"sv, "x_forwarded"sv, "forwarded"sv});
    v.texts("hosts", s.hosts);
    visit_listeners(v, s);
    visit_operation(v, s);
    list(v, "route", s.routes, default_route, [&v](route_settings& r) { visit_route(v, r); });
}

}  // namespace anywire::gateway
