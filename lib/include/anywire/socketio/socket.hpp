#pragma once

#include <anywire/request.hpp>
#include <anywire/socketio/broadcast.hpp>

#include <any>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::socketio {

/// Why a socket left its namespace; `to_string` gives the protocol's words.
enum class disconnect_reason : std::uint8_t {
    transport_error,
    transport_close,
    forced_close,
    ping_timeout,
    parse_error,
    server_shutting_down,
    forced_server_close,
    client_namespace_disconnect,
    server_namespace_disconnect,
};
[[nodiscard]] std::string_view to_string(disconnect_reason why) noexcept;

/// What became of a client's wish to go on where it was cut off.
enum class recovery : std::uint8_t {
    not_asked,
    recovered,
    unknown_session,  ///< Never stored here, used already, or swept as too old.
    expired,
    /// The log does not reach back to what the client has seen, or more was missed since than one
    /// connection may have queued.
    offset_lost,
    not_stored,  ///< Recovery is off.
};

class nsp;

/// Names a listener, to be removed by.
using listener_id = std::uint64_t;

/// One client in one namespace.
///
/// Thread: its shard's. Use it only inside handlers, or through `nsp::post`.
/// Borrow: keeps its address until its `disconnect` handlers have returned, so its own handlers may
///         capture it. What lives longer keeps the `id()`.
class socket {
public:
    socket(socket const&) = delete;
    socket& operator=(socket const&) = delete;

    /// Public: other clients may know it. But not that of clients of Engine.IO 3 (1.x, 2.x), which
    /// show their session's sid as `socket.id`, and compare with it: until such a client has come
    /// to its WebSocket, whoever knows the id can read and write in its place.
    std::string const& id() const noexcept;
    std::string const& nsp_name() const noexcept;
    anywire::socketio::nsp nsp() const noexcept;
    bool is_connected() const noexcept;
    recovery recovery_result() const noexcept;
    bool recovered() const noexcept { return recovery_result() == recovery::recovered; }
    /// "polling" or "websocket", now.
    std::string_view transport() const noexcept;
    /// The public id of the connection (`session::id`): the same in all of its namespaces.
    std::string_view connection_id() const noexcept;
    /// The request that opened the connection.
    anywire::request const& request() const noexcept;
    anywire::socketio::handshake handshake() const;
    /// What the client gave as `auth`.
    json_view auth() const noexcept;
    /// The same as a value; nothing if it does not fit.
    template <class T>
    std::optional<T> auth_as() const {
        std::optional<T> value{std::in_place};
        if (!read_value(auth(), *value)) value.reset();
        return value;
    }
    /// The application's own. A recovered socket has it again, as a copy; `fetch_sockets` copies
    /// it.
    std::any& data() noexcept;
    /// The same as a `T`, made by its default constructor where there is none yet.
    template <class T>
    T& data_as() {
        if (auto* const known = std::any_cast<T>(&data())) return *known;
        return data().template emplace<T>();
    }
    /// What `authorize` accepted the connection with.
    std::any& connection_data() noexcept;
    /// Bytes queued for the connection, each message charged 64 more.
    std::size_t queued_bytes() const noexcept;
    /// Packets for the connection that were dropped so far: by the overflow policy, volatile ones
    /// that could not leave at once, and broadcasts and acknowledgements that the policy `refuse`
    /// refused, since nobody hears of those otherwise (`on_drain` follows when there is room).
    std::uint64_t dropped() const noexcept;
    /// Packets for the connection that a later one of the same key has replaced in the queue.
    std::uint64_t replaced() const noexcept;

    // -- events -----------------------------------------------------------------------------------
    /// Calls `f` for each event of that name. `f` takes, in this order: `socket&` if it wants; the
    /// event's arguments as values, optionals at the end being allowed to be missing; an `ack<...>`
    /// if it wants. Arguments that do not fit are an error that the client hears; `f` is then not
    /// called.
    ///
    /// Throws: `std::invalid_argument` for a name that is no client's event here ("disconnect",
    ///         "error" and the like): the text says which function it is. As every function here
    ///         that takes one does for an empty handler.
    template <class F>
    listener_id on(std::string_view name, F f) {
        return add(std::string(name), detail::make_event_handler(std::move(f)), false);
    }
    /// The same for the next event of that name only; one that does not fit counts.
    template <class F>
    listener_id once(std::string_view name, F f) {
        return add(std::string(name), detail::make_event_handler(std::move(f)), true);
    }
    /// Removes a listener of this socket, of whatever kind.
    void off(listener_id which);
    /// Removes those of an event; what is registered on the namespace stays.
    void off(std::string_view name);

    /// Sees every event that the `use` functions let pass, before its handlers do; `prepend_any`
    /// before the others.
    listener_id on_any(handler<void(event const&)> f);
    listener_id prepend_any(handler<void(event const&)> f);
    void off_any();
    /// Sees every event that goes out, broadcasts among them; not what is emitted meanwhile.
    listener_id on_any_outgoing(handler<void(event const&)> f);
    listener_id prepend_any_outgoing(handler<void(event const&)> f);
    void off_any_outgoing();

    /// Stands before the handlers of every event. While one has not decided nothing more is read
    /// from this client. One that refuses makes `on_error` be called; the event is dropped.
    void use(handler<void(event const&, next)> f);
    void on_error(handler<void(connect_error const&)> f);

    /// The connection has gone from polling to a WebSocket, as `transport` says.
    void on_upgrade(handler<void()> f);

    /// Before and after the socket has left its rooms.
    void on_disconnecting(handler<void(disconnect_reason)> f);
    void on_disconnect(handler<void(disconnect_reason)> f);

    // -- sending ----------------------------------------------------------------------------------
    class sender;

    /// Sends an event. Never blocks. A last argument that is a function takes the answer: its
    /// parameters are the values, led by an `error_code` if it wants to hear of what went wrong. It
    /// is called before the last `disconnect` handler, if at all. Before the socket has joined, and
    /// when it has left, nothing is sent.
    ///
    /// Errors: as `session::send`; nothing was queued then. Safe to ignore. `errc::message_dropped`
    ///         also for a volatile event whose transport was busy, and for one that repeats a
    ///         peer's value that only looks like bytes. With recovery an event that met
    ///         `errc::session_closed` while the socket was connected is kept for its return.
    /// Throws: `std::invalid_argument` for a reserved name.
    template <class... A>
    result<void> emit(std::string_view name, A&&... args) {
        return emit_with({}, name, std::forward<A>(args)...);
    }
    /// To be awaited in a coroutine (`anywire/coro.hpp`): emits, and gives the answer: a
    /// `result<R>`, of a `std::tuple` for several types, of `void` for none. A temporary struct as
    /// an argument needs a name first on GCC 12.
    ///
    /// Errors: as `emit`; `errc::ack_timeout`, `errc::bad_arguments`; `errc::session_closed` also
    ///         when the socket leaves meanwhile.
    template <class... R, class... A>
    auto async_emit(std::string_view name, A&&... args);
    /// To be awaited: `delay`, rounded up to 25 ms. The coroutine of a socket that goes first is
    /// destroyed.
    auto async_wait(std::chrono::milliseconds delay);
    /// The same of an object in braces: `emit("moved", {{"x", 1}, {"y", 2}})`.
    template <class... A>
    result<void> emit(std::string_view name, json_object const& first, A&&... others) {
        return emit_with({}, name, first, std::forward<A>(others)...);
    }
    /// The queue ran empty after an emit had been refused for want of room.
    void on_drain(handler<void()> f);
    // NOLINTNEXTLINE(readability-identifier-naming): `volatile` is a keyword
    [[nodiscard]] sender volatile_();
    [[nodiscard]] sender compress(bool on);
    /// For the answer of one emit. Without it an answer is waited for as long as the socket lives.
    [[nodiscard]] sender timeout(std::chrono::milliseconds longest);
    /// For an event of which only the latest counts, a price or a position: one of this namespace
    /// with the same key that still waits gives the new one its place in the queue, and with it its
    /// turn before what was emitted later. What has left the queue stays sent. Those replaced are
    /// counted in `replaced()`. An empty key is a plain emit; `volatile_` outdoes it. Recovery does
    /// not keep such events: emit the state anew to who has `recovered()`.
    ///
    /// Errors: as `emit`. `errc::message_dropped` also for bytes that go beside the text, as they
    ///         do with the default parser: what is several frames is not replaced.
    /// Throws: `std::invalid_argument` where an answer is asked for: it might be replaced.
    [[nodiscard]] sender latest(std::string_view key);

    // -- others -----------------------------------------------------------------------------------
    /// All others of the namespace, or of rooms.
    [[nodiscard]] anywire::socketio::broadcast broadcast() const;
    [[nodiscard]] anywire::socketio::broadcast to(room_names const& rooms) const;
    [[nodiscard]] anywire::socketio::broadcast in(room_names const& rooms) const {
        return to(rooms);
    }
    [[nodiscard]] anywire::socketio::broadcast except(room_names const& rooms) const;

    // -- rooms ------------------------------------------------------------------------------------
    /// False when it is in `options::max_rooms` already, or has left.
    bool join(room_names const& rooms);
    void leave(std::string_view room);
    /// Its own first.
    std::vector<std::string> rooms() const;
    bool is_in(std::string_view room) const noexcept;

    /// Leaves the namespace, and with `close` ends the connection for all of them. The handlers
    /// hear of it when the one that called has returned.
    void disconnect(bool close = false);

    /// Calls `f` once, `delay` from now (rounded up to 25 ms), unless the socket has gone by then.
    void after(std::chrono::milliseconds delay, handler<void(socket&)> f);

protected:
    socket() noexcept = default;
    ~socket() = default;

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
    listener_id add(std::string name, detail::event_handler f, bool once);
    result<void> send(emit_flags const& flags,
                      std::string_view name,
                      detail::encoded e,
                      detail::ack_handler a);
};

/// An emit with flags: `socket.volatile_().emit(...)`.
class socket::sender {
public:
    explicit sender(socket& s) noexcept : socket_(s) {}
    // NOLINTNEXTLINE(readability-identifier-naming): `volatile` is a keyword
    sender& volatile_() noexcept { return flags_.is_volatile = true, *this; }
    sender& compress(bool on) noexcept { return flags_.is_compressed = on, *this; }
    sender& timeout(std::chrono::milliseconds longest) noexcept {
        return flags_.timeout = longest, *this;
    }
    sender& latest(std::string_view key) { return flags_.key = key, *this; }
    template <class... A>
    result<void> emit(std::string_view name, A&&... args) {
        return socket_.emit_with(flags_, name, std::forward<A>(args)...);
    }
    /// As `socket::async_emit`.
    template <class... R, class... A>
    auto async_emit(std::string_view name, A&&... args);
    template <class... A>
    result<void> emit(std::string_view name, json_object const& first, A&&... others) {
        return socket_.emit_with(flags_, name, first, std::forward<A>(others)...);
    }

private:
    socket& socket_;
    emit_flags flags_{};
};

// NOLINTNEXTLINE(readability-identifier-naming)
inline socket::sender socket::volatile_() {
    return sender(*this).volatile_();
}
inline socket::sender socket::compress(bool on) {
    return sender(*this).compress(on);
}
inline socket::sender socket::timeout(std::chrono::milliseconds longest) {
    return sender(*this).timeout(longest);
}
inline socket::sender socket::latest(std::string_view key) {
    return sender(*this).latest(key);
}

}  // namespace anywire::socketio
