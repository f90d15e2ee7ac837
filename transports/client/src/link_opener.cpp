#include "link_opener.hpp"

#include <boost/asio/error.hpp>

#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace anywire {
namespace {

bool is_transient(int error) noexcept {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

std::string text_of(proxy_address const& p) {
    return "the proxy " + p.host + ":" + std::to_string(p.port);
}

}  // namespace

link_opener::link_opener(io_host& host, dial_options const& options, link_route way, events& to)
    : host_(host), way_(std::move(way)), to_(to), dialer_(host, options, *this) {}

link_opener::~link_opener() {
    leave();
    tls_.reset();
    if (descriptor_ >= 0) ::close(descriptor_);
}

void link_opener::start() {
    if (way_.proxy.what != proxy_address::kind::socks5 || way_.is_literal) return dial();
    auto const on_found = [this](error_code ec, std::vector<net::ip::tcp::endpoint> const& all) {
        if (ec) return fail(no_address(way_.host, ec));
        asked_ = all.front().address().to_string();
        dial();
    };
    lookup_.start(host_, way_.host, way_.port, on_found);
}

void link_opener::dial() {
    auto target = way_.server;
    if (way_.proxy.what != proxy_address::kind::none)
        target = {.host = way_.proxy.host, .port = way_.proxy.port};
    is_dialing_ = true;
    dialer_.start(std::move(target));
}

std::string link_opener::doing() const {
    auto const server = way_.server.text();
    switch (stage()) {
        case client_stage::resolve:
            return "the name '" +
                   (is_dialing_ && !way_.proxy.host.empty() ? way_.proxy.host : way_.host) +
                   "' was not resolved";
        case client_stage::proxy: return text_of(way_.proxy) + " opened no way to " + server;
        case client_stage::tls: return "the TLS handshake with " + server + " did not end";
        case client_stage::request: return server + " did not take the preamble";
        default: return server + " took no connection";
    }
}

void link_opener::on_dial_failed(client_failure const& why) {
    auto copy = why;
    if (way_.proxy.what != proxy_address::kind::none) {
        copy.stage = client_stage::proxy;
        copy.text.append(", which is the proxy to ").append(way_.server.text());
    }
    fail(std::move(copy));
}

void link_opener::on_dialed(int descriptor) {
    descriptor_ = descriptor;
    is_dialing_ = false;
    stage_ = client_stage::proxy;
    if (way_.proxy.what == proxy_address::kind::none || !way_.is_tunnel) return after_proxy();
    begin_proxy();
}

void link_opener::on_ready(std::uint32_t) {
    auto& host = host_;
    host.begin_event("a connection's beginning");
    (void)host.guard("a connection's beginning", [this] {
        if (tls_) return go_on_with_tls();
        if (has_preamble_) return go_on_with_preamble();
        if (!unsent_.empty()) {
            if (!write_to_proxy()) return;
            if (!unsent_.empty()) return;
        }
        read_from_proxy();
    });
    host.end_event();
}

// -- the proxy ------------------------------------------------------------------------------------

void link_opener::begin_proxy() {
    auto const& p = way_.proxy;
    proxy_ = p.what == proxy_address::kind::http
                 ? make_http_tunnel(p, way_.host, way_.port)
                 : make_socks5(p, asked_.empty() ? way_.host : asked_, way_.port);
    unsent_ = proxy_->take_output();
    if (write_to_proxy()) watch(unsent_.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

/// Writes as much as the socket takes. False when the connection is broken.
bool link_opener::write_unsent() noexcept {
    while (!unsent_.empty()) {
        auto const n =
            ::send(descriptor_, unsent_.data(), unsent_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0) return is_transient(errno);
        unsent_.erase(0, static_cast<std::size_t>(n));
    }
    return true;
}

/// False when it has failed, and `*this` may be gone.
bool link_opener::write_to_proxy() {
    if (!write_unsent()) {
        fail_proxy("broke the connection");
        return false;
    }
    if (unsent_.empty() && is_watched_) watch(EPOLLIN);
    return true;
}

void link_opener::read_from_proxy() {
    std::array<char, 4096> buffer{};
    auto const n = ::recv(descriptor_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n < 0 && is_transient(errno)) return;
    if (n <= 0) return fail_proxy("broke the connection");
    std::size_t used = 0;
    std::string_view const bytes(buffer.data(), static_cast<std::size_t>(n));
    switch (proxy_->feed(bytes, used)) {
        case proxy_dialogue::status::failed: return fail_proxy(proxy_->failure());
        case proxy_dialogue::status::more:
            unsent_ += proxy_->take_output();
            if (write_to_proxy() && !unsent_.empty()) watch(EPOLLIN | EPOLLOUT);
            return;
        case proxy_dialogue::status::done: break;
    }
    // The client speaks first on every connection that we make.
    if (used < bytes.size()) return fail_proxy("said more than its answer");
    after_proxy();
}

void link_opener::fail_proxy(std::string text) {
    client_failure why;
    why.stage = client_stage::proxy;
    why.error = boost::asio::error::connection_refused;
    why.status = proxy_ ? proxy_->http_status() : 0;
    why.text = text_of(way_.proxy) + " " + text;
    fail(std::move(why));
}

// -- the preamble ---------------------------------------------------------------------------------

void link_opener::after_proxy() {
    if (way_.preamble.empty()) return begin_tls();
    stage_ = client_stage::request;
    has_preamble_ = true;
    unsent_ = way_.preamble;
    go_on_with_preamble();
}

void link_opener::go_on_with_preamble() {
    if (!write_unsent()) {
        client_failure why;
        why.stage = client_stage::request;
        why.error = boost::asio::error::connection_reset;
        why.text = way_.server.text() + " ended the connection before it took the preamble";
        return fail(std::move(why));
    }
    if (!unsent_.empty()) return watch(EPOLLOUT);
    has_preamble_ = false;
    begin_tls();
}

// -- TLS ------------------------------------------------------------------------------------------

void link_opener::begin_tls() {
    if (!way_.tls) return finish();
    stage_ = client_stage::tls;
    tls_ = way_.tls->connect(descriptor_, way_.host, way_.is_literal);
    go_on_with_tls();
}

void link_opener::go_on_with_tls() {
    switch (tls_->shake_hands()) {
        case io_result::status::again: return watch(EPOLLIN);
        case io_result::status::wants_other: return watch(EPOLLOUT);
        case io_result::status::ok: break;
        case io_result::status::end:
        case io_result::status::failed: return fail(client_tls::failure_of(*tls_, way_.host));
    }
    if (!way_.tls->has_pinned_key(*tls_)) return fail(client_tls::wrong_key(way_.host));
    finish();
}

// -- the end --------------------------------------------------------------------------------------

void link_opener::watch(std::uint32_t wanted) {
    auto& sockets = host_.sockets();
    auto const done = is_watched_ ? sockets.change(descriptor_, wanted, *this)
                                  : sockets.add(descriptor_, wanted, *this);
    is_watched_ = is_watched_ || done;
    if (done) return;
    client_failure why;
    why.stage = stage_;
    why.error = error_code(errno, boost::system::system_category());
    why.text = "cannot wait for " + way_.server.text() + ": " + why.error.message();
    fail(std::move(why));
}

void link_opener::leave() noexcept {
    host_.sockets().forget(*this);
    if (std::exchange(is_watched_, false)) host_.sockets().remove(descriptor_);
}

void link_opener::finish() {
    leave();
    byte_stream stream(std::exchange(descriptor_, -1), std::move(tls_));
    to_.on_link(std::move(stream));
}

void link_opener::fail(client_failure why) {
    leave();
    to_.on_no_link(why);
}

}  // namespace anywire
