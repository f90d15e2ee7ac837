#include "client/sockjs_websocket.hpp"

#include "client/channel_base.hpp"
#include "client/websocket_channel.hpp"

#include <utility>

namespace anywire {

client_url url_below(client_url const& session, std::string_view sub) {
    auto url = session;
    url.path.append("/").append(sub);
    return url;
}

void sockjs_websocket::open(std::chrono::milliseconds timeout) {
    auto const& o = settings_.options;
    auto const url = url_below(place_.url, "websocket");
    client_websocket_request r;
    r.url = &url;
    if (place_.is_own_origin) r.fields = settings_.fields;
    r.protocols = o.protocols;
    r.deflate = settings_.deflate();
    // A frame may hold many messages, and what they are escaped with.
    r.max_message = o.limits.max_body;
    r.timeout = timeout;
    r.close_handshake = o.close_handshake;
    socket_ = net_.open_websocket(r, *this);
}

void sockjs_websocket::send(std::string_view message) {
    std::string body;
    sockjs::append_send_body(body, {&message, 1});
    socket_->send(body, true);
}

bool sockjs_websocket::ping() {
    socket_->ping();
    return true;
}

void sockjs_websocket::on_open(std::string_view protocol, client_response const&) {
    protocol_.assign(protocol);
}

void sockjs_websocket::on_failure(client_failure const& why) {
    events_.on_lost(*this, why, lost(why.text));
}

void sockjs_websocket::on_message(message_view m) {
    if (m.data.empty()) return events_.on_life(*this);
    auto const frame = m.binary ? sockjs::decoded_frame{{}, "a binary message"}
                                : sockjs::decode_server_frame(m.data, net_.loop().decoder());
    if (frame.value) return events_.on_frame(*this, *frame.value);
    events_.on_lost(
        *this,
        make_failure(
            client_stage::protocol, make_error_code(errc::bad_frame), std::string(frame.wrong)),
        bad_frame(frame.wrong));
}

void sockjs_websocket::on_closed(close_event const& how, bool clean) {
    auto const why = make_failure(client_stage::protocol,
                                  make_error_code(errc::session_closed),
                                  "the WebSocket was closed before it was a session: " +
                                      std::to_string(static_cast<unsigned>(how.code)));
    events_.on_lost(*this, why, to_session_end(how, clean));
}

}  // namespace anywire
