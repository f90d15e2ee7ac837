#pragma once

#include <anywire/handlers.hpp>
#include <anywire/socketio/socket.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::socketio {

/// A namespace, or all that a predicate makes. A handle: copies name the same one.
///
/// Thread: any, for every function. What is registered counts for sockets that connect from then
///         on; register before the server runs. One function object serves all shards: with several
///         threads it is called on several at once, for different sockets. `on_room`,
///         `on_new_namespace` and `on_server_side` are called on the thread of the change.
/// Borrow: a handler that keeps a handle of its own namespace keeps it alive until its server and
///         its mount have gone.
class nsp {
public:
    explicit nsp(std::shared_ptr<nsp_core> core) noexcept : core_(std::move(core)) {}

    std::string const& name() const noexcept;

    /// Called for every socket that has joined; on its shard's thread.
    void on_connection(handler<void(socket&)> f) const;
    /// The same, before those that are registered already.
    void prepend_connection(handler<void(socket&)> f) const;
    /// Stands before the join, in the order of registration.
    void use(handler<void(socket&, next)> f) const;
    /// Decides who joins, in the words of `handlers::authorize`: stands among the `use` functions,
    /// and sees `socket.auth()` and `socket.request()`. What it accepts with becomes
    /// `socket.data()`. Who is refused gets the text as `connect_error`, and the status in its
    /// data.
    void authorize(handler<void(socket&, decision)> f) const;
    /// As `socket::on`, for all sockets: stored once, not per socket.
    ///
    /// Throws: `std::invalid_argument` for a name that is no client's event ("connection",
    ///         "disconnect" and the like): the text says which function it is. As every function
    ///         here that takes one does for an empty handler.
    template <class F>
    void on(std::string_view event_name, F f) const {
        add(std::string(event_name), detail::make_event_handler(std::move(f)));
    }
    /// Called when what changed them has returned; of different shards at once and in any order.
    void on_room(
        handler<void(room_change, std::string const& room, std::string const& id)> f) const;
    /// A dynamic namespace has come to be, here or below this predicate.
    void on_new_namespace(handler<void(nsp const&)> f) const;

    // -- sending: as `broadcast`
    [[nodiscard]] broadcast everybody() const { return broadcast(core_); }
    template <class... A>
    void emit(std::string_view event_name, A&&... args) const {
        everybody().emit(event_name, std::forward<A>(args)...);
    }
    template <class... A>
    void emit(std::string_view event_name, json_object const& first, A&&... others) const {
        everybody().emit(event_name, first, std::forward<A>(others)...);
    }
    [[nodiscard]] broadcast to(room_names const& rooms) const { return everybody().to(rooms); }
    [[nodiscard]] broadcast in(room_names const& rooms) const { return everybody().to(rooms); }
    [[nodiscard]] broadcast except(room_names const& rooms) const {
        return everybody().except(rooms);
    }
    // NOLINTNEXTLINE(readability-identifier-naming): `volatile` is a keyword
    [[nodiscard]] broadcast volatile_() const { return everybody().volatile_(); }
    [[nodiscard]] broadcast compress(bool on) const { return everybody().compress(on); }
    [[nodiscard]] broadcast local() const { return everybody().local(); }
    [[nodiscard]] broadcast timeout(std::chrono::milliseconds longest) const {
        return everybody().timeout(longest);
    }
    void fetch_sockets(handler<void(error_code, std::vector<remote_socket>)> then) const {
        everybody().fetch_sockets(std::move(then));
    }
    void socket_ids(handler<void(error_code, std::vector<std::string>)> then) const {
        everybody().socket_ids(std::move(then));
    }
    void count_sockets(handler<void(error_code, std::size_t)> then) const {
        everybody().count_sockets(std::move(then));
    }
    /// Asks for the names of all rooms, those that are sockets' ids among them; the answer comes as
    /// that of `fetch_sockets`.
    ///
    /// Throws: `std::logic_error` for what makes namespaces.
    void all_rooms(handler<void(error_code, std::vector<std::string>)> then) const;
    /// To be awaited in a coroutine (`anywire/coro.hpp`): the same, as a `result` of a vector.
    auto async_fetch_sockets() const;
    auto async_socket_ids() const;
    auto async_all_rooms() const;
    /// Asks for the names of the rooms that a socket is in; the same.
    void rooms_of(std::string_view socket_id,
                  handler<void(error_code, std::vector<std::string>)> then) const;
    void sockets_join(room_names const& rooms) const { everybody().sockets_join(rooms); }
    void sockets_leave(room_names const& rooms) const { everybody().sockets_leave(rooms); }
    void disconnect_sockets(bool close = false) const { everybody().disconnect_sockets(close); }

    /// Emits to the other servers of a cluster. A last argument that is a function takes their
    /// answers, as with `broadcast::emit`. Without an adapter there are no others.
    ///
    /// Throws: `std::invalid_argument` for a reserved name (connect, connection, new_namespace).
    template <class... A>
    void server_side_emit(std::string_view event_name, A&&... args) const {
        detail::encode_emit(
            event_name,
            [](auto&& f) { return detail::make_acks_handler(std::forward<decltype(f)>(f)); },
            [&](detail::encoded e, detail::ack_handler a) {
                send_to_servers(event_name, std::move(e), std::move(a));
            },
            std::forward<A>(args)...);
    }
    /// Hears what another server has emitted so.
    void on_server_side(handler<void(event const&)> f) const;

    /// Runs `f` on the socket's shard, never at once. For one that is still joining it runs when
    /// the socket has joined, after the `on_connection` functions. Where it will not run, `lost` is
    /// called once: there is no such socket, it was refused or has left first, or the server has
    /// ended.
    ///
    /// Throws: `std::invalid_argument` for an empty `f`, `std::logic_error` for what makes
    ///         namespaces.
    /// Thread: `lost` is called on any: on a shard's later, or at once where none runs any more.
    void post(std::string_view socket_id,
              handler<void(socket&)> f,
              handler<void()> lost = nullptr) const;
    /// Sockets connected now.
    std::size_t socket_count() const noexcept;

protected:
    std::shared_ptr<nsp_core> const& core() const noexcept { return core_; }

private:
    void add(std::string event_name, detail::event_handler f) const;
    void send_to_servers(std::string_view name, detail::encoded e, detail::ack_handler a) const;

    std::shared_ptr<nsp_core> core_;
};

}  // namespace anywire::socketio
