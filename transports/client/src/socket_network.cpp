#include "socket_network.hpp"

#include "client_tls.hpp"
#include "fetch_call.hpp"
#include "websocket_call.hpp"

#include <cstdlib>
#include <ctime>
#include <utility>

namespace anywire {

socket_network::socket_network(context_floor& floor,
                               client_network_options options,
                               client_limits const& limits,
                               proxy_rules proxies,
                               std::shared_ptr<client_tls const> tls)
    : floor_(floor),
      options_(std::move(options)),
      limits_(limits),
      proxies_(std::move(proxies)),
      tls_(std::move(tls)) {}

socket_network::~socket_network() = default;

void socket_network::trace(traced_network::tracer to) {
    traced_ = std::make_unique<traced_network>(plain_, std::move(to));
}

std::unique_ptr<client_call> socket_network::fetch(client_request const& r,
                                                   client_response_events& to) {
    return traced_ ? traced_->fetch(r, to) : plain_.fetch(r, to);
}

std::unique_ptr<client_websocket> socket_network::open_websocket(client_websocket_request const& r,
                                                                 client_websocket_events& to) {
    return traced_ ? traced_->open_websocket(r, to) : plain_.open_websocket(r, to);
}

std::unique_ptr<client_call> socket_network::plain_network::fetch(client_request const& r,
                                                                  client_response_events& to) {
    return std::make_unique<fetch_call>(of_, r, to);
}

std::unique_ptr<client_websocket> socket_network::plain_network::open_websocket(
    client_websocket_request const& r, client_websocket_events& to) {
    return std::make_unique<websocket_call>(of_, r, to);
}

bool socket_network::find_route(client_url const& url,
                                http::response_to what,
                                link_route& way,
                                std::string& key,
                                client_failure& why) {
    if (url.secure && !tls_) {
        std::string wrong;
        tls_ = floor_.tls(options_.tls, wrong);
        if (!tls_) {
            why.stage = client_stage::tls;
            why.error = errc::bad_option;
            why.text = wrong;
            return false;
        }
    }
    way = {};
    way.server = {.host = url.host, .port = url.port, .unix_socket = options_.unix_socket};
    way.host = url.host;
    way.is_literal = url.is_host_literal;
    way.port = url.port;
    if (url.secure) way.tls = tls_;
    key = url.origin();
    if (!options_.unix_socket.empty()) return true;
    auto const is_websocket = what == http::response_to::upgrade;
    way.proxy = proxies_.of(url, is_websocket);
    if (way.proxy.what == proxy_address::kind::none) return true;
    // Proxies open tunnels to port 443 and few others: a plain request is the proxy's to make.
    way.is_tunnel = url.secure || is_websocket || way.proxy.what != proxy_address::kind::http;
    key.append(way.is_tunnel ? " through " : " by ").append(way.proxy.host);
    key.append(":").append(std::to_string(way.proxy.port));
    return true;
}

void socket_network::append_cookies(std::string& out, client_url const& url) {
    if (options_.cookies) cookies_.append(out, url, std::time(nullptr));
}

void socket_network::keep_cookie(client_url const& from, std::string_view set_cookie) {
    if (options_.cookies) cookies_.set(from, set_cookie, std::time(nullptr));
}

std::unique_ptr<socket_network> client_access::make_network(client_context& on,
                                                            client_options const& options,
                                                            std::string& error) {
    error.clear();
    auto const variables = [](char const* name) {
        auto const* const value = std::getenv(name);
        return std::string(value ? value : "");
    };
    proxy_rules proxies(options.network.proxy, variables, error);
    if (!error.empty()) return nullptr;
    auto& floor = floor_of(on);
    auto const& tls_options = options.network.tls;
    // The system's certificates are many: they are read when a server has to be believed.
    auto const has_files = !tls_options.ca.empty() || !tls_options.certificate.empty() ||
                           !tls_options.key.empty() || !tls_options.pinned_keys.empty();
    std::shared_ptr<client_tls const> tls;
    if (has_files) {
        tls = floor.tls(tls_options, error);
        if (!tls) return nullptr;
    }
    auto made = std::make_unique<socket_network>(
        floor, options.network, options.limits, std::move(proxies), std::move(tls));
    if (options.trace) made->trace(options.trace);
    return made;
}

}  // namespace anywire
