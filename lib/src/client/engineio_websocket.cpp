#include "client/engineio_websocket.hpp"

#include "client/channel_base.hpp"
#include "client/websocket_channel.hpp"

namespace anywire {

void engineio_websocket::open(std::string_view sid, std::chrono::milliseconds timeout) {
    auto const& o = settings_.options;
    auto url = settings_.url;
    engineio::append_query(
        url.query,
        {.protocol = revision_, .transport = name(), .sid = sid, .application = settings_.query});
    client_websocket_request r;
    r.url = &url;
    r.fields = settings_.fields;
    r.protocols = o.protocols;
    r.deflate = settings_.deflate();
    // A packet is a message and a few bytes, or that in base64.
    r.max_message = o.limits.max_message / 3 * 4 + 64;
    r.timeout = timeout;
    r.close_handshake = o.close_handshake;
    socket_ = net_.open_websocket(r, *this);
}

void engineio_websocket::write(engineio_outbox& box) {
    while (!box.is_empty()) {
        auto const p = box.pop();
        socket_->send({p.data, p.binary}, p.is_compressed);
    }
}

void engineio_websocket::on_open(std::string_view protocol, client_response const&) {
    protocol_.assign(protocol);
    events_.on_connected(*this);
}

void engineio_websocket::on_failure(client_failure const& why) {
    events_.on_lost(*this, why, lost(why.text));
}

void engineio_websocket::on_message(message_view m) {
    if (auto const p = engineio::decode_frame(revision_, m.data, m.binary, scratch_))
        return events_.on_packet(*this, *p);
    events_.on_lost(*this,
                    make_failure(client_stage::protocol,
                                 make_error_code(errc::bad_frame),
                                 "a message that is not a packet of Engine.IO"),
                    {close_reason::protocol_error,
                     close_code::protocol_error,
                     "a message that is not a packet"});
}

void engineio_websocket::on_closed(close_event const& how, bool clean) {
    auto const why = make_failure(client_stage::protocol,
                                  make_error_code(errc::session_closed),
                                  "the WebSocket was closed before it was a session: " +
                                      std::to_string(static_cast<unsigned>(how.code)));
    events_.on_lost(*this, why, to_session_end(how, clean));
}

}  // namespace anywire
