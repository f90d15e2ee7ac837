#include "core/ascii.hpp"
#include "http_connection.hpp"

#include <utility>

/// What a connection becomes beyond HTTP, or elsewhere.
namespace anywire {
namespace {

/// What another site is sent when a request belongs there: no longer than it came and with no more
/// fields, or it would be refused there.
std::string serialized(http::request_view const& r) {
    std::string out;
    auto has_host = false;
    out.append(r.method).append(" ").append(r.target).append(r.version == 10 ? " HTTP/1.0\r\n"
                                                                             : " HTTP/1.1\r\n");
    for (auto const& f : r.fields) {
        if (iequals(f.name, "content-length") || iequals(f.name, "transfer-encoding") ||
            iequals(f.name, "expect"))
            continue;
        auto const is_host = iequals(f.name, "host") && !r.host.empty();
        out.append(f.name).append(":").append(is_host ? r.host : f.value).append("\r\n");
        has_host = has_host || is_host;
    }
    // Of an absolute target, which is not sent whole.
    if (!has_host && !r.host.empty()) out.append("Host:").append(r.host).append("\r\n");
    // Whatever the method: a body without its length would be read as the next request.
    if (!r.body.empty())
        out.append("Content-Length:").append(std::to_string(r.body.size())).append("\r\n");
    out.append("\r\n").append(r.body);
    return out;
}

}  // namespace

void http_connection::upgrade(websocket_upgrade to) {
    depart({.websocket = std::move(to)});
}

void http_connection::move_to(http_site& there, http::request_view const& request) {
    depart({.site = &there, .request = serialized(request)});
}

void http_connection::hand_over(std::function<void(handed_over)> taker) {
    depart({.taker = std::move(taker)});
}

void http_connection::depart(departure to) {
    departure_ = std::make_unique<departure>(std::move(to));
    if (parsing_) return;  // `parse` knows the bytes that lie after the request
    hold const here(*this);
    auto const rest = std::move(buffer_);
    leave(rest);
}

void http_connection::leave(std::string_view rest) {
    auto const to = std::move(departure_);
    listen(nullptr, false);
    if (to->websocket) {
        become_websocket(*to->websocket, rest);
    } else if (to->taker) {
        auto ticket = take_ticket();
        to->taker({take_stream(), std::move(ticket), std::string(rest)});
    } else {
        to->request.append(rest);
        auto ticket = take_ticket();
        // The request goes with its socket and is read again there, and counted again.
        if (is_proxied_) ticket.reset();
        to->site->adopt_idle({take_stream(),
                              std::move(address_),
                              std::move(ticket),
                              std::move(lender_),
                              std::move(to->request),
                              is_relay_});
    }
    drop();
}

void http_connection::become_websocket(websocket_upgrade const& to, std::string_view rest) {
    std::string head(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
    if (!to.subprotocol.empty())
        head.append("Sec-WebSocket-Protocol: ").append(to.subprotocol).append("\r\n");
    head.append(to.terms->handshake).append(to.fields).append("\r\n");
    auto ticket = take_ticket();
    auto* const socket = new websocket_connection(host(),
                                                  take_stream(),
                                                  to.terms->settings,
                                                  to.name,
                                                  head,
                                                  to.terms->deflate,
                                                  std::move(ticket));
    transport_events* session = nullptr;
    auto const taken = host().guard("a new WebSocket", [&] { session = to.take(*socket); });
    if (!taken)
        socket->drop();
    else if (session)
        socket->start(*session, rest);
    else
        socket->refuse();
}

}  // namespace anywire
