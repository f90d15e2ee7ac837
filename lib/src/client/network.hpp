#pragma once

#include <anywire/client_failure.hpp>
#include <anywire/close_reason.hpp>
#include <anywire/exchange.hpp>
#include <anywire/session.hpp>

#include "client/url.hpp"
#include "session/session_loop.hpp"
#include "websocket/client_handshake.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

// The seam between what a client says (lib/src/client, no sockets) and how it gets there
// (transports/client): HTTP requests and WebSockets. TLS, proxies, redirects, cookies and the reuse
// of connections are the network's; retries, timers and dialects are not.
//
// Thread: that of the loop, for all of it. Events never come from within a call to the network, and
// whoever hears one may destroy any object here, its own among them.
namespace anywire {

/// One request. Borrowed for the call that begins it.
struct client_request {
    std::string_view method = "GET";
    client_url const* url = nullptr;
    /// Further fields, without those that concern the connection or the body.
    std::span<websocket::request_field const> fields{};
    std::string_view content_type{};  ///< Of the body; empty: no field.
    std::string_view body{};          ///< Sent with its length where the method is POST.
    /// Bytes of the answer's body, decoded; `response` failure beyond. 0 is no limit: for a
    /// streamed one, whose reader counts.
    std::size_t max_body = 0;
    /// Until the head of the answer has come, or without `streamed` all of it. 0 is none.
    std::chrono::milliseconds timeout{0};
    /// Its answer is given out once: never ask again where the connection broke, not even by a GET
    /// on a connection that was used before. What an answer of a poll held would be lost unseen.
    bool is_once = false;
    /// Give the body as it comes; else it comes whole, as one piece, before the end.
    bool streamed = false;
    /// Somebody else asks, who gets the answer as it is: redirects are not followed, the body may
    /// be of any coding, and Host, Accept, Accept-Encoding and Content-Type are those of `fields`,
    /// if any; where it has no Host, that is the URL's.
    bool relayed = false;
};

/// The head of an answer. Borrowed for the call.
struct client_response {
    unsigned status = 0;
    std::span<http_field const> fields{};

    /// The first field of that name, in any case; empty when there is none.
    [[nodiscard]] std::string_view field(std::string_view name) const noexcept;
};

/// Hears of one answer: a head, pieces, and one of the two ends.
class client_response_events {
public:
    virtual void on_head(client_response const& head) = 0;
    /// Borrow: during the call. Never empty.
    virtual void on_body(std::string_view piece) = 0;
    /// The answer is complete. The last call.
    virtual void on_end() = 0;
    /// The last call.
    virtual void on_failure(client_failure const& why) = 0;

protected:
    ~client_response_events() = default;
};

/// A request that is under way. Destroying it ends it: its connection is closed unless the answer
/// was complete, and no event follows.
class client_call {
public:
    virtual ~client_call() = default;
    /// Stops and resumes the reading of a streamed body.
    virtual void pause(bool is) = 0;
};

/// What a WebSocket is opened with. Borrowed for the call.
struct client_websocket_request {
    client_url const* url = nullptr;
    std::span<websocket::request_field const> fields{};
    std::span<std::string const> protocols{};
    websocket::deflate_options deflate{};
    std::size_t max_message = 0;                  ///< Bytes, inflated; 1009 beyond.
    std::chrono::milliseconds timeout{0};         ///< Until it is open. 0 is none.
    std::chrono::milliseconds close_handshake{};  ///< For the server's answer to our close.
};

/// Hears of one WebSocket.
class client_websocket_events {
public:
    /// It is open. `protocol` is the subprotocol that the server chose. `response` is the 101.
    virtual void on_open(std::string_view protocol, client_response const& response) = 0;
    /// It did not open. The last call.
    virtual void on_failure(client_failure const& why) = 0;
    virtual void on_message(message_view m) = 0;
    /// The server showed another sign of life: a ping, which was answered, a pong, or enough bytes
    /// of a long message.
    virtual void on_alive() = 0;
    /// All that was sent is with the kernel again.
    virtual void on_sent() = 0;
    /// It has ended. `clean`: both have said goodbye. `how.code` is the server's; 1006 without one.
    /// The last call.
    virtual void on_closed(close_event const& how, bool clean) = 0;

protected:
    ~client_websocket_events() = default;
};

/// A WebSocket that opens or is open. Destroying it closes its connection at once, without an
/// event.
class client_websocket {
public:
    virtual ~client_websocket() = default;

    /// Queues a message; what one event sends leaves in one write. `compress`: if that was agreed
    /// on. Requires: it is open, and `close` was not called.
    virtual void send(message_view m, bool compress) = 0;
    virtual void ping() = 0;
    /// Says goodbye after what was sent; `on_closed` follows in any case.
    virtual void close(close_code code, std::string_view text) = 0;
    /// Bytes that were sent and are not with the kernel yet.
    virtual std::size_t unsent_bytes() const noexcept = 0;
    virtual void pause(bool is) = 0;
};

/// Where clients get their requests answered.
class client_network {
public:
    /// Begins a request. Never null: what cannot be begun fails soon.
    virtual std::unique_ptr<client_call> fetch(client_request const& r,
                                               client_response_events& to) = 0;
    /// Begins to open a WebSocket. Never null.
    virtual std::unique_ptr<client_websocket> open_websocket(client_websocket_request const& r,
                                                             client_websocket_events& to) = 0;

    /// Time, timers and random bytes.
    virtual session_loop& loop() noexcept = 0;

protected:
    ~client_network() = default;
};

}  // namespace anywire
