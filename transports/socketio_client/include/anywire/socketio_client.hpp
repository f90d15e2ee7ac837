#pragma once

#include <anywire/client_context.hpp>
#include <anywire/client_options.hpp>
#include <anywire/json.hpp>
#include <anywire/socketio/client_async.hpp>
#include <anywire/socketio/client_options.hpp>
#include <anywire/socketio/client_socket.hpp>
#include <anywire/socketio/json.hpp>
#include <anywire/socketio/manager.hpp>

#include <memory>

namespace anywire::socketio {

struct client_profile_data;

/// What any number of clients are made of, as `anywire::client_profile`: options that were checked
/// once, with what was made of them, the URL taken apart, the proxies of the environment, TLS with
/// its files as they are now. A copy costs nothing and shares it all, and so do its clients.
///
/// Thread: any; it is constant. It may be used on several contexts, and may go before its clients.
class client_profile {
public:
    /// Throws: `std::invalid_argument` for a URL or an option that is not valid, in one sentence.
    explicit client_profile(client_options options);

    client_options const& options() const noexcept;

private:
    friend class client;
    std::shared_ptr<client_profile_data const> data_;
};

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
    /// One of many, with what it has of its own: `target` is for plain WebSockets, and empty here.
    ///
    /// Throws: `std::invalid_argument` for particulars that are not valid, in one sentence.
    client(client_context& on, client_profile const& profile, client_particulars own = {});
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
