#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace bench {

enum class dialect : std::uint8_t { plain, sockjs, engineio, socketio };

enum class carrier : std::uint8_t { websocket, stream, events, polling };

/// Every way in which a client can talk to a server here.
enum class transport : std::uint8_t {
    ws,
    sockjs_ws,
    sockjs_raw,
    sockjs_stream,
    sockjs_events,
    sockjs_polling,
    engineio_ws,
    engineio_polling,
    socketio_ws,
    socketio_polling,
};

struct transport_traits {
    transport id;
    std::string_view name;
    dialect speaks;
    carrier over;
};

constexpr std::array<transport_traits, 10> all_transports{{
    {transport::ws, "ws", dialect::plain, carrier::websocket},
    {transport::sockjs_ws, "sockjs-ws", dialect::sockjs, carrier::websocket},
    {transport::sockjs_raw, "sockjs-raw", dialect::plain, carrier::websocket},
    {transport::sockjs_stream, "sockjs-streaming", dialect::sockjs, carrier::stream},
    {transport::sockjs_events, "sockjs-eventsource", dialect::sockjs, carrier::events},
    {transport::sockjs_polling, "sockjs-polling", dialect::sockjs, carrier::polling},
    {transport::engineio_ws, "engine.io-ws", dialect::engineio, carrier::websocket},
    {transport::engineio_polling, "engine.io-polling", dialect::engineio, carrier::polling},
    {transport::socketio_ws, "socket.io-ws", dialect::socketio, carrier::websocket},
    {transport::socketio_polling, "socket.io-polling", dialect::socketio, carrier::polling},
}};

constexpr transport_traits const& traits_of(transport t) noexcept {
    return all_transports[static_cast<std::size_t>(t)];
}

/// Sockets that a client of it holds while it is idle.
constexpr unsigned sockets_of(transport t) noexcept {
    return traits_of(t).over == carrier::websocket ? 1 : 2;
}

}  // namespace bench
