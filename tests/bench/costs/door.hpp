#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace bench::costs {

/// By which way bytes reach the server.
enum class door : std::uint8_t {
    http,  ///< Requests without a session.
    ws,
    ws_deflated,
    ws_inflating,  ///< The same with an application that says nothing.
    groups,        ///< A plain mount where a message is the name of a group that its sender joins.
    sockjs_ws,
    sockjs_polling,
    sockjs_streaming,
    sockjs_events,
    sockjs_htmlfile,
    sockjs_jsonp,
    engineio_ws,
    engineio_polling,
    engineio_gzip,  ///< Polls whose answers may be compressed.
    engineio_jsonp,
    engineio3_ws,
    engineio3_polling,
    socketio_ws,
    socketio_polling,
    socketio_recovery,
    stomp_ws,
};

enum class language : std::uint8_t { none, plain, sockjs, engineio, engineio3, socketio, stomp };

/// What carries it down to the client; up it is a WebSocket or POSTs.
enum class carrier : std::uint8_t { none, websocket, polls, jsonp, stream };

struct door_traits {
    door id;
    std::string_view name;
    language speaks;
    carrier down;
    std::string_view path;
};

constexpr auto all_doors = std::to_array<door_traits>({
    {door::http, "http", language::none, carrier::none, ""},
    {door::ws, "ws", language::plain, carrier::websocket, "/ws"},
    {door::ws_deflated, "ws-deflate", language::plain, carrier::websocket, "/deflated"},
    {door::ws_inflating, "ws-inflate", language::plain, carrier::websocket, "/inflated"},
    {door::groups, "ws-groups", language::plain, carrier::websocket, "/groups"},
    {door::sockjs_ws, "sockjs-ws", language::sockjs, carrier::websocket, "/sockjs/0/"},
    {door::sockjs_polling, "sockjs-polling", language::sockjs, carrier::polls, "/xhr"},
    {door::sockjs_streaming, "sockjs-stream", language::sockjs, carrier::stream, "/xhr_streaming"},
    {door::sockjs_events, "sockjs-events", language::sockjs, carrier::stream, "/eventsource"},
    {door::sockjs_htmlfile, "sockjs-html", language::sockjs, carrier::stream, "/htmlfile?c=cb"},
    {door::sockjs_jsonp, "sockjs-jsonp", language::sockjs, carrier::jsonp, "/jsonp?c=cb"},
    {door::engineio_ws, "eio-ws", language::engineio, carrier::websocket, "/engine.io/?EIO=4"},
    {door::engineio_polling,
     "eio-polling",
     language::engineio,
     carrier::polls,
     "/engine.io/?EIO=4"},
    {door::engineio_gzip, "eio-gzip", language::engineio, carrier::polls, "/engine.io/?EIO=4"},
    {door::engineio_jsonp,
     "eio-jsonp",
     language::engineio,
     carrier::jsonp,
     "/engine.io/?EIO=4&j=0&b64=1"},
    {door::engineio3_ws, "eio3-ws", language::engineio3, carrier::websocket, "/engine.io/?EIO=3"},
    {door::engineio3_polling,
     "eio3-polling",
     language::engineio3,
     carrier::polls,
     "/engine.io/?EIO=3"},
    {door::socketio_ws, "sio-ws", language::socketio, carrier::websocket, "/socket.io/?EIO=4"},
    {door::socketio_polling,
     "sio-polling",
     language::socketio,
     carrier::polls,
     "/socket.io/?EIO=4"},
    {door::socketio_recovery,
     "sio-recovery",
     language::socketio,
     carrier::websocket,
     "/recovering/?EIO=4"},
    {door::stomp_ws, "stomp-ws", language::stomp, carrier::websocket, "/stomp"},
});

constexpr door_traits const& traits_of(door d) noexcept {
    return all_doors[static_cast<std::size_t>(d)];
}

constexpr bool is_websocket(door d) noexcept {
    return traits_of(d).down == carrier::websocket;
}

}  // namespace bench::costs
