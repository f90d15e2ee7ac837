#pragma once

#include <anywire/client_options.hpp>
#include <anywire/handler.hpp>
#include <anywire/json/convert.hpp>
#include <anywire/json/literals.hpp>
#include <anywire/json/value.hpp>
#include <anywire/socketio/parser.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace anywire::socketio {

/// Takes what a namespace is joined with: a value that is written as a JSON object.
///
/// Thread: any, at once or later; only the first call counts. If all copies go without one, the
///         socket hears `connect_error`, and is not active any more.
class auth_answer {
public:
    using channel = std::function<void(json_value)>;
    explicit auth_answer(std::shared_ptr<channel> to) noexcept : to_(std::move(to)) {}

    template <class T>
    void operator()(T const& value) const {
        if (to_) (*to_)(anywire::to_json(value));
    }
    void operator()(json_object const& value) const {
        if (to_) (*to_)(value.value());
    }

private:
    std::shared_ptr<channel> to_;
};

/// What a client shows to join a namespace, which the server has as `socket.auth()`: an object, or
/// a function that finds one each time the client joins, for tokens that expire.
class client_auth {
public:
    /// Nothing.
    client_auth() = default;
    client_auth(json_object const& value) : value_(value.value()) {}
    /// An object in braces: `.auth = {{"token", token}}`.
    client_auth(std::initializer_list<anywire::detail::json_entry> members)
        : value_(json_object(members).value()) {}
    template <class T>
    requires writable<T> client_auth(T const& value) : value_(anywire::to_json(value)) {}
    template <class F>
    requires std::invocable<F&, auth_answer> client_auth(F f) : ask_(std::move(f)) {}

    bool is_empty() const noexcept { return !value_ && !ask_; }
    /// The value; nothing where there is none, or a function.
    std::optional<json_value> const& value() const noexcept { return value_; }
    std::function<void(auth_answer)> const& function() const noexcept { return ask_; }

private:
    std::optional<json_value> value_{};
    handler<void(auth_answer)> ask_{};
};

/// How a client is in one namespace.
struct client_socket_options {
    /// In protocol 4 its members become the query of the namespace, and nothing for "/".
    client_auth auth{};
    /// How often an event is sent again that was not acknowledged in time, or not before the
    /// connection was lost. Where this is not 0, events wait for each other: each is sent when the
    /// one before it was acknowledged or given up, and the server has to acknowledge all of them.
    /// It may see one twice. Volatile events do not wait. Default 0: sent once, all at a time.
    std::uint32_t retries = 0;
    /// How long an answer is waited for where the emit does not say. Default 0: for as long as the
    /// socket is connected; with `retries` 10 s.
    std::chrono::milliseconds ack_timeout{0};
};

/// A Socket.IO client's options.
struct client_options {
    /// The server, "https://example.com": the path, "/socket.io/" where there is none, is that of
    /// its Engine.IO. Namespaces are given to `manager::socket`.
    std::string url{};
    /// The connection: transports, TLS, proxies, fields, how it comes back. `url` and `dialect` are
    /// not looked at here; what waits while there is no connection waits in the sockets, within
    /// `max_buffered_bytes`. `revision` 4 is protocol 5 of Socket.IO; 3 is its protocol 4, for
    /// servers of 1.x and 2.x.
    anywire::client_options engine{};

    /// Bytes of events that one socket holds while it is not connected, or waits for
    /// acknowledgements to send more; each event is charged 64 more. One always may. Beyond:
    /// `errc::send_queue_full`. The same again for events that come before the server has said that
    /// it is connected; more end the connection. Default 1 MiB.
    std::size_t max_buffered_bytes = 1u << 20;
    /// Of one socket's emits; beyond, the oldest is given up as `errc::ack_timeout`.
    std::size_t max_pending_acks = 1'000;

    unsigned max_attachments = 10;              ///< Of one packet; more end the connection.
    std::size_t max_packet_bytes = 10'000'000;  ///< A packet with all its attachments; the same.
    unsigned max_depth = 128;                   ///< Of nested arrays and objects; at most 512.

    /// How packets are encoded, as the server's `options::parser`; empty: as the protocol's
    /// document has it. Not together with `revision` 3.
    std::shared_ptr<packet_parser const> parser{};
};

}  // namespace anywire::socketio
