#include "socket_network.hpp"

#include "client_tls.hpp"
#include "fetch_call.hpp"
#include "websocket_call.hpp"

#include <ctime>
#include <utility>

namespace anywire {

socket_network::socket_network(context_floor& floor,
                               std::shared_ptr<network_terms const> terms,
                               client_particulars own)
    : floor_(floor), terms_(std::move(terms)), tls_(terms_->tls) {
    auto const has_own = !own.preamble.empty() || !own.headers.empty() || !own.protocols.empty() ||
                         !own.target.empty();
    if (has_own) own_ = std::make_unique<client_particulars const>(std::move(own));
    if (terms_->trace) traced_ = std::make_unique<traced_network>(plain_, terms_->trace);
}

socket_network::~socket_network() = default;

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

client_particulars const* socket_network::own_for(client_url const& url) const {
    return own_ && url.origin() == terms_->origin ? own_.get() : nullptr;
}

bool socket_network::find_route(client_url const& url,
                                http::response_to what,
                                link_route& way,
                                std::string& key,
                                client_failure& why) {
    if (url.secure && !tls_) {
        std::string wrong;
        tls_ = floor_.tls(terms_->options.tls, wrong);
        if (!tls_) {
            why.stage = client_stage::tls;
            why.error = errc::bad_option;
            why.text = wrong;
            return false;
        }
    }
    way = {};
    auto const& options = terms_->options;
    way.server = {.host = url.host, .port = url.port, .unix_socket = options.unix_socket};
    way.host = url.host;
    way.is_literal = url.is_host_literal;
    way.port = url.port;
    if (url.secure) way.tls = tls_;
    key = url.origin();
    way.preamble = preamble();
    if (!options.unix_socket.empty()) return true;
    auto const is_websocket = what == http::response_to::upgrade;
    way.proxy = terms_->proxies.of(url, is_websocket);
    if (way.proxy.what == proxy_address::kind::none) return true;
    // Proxies open tunnels to port 443 and few others: a plain request is the proxy's to make.
    way.is_tunnel = url.secure || is_websocket || !way.preamble.empty() ||
                    way.proxy.what != proxy_address::kind::http;
    key.append(way.is_tunnel ? " through " : " by ").append(way.proxy.host);
    key.append(":").append(std::to_string(way.proxy.port));
    return true;
}

void socket_network::append_cookies(std::string& out, client_url const& url) {
    if (cookies_) cookies_->append(out, url, std::time(nullptr));
}

void socket_network::keep_cookie(client_url const& from, std::string_view set_cookie) {
    if (!terms_->options.cookies) return;
    if (!cookies_) cookies_ = std::make_unique<cookie_jar>();
    cookies_->set(from, set_cookie, std::time(nullptr));
}

std::unique_ptr<socket_network> client_access::make_network(client_context& on,
                                                            client_options const& options,
                                                            std::string& error) {
    auto& floor = floor_of(on);
    auto terms = make_network_terms(options, &floor, error);
    if (!terms) return nullptr;
    return std::make_unique<socket_network>(floor, std::move(terms));
}

}  // namespace anywire
