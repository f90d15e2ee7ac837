#pragma once

#include <anywire/client_context.hpp>
#include <anywire/json.hpp>
#include <anywire/socketio/client_async.hpp>
#include <anywire/socketio/client_options.hpp>
#include <anywire/socketio/client_socket.hpp>
#include <anywire/socketio/json.hpp>
#include <anywire/socketio/manager.hpp>

#include <memory>

namespace anywire::socketio {

/// A Socket.IO client: a manager with a connection of its own.
///
///     sio::client io(context, {.url = "https://example.com"});
///     auto& socket = io.socket();
///     socket.on("news", [](std::string text) { ... });
///     socket.connect();
///
/// Spec:   Socket.IO protocol 5, and 4 where `engine.revision` is 3; as socket.io-client 4.
/// Thread: any, as `manager` and `client_socket`. Destroying it drops the connection without a
///         word; no handler runs after that, unless one is running on another thread meanwhile.
/// Borrow: the context, which outlives it. Its sockets go with the last handle of the manager.
class client : public manager {
public:
    /// Throws: `std::invalid_argument` for a URL or an option that is not valid, in one sentence.
    client(client_context& on, client_options options);
    client(client const&) = delete;
    client& operator=(client const&) = delete;
    ~client();

private:
    class impl;
    client(client_context& on, std::shared_ptr<impl> made);

    client_context& on_;
    std::shared_ptr<impl> impl_;
};

}  // namespace anywire::socketio
