#pragma once

#include <anywire/client_options.hpp>

#include "client/network.hpp"
#include "client/traced_network.hpp"
#include "context_floor.hpp"
#include "cookie_jar.hpp"
#include "http_link.hpp"
#include "network_terms.hpp"
#include "request_run.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace anywire {

/// The network of one client, on sockets: with the connections that it may use again, and its
/// cookies.
///
/// Thread: made on any; all else is the context's. What it has begun goes before it.
class socket_network final : public client_network {
public:
    socket_network(context_floor& floor,
                   std::shared_ptr<network_terms const> terms,
                   client_particulars own = {});
    socket_network(socket_network const&) = delete;
    socket_network& operator=(socket_network const&) = delete;
    ~socket_network();

    // -- client_network
    std::unique_ptr<client_call> fetch(client_request const& r,
                                       client_response_events& to) override;
    std::unique_ptr<client_websocket> open_websocket(client_websocket_request const& r,
                                                     client_websocket_events& to) override;
    session_loop& loop() noexcept override { return floor_.host().loop(); }

    // -- for what it has begun
    io_host& host() noexcept { return floor_.host(); }
    link_pool& links() noexcept { return links_; }
    client_limits const& limits() const noexcept { return terms_->limits; }
    dial_options dialing() const noexcept {
        return {.keep_alive = terms_->options.keep_alive,
                .next_address = terms_->options.next_address};
    }
    /// What the client has of its own for the server of its URL; null for other servers, and where
    /// it has nothing.
    client_particulars const* own_for(client_url const& url) const;
    std::string_view preamble() const noexcept {
        return own_ && !own_->preamble.empty() ? own_->preamble : terms_->options.preamble;
    }
    /// How to get to `url`, and the name of such connections in the pool.
    ///
    /// Errors: false, and `why`: TLS cannot be set up.
    bool find_route(client_url const& url,
                    http::response_to what,
                    link_route& way,
                    std::string& key,
                    client_failure& why);
    /// Appends the cookies for a request, after those that are there.
    void append_cookies(std::string& out, client_url const& url);
    void keep_cookie(client_url const& from, std::string_view set_cookie);

private:
    /// The network without somebody who sees it.
    class plain_network final : public client_network {
    public:
        explicit plain_network(socket_network& of) noexcept : of_(of) {}
        std::unique_ptr<client_call> fetch(client_request const& r,
                                           client_response_events& to) override;
        std::unique_ptr<client_websocket> open_websocket(client_websocket_request const& r,
                                                         client_websocket_events& to) override;
        session_loop& loop() noexcept override { return of_.loop(); }

    private:
        socket_network& of_;
    };

    context_floor& floor_;
    std::shared_ptr<network_terms const> terms_;
    std::unique_ptr<client_particulars const> own_;
    std::shared_ptr<client_tls const> tls_;
    std::unique_ptr<cookie_jar> cookies_{};  // null while there are none
    link_pool links_{};
    plain_network plain_{*this};
    std::unique_ptr<traced_network> traced_{};
};

}  // namespace anywire
