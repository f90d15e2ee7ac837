// Every way to connect that the page compares: one mount each, so that each is counted by itself.
#include "mounts.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace demo {

using namespace std::chrono_literals;
using anywire::endpoint;
using anywire::message_view;
using anywire::session;
using io_server = anywire::socketio::server;
using anywire::socketio::socket;

anywire::session_limits lab_limits() {
    return {.max_message = 65'536, .max_sessions = 500};
}

// Echoes and numbers tell nobody anything, so every origin may have them: the page uses further
// ports of this host, which are other origins.
anywire::sockjs_options lab_sockjs() {
    return {.limits = lab_limits(),
            .origins = {"*"},
            .htmlfile = true,
            .jsonp = true,
            .sockjs_url = "/vendor/sockjs/sockjs.min.js"};
}

anywire::engineio_options lab_engineio() {
    anywire::engineio_options o;
    o.limits = lab_limits();
    o.origins = {"*"};
    return o;
}

std::string lab_path(std::string_view name) {
    return std::string(lab_prefix).append(name);
}

anywire::handlers counting(census& counts,
                           census::mount& m,
                           std::shared_ptr<endpoint> const& where,
                           std::function<void(session&, message_view)> on_message) {
    return {.on_open = [&counts, &m, where](session& s) { counts.enter(m, *where, s.id()); },
            .on_message =
                [&m, on_message = std::move(on_message)](session& s, message_view text) {
                    ++m.received;
                    if (on_message) on_message(s, text);
                },
            .on_close = [&counts, &m](session& s,
                                      anywire::close_event const&) { counts.leave(m, s.id()); }};
}

void count_sockets(census& counts, census::mount& m, io_server const& io) {
    io.on_connection([&counts, &m, io](socket& s) {
        counts.enter(m, io, s.id());
        s.on_disconnect(
            [&counts, &m, &s](anywire::socketio::disconnect_reason) { counts.leave(m, s.id()); });
    });
}

namespace {

/// An echo on a mount of its own.
template <class Options>
void mount_echo(anywire::server& server,
                census& counts,
                std::string const& name,
                std::string const& dialect,
                Options options) {
    auto& m = counts.at(name, dialect);
    auto const where = std::make_shared<endpoint>();
    *where = server.mount(lab_path(name),
                          std::move(options),
                          counting(counts, m, where, [&m](session& s, message_view text) {
                              if (s.send(text)) ++m.sent;
                          }));
}

void mount_socketio_echo(anywire::server& server, census& counts, std::string const& name) {
    auto& m = counts.at(name, "Socket.IO");
    anywire::socketio::options o;
    o.engine = lab_engineio();
    io_server const io(std::move(o));
    count_sockets(counts, m, io);
    io.on("echo", [&m](socket& s, std::string text) {
        ++m.received;
        s.emit("echo", text);
        ++m.sent;
    });
    server.mount(lab_path(name), io);
}

/// A mount that only hears numbers, for the "Break it" part.
template <class Options>
endpoint mount_ticker(anywire::server& server,
                      census& counts,
                      std::string const& name,
                      std::string const& dialect,
                      Options options) {
    auto const where = std::make_shared<endpoint>();
    *where = server.mount(lab_path(name),
                          std::move(options),
                          counting(counts, counts.at(name, dialect), where, nullptr));
    return *where;
}

// Heartbeats there are fast, so that nobody has to watch for a minute until a dead connection is
// noticed.
anywire::websocket_options fast_websocket() {
    return {.limits = lab_limits(), .origins = {"*"}, .ping_interval = 4s, .ping_timeout = 3s};
}

anywire::sockjs_options fast_sockjs() {
    auto o = lab_sockjs();
    o.heartbeat = 4s;
    o.heartbeat_timeout = 3s;
    return o;
}

anywire::engineio_options fast_engineio() {
    auto o = lab_engineio();
    o.ping_interval = 3s;
    o.ping_timeout = 2s;
    return o;
}

io_server mount_socketio_ticker(anywire::server& server, census& counts, std::string const& name) {
    anywire::socketio::options o;
    o.engine = fast_engineio();
    o.recovery.enabled = true;
    io_server const io(std::move(o));
    count_sockets(counts, counts.at(name, "Socket.IO"), io);
    server.mount(lab_path(name), io);
    return io;
}

}  // namespace

std::function<void(std::uint64_t)> mount_lab(anywire::server& server, census& counts) {
    mount_echo(server,
               counts,
               "ws",
               "WebSocket",
               anywire::websocket_options{.limits = lab_limits(), .origins = {"*"}});
    for (auto const* transport : {"websocket",
                                  "xhr-streaming",
                                  "eventsource",
                                  "htmlfile",
                                  "xhr-polling",
                                  "jsonp-polling",
                                  "iframe-eventsource",
                                  "iframe-htmlfile",
                                  "iframe-xhr-polling"})
        mount_echo(server, counts, std::string("sockjs-") + transport, "SockJS", lab_sockjs());
    for (auto const* way : {"polling", "websocket", "upgrade"}) {
        mount_echo(server, counts, std::string("eio-") + way, "Engine.IO", lab_engineio());
        mount_socketio_echo(server, counts, std::string("sio-") + way);
    }
    mount_chat(server, counts);

    auto const ws = mount_ticker(server, counts, "break-ws", "WebSocket", fast_websocket());
    auto const sockjs = mount_ticker(server, counts, "break-sockjs", "SockJS", fast_sockjs());
    auto const http = mount_ticker(server, counts, "break-http", "SockJS", fast_sockjs());
    auto const eio = mount_ticker(server, counts, "break-eio", "Engine.IO", fast_engineio());
    auto const io = mount_socketio_ticker(server, counts, "break-sio");
    return [ws, sockjs, http, eio, io](std::uint64_t n) {
        auto const text = std::to_string(n);
        for (auto const* each : {&ws, &sockjs, &http, &eio}) each->broadcast(text);
        io.emit("tick", text);
    };
}

}  // namespace demo
