#pragma once

#include <anywire/transport.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace anywire {

/// One field of an HTTP head.
struct http_field {
    std::string_view name{};
    std::string_view value{};  ///< Without the blanks around it.
};

/// One HTTP request as its host has read it, for `service::serve` and `service::open`.
///
/// Borrow: what it points to is used during that call only.
struct http_request {
    std::string_view method{};  ///< In capitals, as sent.
    /// Path and query as sent, not decoded: "/chat/info?t=1".
    std::string_view target{};
    /// In their order. Of HTTP/2, `:authority` has to be here as Host, and the cookies as one
    /// field.
    std::span<http_field const> fields{};
    std::string_view body{};            ///< Whole, without its framing.
    std::string_view remote_address{};  ///< Of the connection's other end: a literal IP, or empty.
    bool is_secure = false;             ///< The connection is TLS.
    unsigned version = 11;              ///< 10 or 11; what is newer counts as 11.
};

/// A whole answer to one HTTP request, but for what depends on the connection.
struct answer {
    unsigned status = 200;
    std::string_view content_type{};  ///< Empty: no field.
    std::string_view fields{};        ///< Further fields, each "Name: value\r\n".
    std::string_view more_fields{};   ///< The same.
    std::string_view body{};
    bool close = false;  ///< End the connection after it.
    /// It belongs to a session that goes on: a server that drains does not end the connection
    /// after it, since a new one would not be taken.
    bool goes_on = false;
    /// Bytes of the body where `body` does not say it: what a GET would have got in the answer to a
    /// HEAD, or what all pieces of a stream come to, exactly. A host may leave that unsaid.
    /// Default: not known.
    std::optional<std::uint64_t> length{};
};

/// Hears what becomes of an answer.
///
/// Thread: the shard's. Never from within a call to `exchange`.
class exchange_events {
public:
    /// What `write_stream` left is out; write on.
    virtual void on_sent() = 0;
    /// The whole answer is out. The last call.
    virtual void on_done() = 0;
    /// The client has gone. The last call.
    virtual void on_gone() = 0;
    /// The client does not read. The last call.
    virtual void on_stalled() { on_gone(); }
    /// Another request of the client waits for this one on its connection: whoever only waits
    /// for something to say should answer. May be said more than once.
    virtual void on_next_waiting() {}

protected:
    ~exchange_events() = default;
};

struct websocket_terms;  // what Anywire's own WebSockets are made with

/// A request that is answered by becoming a WebSocket.
struct websocket_upgrade {
    /// What `session::transport()` says of it; a literal. The transport's `name()` returns it.
    std::string_view name{};
    std::string subprotocol{};  ///< Chosen among those offered; empty: none.
    /// Further fields of the 101, each "Name: value\r\n".
    std::string fields{};
    std::size_t max_message = 0;  ///< Bytes; a longer message is to be answered with 1009.
    /// Gives the transport to a session and says who hears of it; null: nobody, and the WebSocket
    /// is to be closed without a code. To be called once, when messages can be written.
    std::function<transport_events*(transport&)> take{};
    /// For hosts that leave the handshake to Anywire; others need not look at it.
    std::shared_ptr<websocket_terms const> terms{};
};

/// One HTTP request waiting for its one answer: whole by `respond`, in pieces by `begin_stream`,
/// `write_stream` and `end_stream`, or by `upgrade`. A host implements it; the library calls it
/// until the answer is complete, or until `exchange_events` has heard its last call, or until
/// `abort`, and never after: then the host may destroy it. `Date` and what concerns the connection
/// are the host's to say.
///
/// Thread: the shard's that serves the request.
class exchange {
public:
    /// Who hears of the end from now on; null for nobody. With `needs_client` a client that has
    /// sent the end of its stream counts as gone: right for a poll that is parked.
    virtual void listen(exchange_events* events, bool needs_client) noexcept = 0;

    /// How long a write of this answer may make no progress.
    virtual void limit_stall(std::chrono::milliseconds longest) noexcept = 0;

    /// Fields that the answer has whatever it says, each "Name: value\r\n": those that let the page
    /// read it. Replaces what was given before.
    virtual void set_page_fields(std::string fields) = 0;

    /// True when all is out and no event follows.
    virtual bool respond(answer const& a) = 0;

    /// Begins an answer whose body has no known end. Its head leaves with the first
    /// `write_stream`.
    virtual void begin_stream(answer const& head) = 0;
    /// Writes parts of the body; in HTTP/1.1 each is a chunk of its own. None is empty; where there
    /// are none, only the head leaves. True when all is out.
    virtual bool write_stream(std::span<std::string_view const> parts) = 0;
    /// Writes the last parts, if any, and ends the answer after them; as `respond`.
    virtual bool end_stream(std::span<std::string_view const> parts) = 0;
    /// Bytes that were written and are not out yet.
    virtual std::size_t unsent() const noexcept = 0;

    /// Answers by a WebSocket. The exchange is over then. A host that cannot answers 501.
    virtual void upgrade(websocket_upgrade to) = 0;
    /// The host has made a WebSocket of the request already, or checks its handshake by itself:
    /// the request need not have the fields of one.
    virtual bool checks_handshake() const noexcept { return false; }

    /// Whether it can become a WebSocket at all. Where it says no, clients are told so before they
    /// try (SockJS, Engine.IO), and one that tries is answered 501.
    virtual bool can_upgrade() const noexcept { return true; }

    /// True when the client is known to have gone although no event has said so yet: its end may
    /// lie in the kernel, while a request of its next connection was served first. So it is asked
    /// of the kernel, not of what was read.
    virtual bool is_client_gone() const noexcept = 0;

    /// Ends the connection at once; no event follows.
    virtual void abort() noexcept = 0;

protected:
    ~exchange() = default;
};

}  // namespace anywire
