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

anywire::engineio_options fast_engineio() {
    auto o = lab_engineio();
    o.ping_interval = 3s;
    o.ping_timeout = 5s;
    return o;
}

std::string lab_path(std::string_view name) {
    return std::string(lab_prefix).append(name);
}

anywire::handlers counting(census& counts,
                           census::mount& m,
                           std::shared_ptr<endpoint> const& where,
                           std::function<void(session&, message_view)> on_message) {
    return {.on_open =
                [&counts, &m, weak = std::weak_ptr(where)](session& s) {
                    if (auto const here = weak.lock()) counts.enter(m, *here, s.id());
                },
            .on_message =
                [&m, on_message = std::move(on_message)](session& s, message_view text) {
                    ++m.received;
                    if (on_message) on_message(s, text);
                },
            .on_close = [&counts, &m](session& s,
                                      anywire::close_event const&) { counts.leave(m, s.id()); }};
}

void count_sockets(census& counts, census::mount& m, std::shared_ptr<io_server> const& io) {
    io->on_connection([&counts, &m, weak = std::weak_ptr(io)](socket& s) {
        if (auto const here = weak.lock()) counts.enter(m, *here, s.id());
        s.on_disconnect(
            [&counts, &m, &s](anywire::socketio::disconnect_reason) { counts.leave(m, s.id()); });
    });
}

namespace {

/// An echo on a mount of its own.
template <class Options>
void mount_echo(anywire::server& server,
                census& counts,
                keepsakes& kept,
                std::string const& name,
                std::string const& dialect,
                Options options) {
    auto& m = counts.at(name, dialect);
    auto const where = std::make_shared<endpoint>();
    kept.push_back(where);
    *where = server.mount(lab_path(name),
                          std::move(options),
                          counting(counts, m, where, [&m](session& s, message_view text) {
                              if (s.send(text)) ++m.sent;
                          }));
}

void mount_socketio_echo(anywire::server& server,
                         census& counts,
                         keepsakes& kept,
                         std::string const& name) {
    auto& m = counts.at(name, "Socket.IO");
    anywire::socketio::options o;
    o.engine = lab_engineio();
    auto const io = std::make_shared<io_server>(std::move(o));
    kept.push_back(io);
    count_sockets(counts, m, io);
    io->on("echo", [&m](socket& s, std::string text) {
        ++m.received;
        s.emit("echo", text);
        ++m.sent;
    });
    server.mount(lab_path(name), *io);
}

/// A mount that only hears numbers, for the "Break it" part.
template <class Options>
endpoint mount_ticker(anywire::server& server,
                      census& counts,
                      keepsakes& kept,
                      std::string const& name,
                      std::string const& dialect,
                      Options options) {
    auto const where = std::make_shared<endpoint>();
    kept.push_back(where);
    *where = server.mount(lab_path(name),
                          std::move(options),
                          counting(counts, counts.at(name, dialect), where, nullptr));
    return *where;
}

// As fast as `fast_engineio`.
anywire::websocket_options fast_websocket() {
    return {.limits = lab_limits(), .origins = {"*"}, .ping_interval = 4s, .ping_timeout = 5s};
}

anywire::sockjs_options fast_sockjs() {
    auto o = lab_sockjs();
    o.heartbeat = 4s;
    o.heartbeat_timeout = 5s;
    return o;
}

io_server mount_socketio_ticker(anywire::server& server,
                                census& counts,
                                keepsakes& kept,
                                std::string const& name) {
    anywire::socketio::options o;
    o.engine = fast_engineio();
    o.recovery.enabled = true;
    auto const io = std::make_shared<io_server>(std::move(o));
    kept.push_back(io);
    count_sockets(counts, counts.at(name, "Socket.IO"), io);
    server.mount(lab_path(name), *io);
    return *io;
}

void mount_echoes(anywire::server& server, census& counts, keepsakes& kept) {
    anywire::websocket_options const plain{.limits = lab_limits(), .origins = {"*"}};
    mount_echo(server, counts, kept, "ws", "WebSocket", plain);
    for (auto const* transport : {"websocket",
                                  "xhr-streaming",
                                  "eventsource",
                                  "htmlfile",
                                  "xhr-polling",
                                  "jsonp-polling",
                                  "iframe-eventsource",
                                  "iframe-htmlfile",
                                  "iframe-xhr-polling"})
        mount_echo(
            server, counts, kept, std::string("sockjs-") + transport, "SockJS", lab_sockjs());
    // What tells a stream that is held back from one that does not get through: it ends soon.
    auto brief = lab_sockjs();
    brief.response_limit = 4'096;
    mount_echo(server, counts, kept, "probe", "SockJS", brief);
    for (auto const* way : {"polling", "websocket", "upgrade"}) {
        mount_echo(server, counts, kept, std::string("eio-") + way, "Engine.IO", lab_engineio());
        mount_socketio_echo(server, counts, kept, std::string("sio-") + way);
    }
}

}  // namespace

lab_mounts mount_lab(anywire::server& server, census& counts) {
    lab_mounts out;
    auto& kept = out.kept;
    mount_echoes(server, counts, kept);
    mount_chat(server, counts, kept);
    auto const ws = mount_ticker(server, counts, kept, "break-ws", "WebSocket", fast_websocket());
    auto const sockjs = mount_ticker(server, counts, kept, "break-sockjs", "SockJS", fast_sockjs());
    auto const http = mount_ticker(server, counts, kept, "break-http", "SockJS", fast_sockjs());
    auto const eio = mount_ticker(server, counts, kept, "break-eio", "Engine.IO", fast_engineio());
    auto const io = mount_socketio_ticker(server, counts, kept, "break-sio");
    out.announce = [ws, sockjs, http, eio, io](std::uint64_t n) {
        auto const text = std::to_string(n);
        for (auto const* each : {&ws, &sockjs, &http, &eio}) each->broadcast(text);
        io.emit("tick", text);
    };
    return out;
}

}  // namespace demo
