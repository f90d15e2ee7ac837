#include "relay.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <utility>

namespace anywire::testing {

relay::relay(relay_host& host, net::io_context& io, tcp::socket client)
    : host_(host), client_(std::move(client)), server_(io), up_(io, server_), down_(io, client_) {}

void relay::start() {
    auto const alive = [this] { return std::shared_ptr<void>(shared_from_this()); };
    auto const on_error = [this] {
        if (phase_ == phase::dead) return;
        close(true);
    };
    up_.on({alive,
            [](tally*, std::size_t) {},
            on_error,
            [this] {
                if (client_gone_) return close();
                read_client();
            }});
    down_.on({alive,
              [this](tally* counted, std::size_t n) {
                  if (counted) host_.counts().add(*counted, &traffic::bytes_down, n);
              },
              on_error,
              [this] {
                  if (closing_) return close();
                  read_server();
              }});
    error_code ignored;
    client_.socket().set_option(tcp::no_delay(true), ignored);
    auto* const tls = host_.client_tls();
    if (!tls) return read_client();
    client_.async_handshake(
        *tls, net::ssl::stream_base::server, [self = shared_from_this()](error_code ec) {
            if (ec)
                self->close();
            else
                self->read_client();
        });
}

void relay::on_settings() {
    auto const& now = host_.faults();
    if (phase_ == phase::closed || phase_ == phase::dead) return;
    if (is_affected() && is_busy()) {
        if (now.outage) return cut();
        if (now.drop) return become_dead();
    }
    if (holds_ && !now.buffer_responses) release_held();
    up_.hold(is_paused());
    down_.hold(is_paused());
    if (phase_ == phase::parked) return route_exchange();
    read_client();
    read_server();
}

void relay::cut() {
    if (!is_affected() || !is_busy() || phase_ == phase::closed) return;
    count(&traffic::cut);
    close(true);
}

void relay::close(bool reset) {
    if (phase_ == phase::closed) return;
    auto const alive = shared_from_this();
    phase_ = phase::closed;
    up_.clear();
    down_.clear();
    client_.close(reset);
    server_.close(reset);
    host_.forget(*this);
}

std::size_t relay::held_bytes() const noexcept {
    return sizeof(relay) + up_.queued() + down_.queued() + client_in_.capacity() +
           held_.capacity() + response_head_.capacity() + head_.capacity() + origin_.capacity();
}

// ---- from the client ---------------------------------------------------------------------------

void relay::read_client() {
    if (reading_client_ || client_gone_ || phase_ == phase::closed || !client_.is_open()) return;
    auto const is_full =
        up_.queued() > host_.wishes().max_queued || client_in_.size() > host_.wishes().max_head;
    if (phase_ != phase::dead && (is_full || is_paused())) return;
    reading_client_ = true;
    client_.async_read([self = shared_from_this()](error_code ec, std::size_t n) {
        self->reading_client_ = false;
        self->on_client_read(ec, n);
    });
}

void relay::on_client_read(error_code ec, std::size_t n) {
    if (phase_ == phase::closed) return;
    if (ec) return on_client_gone();
    if (phase_ != phase::dead) {
        client_in_.append(client_.bytes(n));
        take_client_bytes();
    }
    read_client();
}

void relay::on_client_gone() {
    if (phase_ == phase::dead) {
        client_.close();
        return close_if_dead();
    }
    client_gone_ = true;
    if (phase_ != phase::tunnel || up_.is_empty()) close();
}

void relay::take_client_bytes() {
    if (phase_ == phase::idle) return take_head();
    if (phase_ == phase::exchanging) return forward_body();
    if (phase_ != phase::tunnel) return;
    count(&traffic::bytes_up, client_in_.size());
    up_.push(client_in_, due(), nullptr);
    client_in_.clear();
}

void relay::take_head() {
    if (client_in_.empty() || closing_) return;
    message_head head;
    switch (read_request_head(client_in_, head)) {
        case head_state::malformed: return answer(400, "Bad Request");
        case head_state::incomplete:
            if (client_in_.size() > host_.wishes().max_head) close();
            return;
        case head_state::complete: return begin_exchange(head);
    }
}

void relay::begin_exchange(message_head const& head) {
    auto to = host_.wishes().choose({head.method, head.target, head.is_websocket});
    auto const before = std::exchange(tally_, host_.counts().at(to.key));
    if (before != tally_) count(&traffic::connections);
    count(&traffic::requests);
    count(&traffic::bytes_up, head.size);
    is_faulty_ = to.is_faulty;
    wanted_port_ = to.port;
    is_websocket_ = head.is_websocket;
    is_head_ = head.method == "HEAD";
    origin_ = head.origin;
    keep_alive_ = head.keep_alive;
    request_body_.start(body_of_request(head), head.content_length.value_or(0));
    head_.assign(client_in_, 0, head.size);
    if (!to.target.empty()) head_.replace(head.method.size() + 1, head.target.size(), to.target);
    client_in_.erase(0, head.size);  // the head's views end here
    has_response_ = false;
    response_head_.clear();
    phase_ = phase::parked;
    route_exchange();
}

void relay::route_exchange() {
    auto const& now = host_.faults();
    if (is_affected()) {
        if (now.drop || now.pause) return;  // `on_settings` comes back here
        if (now.outage) return answer(502, "Bad Gateway");
        if (is_websocket_ && now.refuse_upgrades != 0) {
            count(&traffic::refused);
            return answer(now.refuse_upgrades, "WebSocket is not spoken here");
        }
    }
    if (wanted_port_ == 0) return answer(502, "Bad Gateway");
    if (server_port_ == wanted_port_ && server_.is_open()) {
        phase_ = phase::exchanging;
        return send_head();
    }
    connect(wanted_port_);
}

void relay::forward_body() {
    if (closing_) return client_in_.clear();
    if (request_body_.is_done() || client_in_.empty()) return;
    auto const n = request_body_.take(client_in_);
    count(&traffic::bytes_up, n);
    up_.push(std::string_view(client_in_).substr(0, n), due(), nullptr);
    client_in_.erase(0, n);
}

// ---- to the server -----------------------------------------------------------------------------

void relay::connect(std::uint16_t port) {
    phase_ = phase::connecting;
    if (server_.is_open()) {
        server_.close();
        server_port_ = 0;
    }
    ++connects_;
    error_code ec;
    auto const address = net::ip::make_address(host_.wishes().server_address, ec);
    server_.socket().async_connect(
        {address, port}, [self = shared_from_this(), port](error_code e) {
            if (self->phase_ != phase::connecting) return;
            if (e) return self->on_connected(e);
            self->server_port_ = port;
            error_code ignored;
            self->server_.socket().set_option(tcp::no_delay(true), ignored);
            if (auto* const tls = self->host_.server_tls())
                self->server_.async_handshake(
                    *tls, net::ssl::stream_base::client, [self](error_code done) {
                        self->on_connected(done);
                    });
            else
                self->on_connected({});
        });
}

void relay::on_connected(error_code ec) {
    if (phase_ != phase::connecting) return;
    if (ec) {
        server_.close();
        server_port_ = 0;
        return answer(502, "Bad Gateway");
    }
    phase_ = phase::exchanging;
    send_head();
}

void relay::send_head() {
    up_.push(head_, due(), nullptr);
    forward_body();
    read_server();
    read_client();
}

void relay::read_server() {
    if (reading_server_ || server_port_ == 0 || !server_.is_open()) return;
    if (phase_ == phase::closed || phase_ == phase::connecting) return;
    auto const is_full = down_.queued() > host_.wishes().max_queued;
    if (phase_ != phase::dead && (is_full || is_paused())) return;
    reading_server_ = true;
    auto const of = connects_;
    server_.async_read([self = shared_from_this(), of](error_code ec, std::size_t n) {
        self->reading_server_ = false;
        if (of != self->connects_) return self->read_server();
        self->on_server_read(ec, n);
    });
}

void relay::on_server_read(error_code ec, std::size_t n) {
    if (phase_ == phase::closed) return;
    if (ec) return on_server_gone();
    if (phase_ != phase::dead) take_server_bytes(server_.bytes(n));
    read_server();
}

void relay::on_server_gone() {
    server_.close();
    server_port_ = 0;
    switch (phase_) {
        case phase::dead: return close_if_dead();
        case phase::exchanging:
            if (!has_response_) return answer(502, "Bad Gateway");
            release_held();
            return close_when_written();
        case phase::tunnel: return close_when_written();
        case phase::idle:
        case phase::parked:
        case phase::connecting:
        case phase::closed: return;
    }
}

void relay::take_server_bytes(std::string_view bytes) {
    if (closing_) return;
    if (phase_ == phase::exchanging && !has_response_ && !take_response_head(bytes)) return;
    if (phase_ == phase::tunnel) return deliver(bytes);
    if (phase_ != phase::exchanging) return;
    deliver(bytes.substr(0, response_body_.take(bytes)));
    if (response_body_.is_done()) finish_exchange();
}

/// Takes head after head until that of the final response; `bytes` is then what comes after it.
bool relay::take_response_head(std::string_view& bytes) {
    response_head_.append(bytes);
    for (;;) {
        message_head head;
        auto const state = read_response_head(response_head_, head);
        if (state == head_state::malformed || response_head_.size() > 2 * host_.wishes().max_head) {
            answer(502, "Bad Gateway");
            return false;
        }
        if (state == head_state::incomplete) return false;
        auto const is_interim = head.status < 200 && head.status != 101;
        if (!is_interim) begin_response(head);
        deliver(std::string_view(response_head_).substr(0, head.size));
        auto const rest = response_head_.size() - head.size;
        response_head_.erase(0, head.size);
        if (is_interim) continue;
        bytes = bytes.substr(bytes.size() - rest);
        if (phase_ == phase::tunnel) take_client_bytes();
        return true;
    }
}

void relay::begin_response(message_head const& head) {
    has_response_ = true;
    if (head.status == 101) {
        phase_ = phase::tunnel;
        count(&traffic::upgrades);
        return;
    }
    holds_ = is_affected() && host_.faults().buffer_responses;
    keep_alive_ = keep_alive_ && head.keep_alive;
    response_body_.start(body_of_response(head, is_head_), head.content_length.value_or(0));
}

// ---- back to the client ------------------------------------------------------------------------

void relay::deliver(std::string_view bytes) {
    if (!holds_) return down_.push(bytes, due(), tally_);
    held_.append(bytes);
    if (held_.size() > host_.wishes().max_held_response) release_held();
}

void relay::release_held() {
    holds_ = false;
    down_.push(held_, due(), tally_);
    held_ = {};
}

void relay::finish_exchange() {
    release_held();
    if (!keep_alive_ || !request_body_.is_done()) return close_when_written();
    phase_ = phase::idle;
    take_client_bytes();
}

void relay::answer(unsigned status, std::string_view text) {
    if (status == 502 && tally_) count(&traffic::failed);
    std::string out("HTTP/1.1 ");
    out.append(std::to_string(status)).append(" ").append(text);
    out.append("\r\nContent-Type: text/plain\r\n");
    // The page may see it, also where it is of another origin or sends cookies, with which browsers
    // take no `*`: else they report a CORS error instead of a status.
    if (!origin_.empty())
        out.append("Access-Control-Allow-Origin: ")
            .append(origin_)
            .append("\r\nAccess-Control-Allow-Credentials: true\r\nVary: Origin\r\n");
    out.append("Content-Length: ").append(std::to_string(text.size()));
    out.append("\r\nConnection: close\r\n\r\n").append(text);
    holds_ = false;
    phase_ = phase::exchanging;
    down_.push(out, due(), tally_);
    close_when_written();
}

void relay::close_when_written() {
    closing_ = true;
    if (down_.is_empty()) close();
}

// ---- what the settings do ----------------------------------------------------------------------

bool relay::is_busy() const noexcept {
    return phase_ == phase::connecting || phase_ == phase::exchanging || phase_ == phase::tunnel;
}

bool relay::is_paused() const noexcept {
    return host_.faults().pause && is_affected() && is_busy();
}

pipe::clock::time_point relay::due() {
    return is_affected() ? host_.due() : pipe::clock::time_point{};
}

void relay::count(std::uint64_t traffic::*what, std::uint64_t n) {
    if (tally_) host_.counts().add(*tally_, what, n);
}

void relay::become_dead() {
    count(&traffic::cut);
    phase_ = phase::dead;
    closing_ = false;
    up_.clear();
    down_.clear();
    held_ = {};
    client_in_ = {};
    read_client();
    read_server();
}

void relay::close_if_dead() {
    if (!client_.is_open() && !server_.is_open()) close();
}

}  // namespace anywire::testing
