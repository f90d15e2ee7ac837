#pragma once

#include <anywire/client_failure.hpp>
#include <anywire/handler.hpp>
#include <anywire/socketio/client_options.hpp>
#include <anywire/socketio/client_socket.hpp>

#include <memory>
#include <string_view>
#include <utility>

namespace anywire::socketio {

class manager_core;

/// One connection of a client to its server, and the sockets that share it: socket.io-client's
/// Manager. `socketio::client` (anywire/socketio_client.hpp) is one that has its own. A handle:
/// copies name the same connection, and it ends with the client, not with them.
///
/// Thread: as `client_socket`.
class manager {
public:
    explicit manager(std::shared_ptr<manager_core> core) noexcept : core_(std::move(core)) {}

    /// The socket of a namespace ("/chat" or "chat"), made if it is not there; then it has these
    /// options. It waits to be connected.
    ///
    /// Throws: `std::invalid_argument` for a name that cannot be said: with a comma, a question
    ///         mark or the byte 0x1e; for auth that is no object.
    client_socket& socket(std::string_view nsp = "/", client_socket_options o = {}) const;

    /// Connects all sockets that were made; the main namespace's, if none was.
    void connect() const;
    /// Disconnects all sockets, and closes the connection.
    void close() const;

    bool is_open() const noexcept;
    /// "polling" or "websocket", now; empty while there is no connection. Thread: the context's.
    std::string_view transport() const noexcept;

    /// A connection has opened, the first or a new one. No namespace has been joined yet.
    listener_id on_open(handler<void()> f) const;
    /// No connection could be opened. Every active socket hears `connect_error`, too.
    listener_id on_failure(handler<void(client_failure const&)> f) const;
    /// It will try again.
    listener_id on_reconnecting(handler<void(client_retry const&)> f) const;
    /// The connection goes on over another transport: an upgrade.
    listener_id on_transport(handler<void()> f) const;
    /// It will not try again: `reconnect_options` have no more attempts, or are off. `connect`
    /// begins anew; sockets stay active.
    listener_id on_reconnect_failed(handler<void()> f) const;
    /// Removes a listener of this manager.
    void off(listener_id which) const;

    std::shared_ptr<manager_core> const& core() const noexcept { return core_; }

private:
    std::shared_ptr<manager_core> core_;
};

}  // namespace anywire::socketio
