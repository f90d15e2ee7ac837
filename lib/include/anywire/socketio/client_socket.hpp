#pragma once

#include <anywire/handler.hpp>
#include <anywire/socketio/broadcast.hpp>
#include <anywire/socketio/client_options.hpp>
#include <anywire/socketio/handler.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <string>
#include <string_view>
#include <utility>

namespace anywire::socketio {

/// Why a client's socket is not connected any more; `to_string` gives socket.io-client's words.
enum class client_disconnect_reason : std::uint8_t {
    io_server_disconnect,  ///< The server has put it out: it does not come back by itself.
    io_client_disconnect,  ///< `client_socket::disconnect`, or `manager::close`.
    ping_timeout,
    transport_close,
    transport_error,
    parse_error,   ///< What the server sent is no packet, or passes a limit.
    forced_close,  ///< A handler of the application's threw.
};
[[nodiscard]] std::string_view to_string(client_disconnect_reason why) noexcept;

class manager;

/// Names a listener, to be removed by.
using listener_id = std::uint64_t;

/// A client in one namespace of its server, whether it is connected or not; handlers stay
/// registered when it comes back. `socketio::socket` is the other end of it.
///
/// Thread: any. On another thread than the client's context each call is done there soon, in order;
///         what returns a value then tells what may have changed. Handlers run on the context.
/// Borrow: lives as long as its manager.
class client_socket {
public:
    client_socket(client_socket const&) = delete;
    client_socket& operator=(client_socket const&) = delete;

    /// The server's name for it, another one after each connect that has not recovered; empty while
    /// it is not connected. Thread: the context's.
    std::string const& id() const noexcept;
    std::string const& nsp_name() const noexcept;
    bool is_connected() const noexcept;
    /// Whether it connects by itself when the connection has opened: from `connect` on, until it is
    /// disconnected by either side, or refused.
    bool is_active() const noexcept;
    /// Whether this connect has gone on where the one before was cut off, and nothing was missed.
    bool recovered() const noexcept;
    anywire::socketio::manager manager() const noexcept;

    /// Joins the namespace, and opens the connection where it is not. Does nothing while the socket
    /// is active and its connection at it.
    void connect();
    /// Leaves the namespace; the connection is closed when no other socket is active. What waits to
    /// be sent stays, for the next `connect`.
    void disconnect();
    /// What the server is shown from the next connect on.
    void set_auth(client_auth auth);

    // -- events -----------------------------------------------------------------------------------
    /// The namespace has let it in, the first time or again. Events that came before have been
    /// handed on already, as socket.io-client does it.
    listener_id on_connect(handler<void()> f);
    /// It is not let in. By the server (a middleware's refusal, with its data): then it is not
    /// active any more, and `connect` tries again. Or because no connection could be opened, or one
    /// was lost before the server had answered: then it is, and comes back with the connection.
    listener_id on_connect_error(handler<void(connect_error const&)> f);
    /// It was connected, and is not any more. Answers that are still owed have been given up
    /// (`errc::session_closed`).
    listener_id on_disconnect(handler<void(client_disconnect_reason)> f);

    /// Calls `f` for each event of that name. `f` takes, in this order: `client_socket&` if it
    /// wants; the event's arguments as values, optionals at the end being allowed to be missing; an
    /// `ack<...>` if it wants. Arguments that do not fit are logged, and the server's
    /// acknowledgement, if it asked for one, gets `{"error": "argument 2: expected integer"}`; `f`
    /// is then not called. With recovery the server adds one argument to events, which `f` need not
    /// take.
    ///
    /// Throws: `std::invalid_argument` for a name that is no event of the server's ("connect",
    ///         "disconnect" and the like): the text says which function it is. As every function
    ///         here that takes one does for an empty handler.
    template <class F>
    listener_id on(std::string_view name, F f) {
        return add(
            std::string(name), detail::make_event_handler<client_socket>(std::move(f)), false);
    }
    /// The same for the next event of that name only; one that does not fit counts.
    template <class F>
    listener_id once(std::string_view name, F f) {
        return add(
            std::string(name), detail::make_event_handler<client_socket>(std::move(f)), true);
    }
    /// Removes a listener, of whatever kind.
    void off(listener_id which);
    /// Removes those of an event.
    void off(std::string_view name);

    /// Sees every event before its handlers do; `prepend_any` before the others.
    listener_id on_any(handler<void(event const&)> f);
    listener_id prepend_any(handler<void(event const&)> f);
    void off_any();
    /// Sees every event that goes out, when it does; not what is emitted meanwhile.
    listener_id on_any_outgoing(handler<void(event const&)> f);
    listener_id prepend_any_outgoing(handler<void(event const&)> f);
    void off_any_outgoing();

    // -- sending ----------------------------------------------------------------------------------
    class sender;

    /// Sends an event; while the socket is not connected it is kept, and sent when it is. Never
    /// blocks. A last argument that is a function takes the answer: its parameters are the values,
    /// led by an `error_code` if it wants to hear of what went wrong (`errc::ack_timeout`,
    /// `errc::session_closed` when the connection was lost after it was sent,
    /// `errc::bad_arguments`).
    ///
    /// Errors: `errc::send_queue_full`: more waits than `client_options::max_buffered_bytes`, or
    ///         `engine.max_queued_bytes` while connected; `on_drain` follows in the second case.
    ///         `errc::message_dropped`: a volatile event while the transport was busy or there was
    ///         none, or an event that repeats a peer's value that only looks like bytes. Nothing
    ///         was queued, and the function is not called. On another thread than the context's
    ///         there is no error: the function is called with it.
    /// Throws: `std::invalid_argument` for a reserved name.
    template <class... A>
    result<void> emit(std::string_view name, A&&... args) {
        return emit_with({}, name, std::forward<A>(args)...);
    }
    /// The same of an object in braces: `emit("moved", {{"x", 1}, {"y", 2}})`.
    template <class... A>
    result<void> emit(std::string_view name, json_object const& first, A&&... others) {
        return emit_with({}, name, first, std::forward<A>(others)...);
    }
    /// To be awaited in a coroutine (`anywire/socketio/client_async.hpp`): emits, and gives the
    /// answer, as `socket::async_emit`.
    template <class... R, class... A>
    auto async_emit(std::string_view name, A&&... args);
    /// To be awaited: `delay`, rounded up to 25 ms. The coroutine of a socket that goes first is
    /// destroyed.
    auto async_wait(std::chrono::milliseconds delay);
    /// Runs `f(*this)`, a coroutine that returns `anywire::task<>`, on the client's context, as
    /// `anywire::client::start`. What it throws does what a handler's exception does.
    template <class F>
    std::future<void> start(F f);

    /// The connection's queue ran empty after an emit had been refused for want of room.
    listener_id on_drain(handler<void()> f);
    // NOLINTNEXTLINE(readability-identifier-naming): `volatile` is a keyword
    [[nodiscard]] sender volatile_();
    /// Whether the event may be compressed, where that was agreed on (`engine.compress`, over a
    /// WebSocket). Default on; off for what is compressed already.
    [[nodiscard]] sender compress(bool on);
    /// For the answer of one emit; it also bounds how long the event is kept.
    [[nodiscard]] sender timeout(std::chrono::milliseconds longest);

    /// Bytes of events that wait in the socket: it is not connected, or acknowledgements are owed.
    /// Thread: the context's.
    std::size_t buffered_bytes() const noexcept;

    /// Calls `f` once, `delay` from now (rounded up to 25 ms), unless the client goes first.
    void after(std::chrono::milliseconds delay, handler<void(client_socket&)> f);

protected:
    client_socket() noexcept = default;
    ~client_socket() = default;

private:
    template <class... A>
    result<void> emit_with(emit_flags const& flags, std::string_view name, A&&... args) {
        result<void> sent;
        detail::encode_emit(
            name,
            [](auto&& f) { return detail::make_ack_handler(std::forward<decltype(f)>(f)); },
            [&](detail::encoded e, detail::ack_handler a) {
                sent = send(flags, name, std::move(e), std::move(a));
            },
            std::forward<A>(args)...);
        return sent;
    }
    listener_id add(std::string name, detail::basic_event_handler<client_socket> f, bool once);
    result<void> send(emit_flags const& flags,
                      std::string_view name,
                      detail::encoded e,
                      detail::ack_handler a);
};

/// An emit with flags: `socket.timeout(1s).emit(...)`.
class client_socket::sender {
public:
    explicit sender(client_socket& s) noexcept : socket_(s) {}
    // NOLINTNEXTLINE(readability-identifier-naming): `volatile` is a keyword
    sender& volatile_() noexcept { return flags_.is_volatile = true, *this; }
    sender& compress(bool on) noexcept { return flags_.is_compressed = on, *this; }
    sender& timeout(std::chrono::milliseconds longest) noexcept {
        return flags_.timeout = longest, *this;
    }
    template <class... A>
    result<void> emit(std::string_view name, A&&... args) {
        return socket_.emit_with(flags_, name, std::forward<A>(args)...);
    }
    template <class... A>
    result<void> emit(std::string_view name, json_object const& first, A&&... others) {
        return socket_.emit_with(flags_, name, first, std::forward<A>(others)...);
    }
    /// As `client_socket::async_emit`.
    template <class... R, class... A>
    auto async_emit(std::string_view name, A&&... args);

private:
    client_socket& socket_;
    emit_flags flags_{};
};

// NOLINTNEXTLINE(readability-identifier-naming)
inline client_socket::sender client_socket::volatile_() {
    return sender(*this).volatile_();
}
inline client_socket::sender client_socket::compress(bool on) {
    return sender(*this).compress(on);
}
inline client_socket::sender client_socket::timeout(std::chrono::milliseconds longest) {
    return sender(*this).timeout(longest);
}

}  // namespace anywire::socketio

namespace anywire::handler_checks {

template <>
struct handler_shape<void(socketio::client_disconnect_reason)> {
    template <bool Fits>
    static constexpr void check() {
        static_assert(Fits, "write [](sio::client_disconnect_reason why) { ... }");
    }
};
template <>
struct handler_shape<void(socketio::client_socket&)> {
    template <bool Fits>
    static constexpr void check() {
        static_assert(Fits, "write [](sio::client_socket& socket) { ... }");
    }
};
template <>
struct handler_shape<void(socketio::auth_answer)> {
    template <bool Fits>
    static constexpr void check() {
        static_assert(Fits, "write [](sio::auth_answer answer) { ... }");
    }
};

}  // namespace anywire::handler_checks
