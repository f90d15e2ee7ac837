#pragma once

#include <anywire/hub.hpp>
#include <anywire/socketio/handler.hpp>

#include <any>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::socketio {

class nsp_core;
class broadcast;

/// How a packet goes out.
struct emit_flags {
    bool is_volatile = false;  ///< Dropped where it cannot leave at once.
    bool is_compressed = true;
    bool is_local = false;                               ///< To this server's sockets only.
    std::optional<std::chrono::milliseconds> timeout{};  ///< Of the acknowledgement.
    std::string key{};  ///< It replaces what waits with the same one; empty: nothing.
};

/// Which sockets of a namespace. Every socket is in the room called as its id.
using socket_filter = audience;

/// One room's name or several: "a", {"a", "b"}, a vector. A name is any text.
class room_names {
public:
    template <class Text>
    requires std::convertible_to<Text const&, std::string_view> room_names(Text const& one)
        : all_{std::string(std::string_view(one))} {}
    room_names(std::initializer_list<std::string_view> names) : all_(names.begin(), names.end()) {}
    room_names(std::vector<std::string> names) noexcept : all_(std::move(names)) {}

    std::vector<std::string> const& all() const noexcept { return all_; }

private:
    std::vector<std::string> all_;
};

/// What the client told when it connected.
struct handshake {
    std::vector<std::pair<std::string, std::string>> headers{};  ///< Names in lower case.
    std::string time{};                                          ///< When, for people.
    std::string address{};                                       ///< The client's.
    bool xdomain = false;  ///< It sent an Origin field, as browsers do from elsewhere.
    bool secure = false;
    std::int64_t issued = 0;  ///< When, in ms since 1970.
    std::string url{};        ///< The request target.
    std::vector<std::pair<std::string, std::string>> query{};
    json_value auth{};  ///< An object.
};

/// As Node's `socket.handshake`.
void to_json(json_writer& out, handshake const& value);

/// A socket that may live on another shard: what it was when it was asked for.
struct remote_socket {
    std::string id{};
    anywire::socketio::handshake handshake{};
    std::vector<std::string> rooms{};
    std::any data{};
    // Empty where a socket of another server was asked for, and its adapter does not say.
    std::string connection_id{};
    std::string transport{};
};

/// Sockets of a namespace, and how to send to them. A value: each call makes another one.
///
/// Thread: any. What is emitted from one thread arrives in its order; all emits of a namespace
///         reach all its sockets in one order.
/// Borrow: keeps its namespace.
class broadcast {
public:
    explicit broadcast(std::shared_ptr<nsp_core> where) noexcept : where_(std::move(where)) {}

    /// Adds rooms whose sockets are meant, or are not.
    [[nodiscard]] broadcast to(room_names const& rooms) const;
    [[nodiscard]] broadcast in(room_names const& rooms) const { return to(rooms); }
    [[nodiscard]] broadcast except(room_names const& rooms) const;

    /// Drops the event for every socket whose transport cannot take it at once.
    // NOLINTNEXTLINE(readability-identifier-naming): `volatile` is a keyword
    [[nodiscard]] broadcast volatile_() const;
    [[nodiscard]] broadcast compress(bool on) const;
    /// This server's sockets only, where several share a namespace.
    [[nodiscard]] broadcast local() const;
    /// How long acknowledgements are waited for.
    [[nodiscard]] broadcast timeout(std::chrono::milliseconds longest) const;

    /// Has the event replace one of the same key that still waits for a socket; see
    /// `socket::latest`. One with bytes beside its text is logged and not sent.
    [[nodiscard]] broadcast latest(std::string_view key) const;

    /// Sends an event; encoded once for all.
    ///
    /// A last argument that is a function takes the answers: `(error_code, std::vector<T>)`, the
    /// first argument of each, or the vector alone. It is called once, with an error or without:
    /// when all have answered, or at the timeout, or when one that has not answered left; what had
    /// come is there. It may be called when a socket has gone: let it keep no `socket&`. What is
    /// asked before the mount is told when the server runs; after the server's end at once, on the
    /// calling thread, as `errc::session_closed`.
    ///
    /// Throws: `std::invalid_argument` for a reserved name (connect, connect_error, disconnect,
    ///         disconnecting, newListener, removeListener), and for answers to what is `latest`;
    ///         `std::logic_error` if answers are asked of what makes namespaces.
    template <class... A>
    void emit(std::string_view name, A&&... args) const {
        detail::encode_emit(
            name,
            [](auto&& f) { return detail::make_acks_handler(std::forward<decltype(f)>(f)); },
            [&](detail::encoded e, detail::ack_handler a) {
                send(name, std::move(e), std::move(a));
            },
            std::forward<A>(args)...);
    }
    /// The same of an object in braces: `emit("moved", {{"x", 1}, {"y", 2}})`.
    template <class... A>
    void emit(std::string_view name, json_object const& first, A&&... others) const {
        emit<json_object const&, A...>(name, first, std::forward<A>(others)...);
    }

    /// To be awaited in a coroutine (`anywire/coro.hpp`): emits, and gives the first argument of
    /// each answer, as `answers<T>`.
    template <class T, class... A>
    auto async_emit(std::string_view name, A&&... args) const;
    /// To be awaited: what `fetch_sockets` and `socket_ids` give, as a `result` of a vector.
    auto async_fetch_sockets() const;
    auto async_socket_ids() const;

    /// Asks for the sockets; the answer comes on the thread of the shard whose handler asks, else
    /// on the first's.
    ///
    /// Throws: `std::logic_error` for what makes namespaces.
    void fetch_sockets(handler<void(error_code, std::vector<remote_socket>)> then) const;
    /// Asks for their ids alone, which is cheaper; otherwise the same.
    void socket_ids(handler<void(error_code, std::vector<std::string>)> then) const;
    /// Asks only how many there are.
    void count_sockets(handler<void(error_code, std::size_t)> then) const;
    void sockets_join(room_names const& rooms) const;
    void sockets_leave(room_names const& rooms) const;
    /// `close` ends the connection under them, too.
    void disconnect_sockets(bool close = false) const;

private:
    void send(std::string_view name, detail::encoded e, detail::ack_handler a) const;

    std::shared_ptr<nsp_core> where_;
    socket_filter filter_{};
    emit_flags flags_{};
};

}  // namespace anywire::socketio
