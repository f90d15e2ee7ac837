#include "client/url.hpp"
#include "core/log_text.hpp"
#include "forwarded.hpp"
#include "host_list.hpp"
#include "problem_list.hpp"
#include "settings.hpp"

#include <boost/asio/ip/address.hpp>

#include <map>
#include <span>
#include <string>

namespace anywire::gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t max_socket_path = 107;
constexpr std::size_t most_count = 1u << 30;

// -- where it listens -----------------------------------------------------------------------------

bool is_address(std::string const& text) {
    boost::system::error_code ec;
    boost::asio::ip::make_address(text, ec);
    return !ec;
}

void check_address(problem_list& to, std::string const& key, std::string const& address) {
    if (is_address(address)) return;
    to.add(key + ".address",
           address.empty() ? "the address is empty"
                           : shown(address) + " is not an IP address; names are not resolved",
           address == "localhost" ? "write 127.0.0.1"
                                  : "write 127.0.0.1, or 0.0.0.0 or :: for all of this machine's");
}

void check_path(problem_list& to, std::string const& key, std::string const& path) {
    if (path.size() > max_socket_path)
        to.add(key + ".path",
               "the path of a Unix domain socket has " + std::to_string(path.size()) + " bytes",
               "write one of at most 107");
}

void check_certificate(problem_list& to,
                       std::string const& key,
                       std::string const& certificate,
                       std::string const& private_key) {
    if (!certificate.empty() && private_key.empty())
        to.add(key + ".certificate",
               "the certificate has no key",
               "name the PEM file of its key, too");
    if (certificate.empty() && !private_key.empty())
        to.add(key + ".key",
               "the key has no certificate",
               "name the PEM file of its certificate, too");
}

void check_tls(problem_list& to, std::string const& listener, tls_options const& t) {
    auto const key = listener + ".tls";
    check_certificate(to, key, t.certificate, t.key);
    if (t.clients != client_auth::off && t.client_ca.empty())
        to.add(key + ".clients",
               "clients are to present certificates, and nothing says whose are believed",
               "name a PEM file of issuers as client_ca");
    if (t.clients == client_auth::off && !t.client_ca.empty())
        to.add(key + ".client_ca",
               "client_ca says whose certificates are believed, and clients are asked for none",
               "add clients = \"required\" or \"optional\", or leave client_ca out");
    if (t.certificate.empty() && t.key.empty() &&
        (t.clients != client_auth::off || !t.more.empty()))
        to.add(key,
               "the listener has settings of TLS, and no certificate",
               "name PEM files as certificate and key");
    for (std::size_t i = 0; i < t.more.size(); ++i) {
        auto const more = item_key(key + ".more", i);
        check_certificate(to, more, t.more[i].certificate, t.more[i].key);
        if (t.more[i].certificate.empty() && t.more[i].key.empty())
            to.add(more, "it names no certificate", "name PEM files as certificate and key");
    }
}

/// Whether two places cannot be listened at, both: what they have in common; else empty.
std::string place_of(std::string const& address, std::uint16_t port, std::string const& path) {
    if (!path.empty()) return "unix:" + path;
    return port == 0 ? std::string() : url_of(address, port).substr(7);
}

/// Which key has which place.
using place_claims = std::map<std::string, std::string>;

void claim_place(problem_list& to,
                 place_claims& taken,
                 std::string const& key,
                 std::string const& place) {
    if (place.empty() || taken.emplace(place, key).second) return;
    to.add(key, place + " is listened at already, by " + taken[place], "leave one of them out");
}

void check_listener(problem_list& to,
                    place_claims& taken,
                    std::string const& key,
                    listener_options const& l) {
    if (l.path.empty() && l.descriptor < 0) check_address(to, key, l.address);
    check_path(to, key, l.path);
    if (l.mode > 0777)
        to.add(key + ".mode", "mode is more than permissions", "write at most 0o777");
    check_tls(to, key, l.tls);
    claim_place(to, taken, key, place_of(l.address, l.port, l.path));
}

void check_systemd(problem_list& to, std::vector<systemd_settings> const& all, std::size_t index) {
    auto const key = item_key("systemd", index);
    auto const& name = all[index].name;
    check_tls(to, key, all[index].tls);
    for (std::size_t i = 0; i < index; ++i)
        if (name == all[i].name || name.empty() || all[i].name.empty())
            to.add(key + ".name",
                   "it takes sockets that " + item_key("systemd", i) + " takes, too",
                   "give each the name of other sockets");
}

void check_admin(problem_list& to, place_claims& taken, admin_settings const& a) {
    if (!a.is_wanted()) return;
    auto const address = a.address_or_default();
    if (a.path.empty()) check_address(to, "admin", address);
    check_path(to, "admin", a.path);
    if (a.port != 0 && !a.path.empty())
        to.add("admin.path", "both a port and a path are there", "leave one of them out");
    claim_place(to, taken, "admin", place_of(address, a.port, a.path));
}

void check_listeners(problem_list& to, gateway_settings const& s) {
    if (s.listeners.empty() && s.systemd.empty())
        to.add("listen",
               "there is nothing to listen at",
               "write [[listen]] with address and port, or --listen 127.0.0.1:8080");
    place_claims taken;
    for (std::size_t i = 0; i < s.listeners.size(); ++i)
        check_listener(to, taken, item_key("listen", i), s.listeners[i]);
    for (std::size_t i = 0; i < s.systemd.size(); ++i) check_systemd(to, s.systemd, i);
    check_admin(to, taken, s.admin);
}

// -- whom it believes -----------------------------------------------------------------------------

void check_trust(problem_list& to, gateway_settings const& s) {
    for (std::size_t i = 0; i < s.trusted_proxies.size(); ++i)
        if (!http::address_ranges::parse(std::span(&s.trusted_proxies[i], 1)))
            to.add(item_key("trusted_proxies", i),
                   shown(s.trusted_proxies[i]) + " is no address and no network",
                   "write it as 10.0.0.1, 10.0.0.0/8, ::1 or unix:");
    for (std::size_t i = 0; i < s.hosts.size(); ++i)
        if (!http::is_host_option(s.hosts[i]))
            to.add(item_key("hosts", i),
                   shown(s.hosts[i]) + " is not the name of a host",
                   "write it as example.com, *.example.com or [::1]:8080, without a scheme");
}

// -- how much -------------------------------------------------------------------------------------

void check_limits(problem_list& to, server_limits const& l) {
    to.check_size("limits.header", l.header, 256, 1u << 20);
    to.check_number("limits.header_fields", l.header_fields, 1, 10'000);
    to.check_time("limits.tls_handshake", l.tls_handshake, 1ms);
    to.check_time("limits.request_head", l.request_head, 1ms);
    to.check_time("limits.request_body", l.request_body, 1ms);
    to.check_time("limits.keep_alive", l.keep_alive, 1ms);
    to.check_time("limits.handshake_burst", l.handshake_burst, 0ms);
    to.check_time("limits.slow_event", l.slow_event, 0ms);
    to.check_size("limits.chunk_overhead", l.chunk_overhead, 0, 1u << 20);
    to.check_number("limits.max_handshakes_per_second", l.max_handshakes_per_second, 0, most_count);
    to.check_number("limits.max_handshakes_per_second_per_address",
                    l.max_handshakes_per_second_per_address,
                    0,
                    most_count);
}

void check_site(problem_list& to, site_settings const& s) {
    if (!s.pass_to.empty()) {
        auto const url = parse_url(s.pass_to);
        if (!s.pass_to.starts_with("http://") || !url || url->target() != "/" ||
            !url->user.empty() || s.pass_to.find('{') != s.pass_to.npos)
            to.add("site.pass_to",
                   shown(s.pass_to) + " is not the address of an HTTP server",
                   "write http://127.0.0.1:3000, without a path");
    }
    if (!s.files.empty() && !s.pass_to.empty())
        to.add("site.pass_to",
               "both files and pass_to serve what is left over",
               "leave one of them out");
    to.check_size("site.max_body", s.max_body, 0, 1u << 30);
    to.check_time("site.timeout", s.timeout, 1ms);
}

// -- routes beside one another --------------------------------------------------------------------

/// Which route has which path.
using path_claims = std::map<std::string, std::size_t>;

void check_path_of_route(problem_list& to,
                         path_claims& taken,
                         gateway_settings const& s,
                         std::size_t index) {
    auto const key = item_key("route", index);
    auto const& said = s.routes[index].path;
    auto path = said;
    while (path.ends_with('/')) path.pop_back();
    if (auto const [other, is_new] = taken.emplace(path, index); !is_new)
        to.add(key + ".path",
               "the path " + shown(said) + " is that of " + item_key("route", other->second),
               "name all fronts of one path in one route, or choose another path");
    if (!s.site.files.empty() && path.empty())
        to.add("site.files",
               "the files are served at /, and so is " + key,
               "give the route a path of its own, as /live");
    if (s.site.shim && path == "/anywire.js")
        to.add(key + ".path",
               "the gateway serves a script at /anywire.js",
               "choose another path, or write shim = false in [site]");
}

void check_publish_path(problem_list& to,
                        path_claims& taken,
                        gateway_settings const& s,
                        std::size_t index) {
    auto const key = item_key("route", index) + ".hooks.publish_path";
    auto const& path = s.routes[index].hooks.publish_path;
    if (path.empty()) return;
    if (!s.admin.is_wanted())
        to.add(key,
               "there is no admin listener that the application could post to",
               "write [admin] with an address, a port or a path");
    if (auto const [other, is_new] = taken.emplace(path, index); !is_new)
        to.add(key,
               shown(path) + " is that of " + item_key("route", other->second),
               "give each route its own");
}

void check_routes(problem_list& to, gateway_settings const& s) {
    if (s.routes.empty() && s.site.files.empty() && s.site.pass_to.empty())
        to.add("route",
               "there is no route, and nothing else to serve",
               "write [[route]] with path and backends, or "
               "--sockjs /live --backend ws://127.0.0.1:9000");
    path_claims paths;
    path_claims publish_paths;
    for (std::size_t i = 0; i < s.routes.size(); ++i) {
        check_route(to, item_key("route", i), s.routes[i]);
        check_path_of_route(to, paths, s, i);
        check_publish_path(to, publish_paths, s, i);
    }
}

}  // namespace

std::vector<settings_problem> check_settings(gateway_settings const& s) {
    problem_list to;
    to.check_number("threads", s.threads, 0, 256);
    to.check_time("drain", s.drain, 0ms);
    to.check_time("drain_spread", s.drain_spread, 0ms);
    to.check_time("drain_delay", s.drain_delay, 0ms);
    check_trust(to, s);
    check_listeners(to, s);
    check_limits(to, s.limits);
    check_site(to, s.site);
    check_routes(to, s);
    return to.take();
}

}  // namespace anywire::gateway
