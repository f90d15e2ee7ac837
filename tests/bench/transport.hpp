#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace bench {

enum class dialect : std::uint8_t { plain, sockjs, engineio, socketio };

enum class wire : std::uint8_t { websocket, stream, events, polling };

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
    wire over;
};

constexpr std::array<transport_traits, 10> all_transports{{
    {transport::ws, "ws", dialect::plain, wire::websocket},
    {transport::sockjs_ws, "sockjs-ws", dialect::sockjs, wire::websocket},
    {transport::sockjs_raw, "sockjs-raw", dialect::plain, wire::websocket},
    {transport::sockjs_stream, "sockjs-streaming", dialect::sockjs, wire::stream},
    {transport::sockjs_events, "sockjs-eventsource", dialect::sockjs, wire::events},
    {transport::sockjs_polling, "sockjs-polling", dialect::sockjs, wire::polling},
    {transport::engineio_ws, "engine.io-ws", dialect::engineio, wire::websocket},
    {transport::engineio_polling, "engine.io-polling", dialect::engineio, wire::polling},
    {transport::socketio_ws, "socket.io-ws", dialect::socketio, wire::websocket},
    {transport::socketio_polling, "socket.io-polling", dialect::socketio, wire::polling},
}};

constexpr transport_traits const& traits_of(transport t) noexcept {
    return all_transports[static_cast<std::size_t>(t)];
}

/// Sockets that a client of it holds while it is idle.
constexpr unsigned sockets_of(transport t) noexcept {
    return traits_of(t).over == wire::websocket ? 1 : 2;
}

}  // namespace bench
