#pragma once

#include <anywire/client_failure.hpp>
#include <anywire/client_options.hpp>

#include "client/url.hpp"
#include "http_link.hpp"
#include "link_opener.hpp"
#include "websocket/client_handshake.hpp"

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace anywire {

class socket_network;

/// One request from its beginning to its answer: over a connection that is there or a new one,
/// after the redirects, with the cookies.
///
/// Thread: the host's. Destroying it ends it; whoever hears one of the `on_...` may do so.
class request_run : private link_opener::events, private http_link_user, private timer_node {
public:
    struct terms {
        std::string method{};
        client_url url{};
        std::vector<client_field> fields{};
        std::string content_type{};
        std::string body{};
        http::response_limits limits{};
        http::response_to what = http::response_to::get;
        std::chrono::milliseconds timeout{0};
        bool is_once = false;
        bool is_relayed = false;
    };

protected:
    request_run(socket_network& network, terms t);
    request_run(request_run const&) = delete;
    request_run& operator=(request_run const&) = delete;
    ~request_run();

    /// Begins soon.
    void start();
    /// There is no deadline any more.
    void end_deadline() noexcept { has_deadline_ = false; }
    /// Ends it, and tells why.
    void fail(client_failure why);
    http_link* link() noexcept { return link_; }
    client_url const& url() const noexcept { return terms_.url; }
    socket_network& network() noexcept { return network_; }
    /// False once `*this` is gone: for who calls out and has more to do.
    std::shared_ptr<bool const> alive() const noexcept { return alive_; }

    /// The head and the body of the request, with `fields` besides its own.
    ///
    /// Errors: `errc::bad_option`.
    virtual error_code append_request(std::string& out,
                                      std::span<websocket::request_field const> fields,
                                      std::string_view target) = 0;
    /// The head of the final answer, which is no redirect.
    virtual void on_head(http::response_head const& head) = 0;
    virtual void on_piece(std::string_view piece) = 0;
    virtual void on_done() = 0;
    virtual void on_stream(http::response_head const& head,
                           byte_stream stream,
                           std::string_view rest) = 0;
    /// Nothing of it goes on.
    virtual void on_failed(client_failure const& why) = 0;

    terms terms_;

private:
    void begin();
    void use(http_link& link);
    std::vector<websocket::request_field> fields_for(std::string& cookies,
                                                     std::string& authorization,
                                                     std::string& proxy_authorization) const;
    void leave() noexcept;
    void keep_cookies(http::response_head const& head);
    bool is_redirect(http::response_head const& head) const noexcept;
    void follow(http::response_head const& head);
    void fail_redirect(std::string text);
    void fail_proxy();
    /// Whether the server may be asked twice.
    bool is_repeatable() const noexcept { return terms_.method == "GET" && !terms_.is_once; }
    /// A proxy answers in the server's stead; it is told whole URLs.
    bool is_asked_itself() const noexcept {
        return way_.proxy.what == proxy_address::kind::http && !way_.is_tunnel;
    }

    // -- link_opener::events
    void on_link(byte_stream stream) override;
    void on_no_link(client_failure const& why) override;
    // -- http_link_user
    void on_response_head(http::response_head const& head) override;
    void on_response_piece(std::string_view piece) override { on_piece(piece); }
    void on_response_done() override;
    void on_switched(http::response_head const& head,
                     byte_stream stream,
                     std::string_view rest) override;
    void on_response_failed(link_failure const& why) override;
    // -- timer_node
    void on_timer(tick now) override;

    socket_network& network_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    link_route way_{};
    std::string key_{};
    std::unique_ptr<link_opener> opener_{};
    http_link* link_ = nullptr;
    tick deadline_ = 0;
    unsigned status_ = 0;
    std::uint32_t redirects_ = 0;
    bool has_deadline_ = false;
    bool reused_ = false;  // the connection
    bool retried_ = false;
};

}  // namespace anywire
