#pragma once

#include <anywire/redis/connection.hpp>
#include <anywire/socketio/broadcast.hpp>
#include <anywire/socketio/json.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace anywire::redis {

class port;

/// Options of an emitter.
struct emitter_options {
    /// What the names of channels begin with: that of the servers' adapters. Default "socket.io".
    std::string key{"socket.io"};
};

/// Sends events to the clients of Socket.IO servers by way of Redis, without being one of them: to
/// servers of this library with `pubsub_adapter`, and to those of Node with
/// @socket.io/redis-adapter. The counterpart of @socket.io/redis-emitter 5.
///
/// A value: each call that narrows it down makes another one.
///
/// Thread: any. What one thread sends arrives in its order.
class emitter {
public:
    explicit emitter(connection redis, emitter_options with = {});

    /// The namespace of that name ("/chat" or "chat") instead of the main one.
    [[nodiscard]] emitter of(std::string_view nsp) const;
    /// Adds rooms whose sockets are meant, or are not.
    [[nodiscard]] emitter to(socketio::room_names const& rooms) const;
    [[nodiscard]] emitter in(socketio::room_names const& rooms) const { return to(rooms); }
    [[nodiscard]] emitter except(socketio::room_names const& rooms) const;
    /// Drops the event for every socket whose transport cannot take it at once.
    // NOLINTNEXTLINE(readability-identifier-naming): `volatile` is a keyword
    [[nodiscard]] emitter volatile_() const;
    [[nodiscard]] emitter compress(bool on) const;

    /// Sends an event. Nobody answers it.
    ///
    /// Throws: `std::invalid_argument` for a reserved name (connect, connect_error, disconnect,
    ///         disconnecting, newListener, removeListener), and for a client's value that only
    ///         looks like bytes beside real ones.
    template <class... A>
    void emit(std::string_view name, A const&... args) const {
        send(name, socketio::detail::encode_event(name, args...));
    }
    /// The same of an object in braces: `emit("moved", {{"x", 1}, {"y", 2}})`.
    template <class... A>
    void emit(std::string_view name, json_object const& first, A const&... others) const {
        send(name, socketio::detail::encode_event(name, first, others...));
    }

    void sockets_join(socketio::room_names const& rooms) const;
    void sockets_leave(socketio::room_names const& rooms) const;
    /// `close` ends the connection under them, too.
    void disconnect_sockets(bool close = false) const;

    /// Tells the servers themselves: what they hear with `nsp::on_server_side`.
    ///
    /// Throws: `std::invalid_argument` as `emit`.
    template <class... A>
    void server_side_emit(std::string_view name, A const&... args) const {
        tell_servers(name, socketio::detail::encode_event(name, args...));
    }

    /// For tests: what stands for Redis.
    emitter(std::shared_ptr<port> at, emitter_options with);

private:
    void send(std::string_view name, socketio::encoded event) const;
    void tell_servers(std::string_view name, socketio::encoded event) const;

    std::shared_ptr<port> port_;
    std::string key_;
    std::string nsp_{"/"};
    socketio::socket_filter filter_{};
    socketio::emit_flags flags_{};
};

}  // namespace anywire::redis
