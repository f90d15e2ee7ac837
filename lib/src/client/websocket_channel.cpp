#include "client/websocket_channel.hpp"

#include <utility>

namespace anywire {

websocket_channel::websocket_channel(client_network& net,
                                     std::shared_ptr<client_settings const> settings,
                                     client_channel_events& to)
    : channel_base(net, std::move(settings), to), ping_(net.loop(), [this] { on_ping_due(); }) {}

void websocket_channel::start() {
    auto url = settings_->url;
    url.query = settings_->query;
    client_websocket_request r;
    r.url = &url;
    r.fields = settings_->fields;
    r.protocols = options().protocols;
    r.deflate = settings_->deflate();
    r.max_message = options().limits.max_message;
    r.timeout = options().connect_timeout;
    r.close_handshake = options().close_handshake;
    socket_ = net_.open_websocket(r, *this);
}

void websocket_channel::on_open(std::string_view protocol, client_response const& response) {
    protocol_.assign(protocol);
    schedule_ping();
    presence::watch const here(presence_);
    response_ = response.fields;
    tell_open();
    if (!here.is_gone()) response_ = {};
}

void websocket_channel::send(message_view m, bool compress) {
    if (stage_ == stage::open) socket_->send(m, compress);
}

void websocket_channel::begin_to_close() {
    ping_.clear();
    socket_->close(goodbye_, goodbye_text());
}

std::string_view websocket_channel::transport() const noexcept {
    return stage_ == stage::opening ? std::string_view{} : to_string(client_carrier::websocket);
}

std::size_t websocket_channel::queued_bytes() const noexcept {
    return socket_ ? socket_->unsent_bytes() : 0;
}

bool websocket_channel::is_writable() const noexcept {
    return stage_ == stage::open && socket_->unsent_bytes() == 0;
}

void websocket_channel::on_message(message_view m) {
    note_life();
    deliver(m);
}

void websocket_channel::on_sent() {
    if (stage_ == stage::open) events_.on_sent();
}

void websocket_channel::on_closed(close_event const& how, bool clean) {
    end(to_session_end(how, clean));
}

void websocket_channel::pause_reading(bool is) {
    socket_->pause(is);
    // The answers to pings are not read meanwhile.
    if (is)
        ping_.clear();
    else
        schedule_ping();
}

void websocket_channel::drop() noexcept {
    ping_.clear();
    socket_.reset();
}

void websocket_channel::note_life() noexcept {
    if (awaits_pong_ && stage_ == stage::open) schedule_ping();
}

void websocket_channel::schedule_ping() noexcept {
    awaits_pong_ = false;
    if (options().ping_interval.count() > 0 && !is_paused()) ping_.set(options().ping_interval);
}

void websocket_channel::on_ping_due() {
    if (awaits_pong_)
        return end({close_reason::heartbeat_timeout,
                    close_code::abnormal,
                    "the server did not answer a ping in time"});
    awaits_pong_ = true;
    socket_->ping();
    ping_.set(options().ping_timeout);
}

close_event to_session_end(close_event const& how, bool clean) noexcept {
    auto out = how;
    switch (how.reason) {
        case close_reason::protocol_error:
        case close_reason::message_too_big:
        case close_reason::heartbeat_timeout: return out;
        default: break;
    }
    auto const has_goodbye = clean || how.code != close_code::abnormal;
    out.reason = has_goodbye ? close_reason::server_closed : close_reason::transport_lost;
    return out;
}

}  // namespace anywire
