#include "socket_network.hpp"

#include "client_tls.hpp"
#include "fetch_call.hpp"
#include "websocket_call.hpp"

#include <utility>

namespace anywire {

socket_network::socket_network(context_floor& floor,
                               client_network_options options,
                               client_limits const& limits,
                               std::shared_ptr<client_tls const> tls)
    : floor_(floor), options_(std::move(options)), limits_(limits), tls_(std::move(tls)) {}

socket_network::~socket_network() = default;

std::unique_ptr<client_call> socket_network::fetch(client_request const& r,
                                                   client_response_events& to) {
    return std::make_unique<fetch_call>(*this, r, to);
}

std::unique_ptr<client_websocket> socket_network::open_websocket(
    client_websocket_request const& r, client_websocket_events& to) {
    return std::make_unique<websocket_call>(*this, r, to);
}

bool socket_network::find_route(client_url const& url,
                                http::response_to what,
                                route& way,
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
    static_cast<void>(what);
    key = url.origin();
    return true;
}

void socket_network::append_cookies(std::string&, client_url const&) {}

void socket_network::keep_cookie(client_url const&, std::string_view) {}

std::unique_ptr<socket_network> client_access::make_network(client_context& on,
                                                            client_options const& options,
                                                            std::string& error) {
    error.clear();
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
    return std::make_unique<socket_network>(
        floor, options.network, options.limits, std::move(tls));
}

}  // namespace anywire
