#pragma once

#include <anywire/close_reason.hpp>
#include <anywire/error.hpp>
#include <anywire/request.hpp>

#include <any>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace anywire {

class endpoint;

/// One application message, borrowed. Text is UTF-8.
struct message_view {
    std::string_view data{};
    bool binary = false;

    message_view() noexcept = default;
    message_view(std::string_view text) noexcept : data(text) {}
    message_view(char const* text) noexcept : data(text) {}
    message_view(std::string const& text) noexcept : data(text) {}
    message_view(std::string_view bytes, bool is_binary) noexcept
        : data(bytes), binary(is_binary) {}
};

/// One logical, ordered, two-way channel to one client, whatever carries it.
///
/// Thread: belongs to one shard. Use it only inside handlers, or through `endpoint::post`.
/// Borrow: valid until its `on_close` has returned; what lives longer keeps the `id()`.
class session {
public:
    session(session const&) = delete;
    session& operator=(session const&) = delete;

    /// The library's own public id, 22 characters of `A-Za-z0-9-_`, 120 of its bits random. Never
    /// the sid, by which a dialect names it on the wire: whoever holds that can read and write the
    /// session.
    virtual std::string_view id() const noexcept = 0;

    /// Queues one message; never blocks. Delivered in order and at most once.
    ///
    /// Errors: `errc::session_closed`, `errc::send_queue_full`, `errc::message_dropped`,
    ///         `errc::bad_utf8` (a text message that is none). Nothing was queued. Safe to
    ///         ignore: the overflow policy has already acted.
    virtual result<void> send(message_view m) = 0;
    /// The same for a message of which only the latest counts, a price or a position: if one of the
    /// same key still waits in the queue, this one takes its place there, and with it its turn
    /// before what was queued later. What has left the queue, or was taken by the connection, stays
    /// sent. An empty key is a plain `send`. Messages replaced so are counted in `replaced()`.
    ///
    /// Errors: as `send`; the message that waits stays then. A keyed hash of 64 bits stands for the
    ///         key.
    /// Cost:   constant; memory for each key that waits.
    virtual result<void> send_latest(std::string_view key, message_view m) = 0;

    /// Ends the session after what is queued has been written. Idempotent; `on_close` follows
    /// when the handler that called it has returned.
    ///
    /// Limits: a code that may not be sent (`may_be_sent`) is sent as 1000.
    virtual void close(close_code code = close_code::normal, std::string_view text = {}) = 0;

    /// True until the session has begun to close.
    virtual bool is_open() const noexcept = 0;

    /// Bytes queued and not yet handed to the kernel, each message charged 64 more.
    virtual std::size_t queued_bytes() const noexcept = 0;

    /// Messages that the overflow policy has dropped.
    virtual std::uint64_t dropped() const noexcept = 0;
    /// Messages that a later one of the same key has replaced in the queue.
    virtual std::uint64_t replaced() const noexcept = 0;

    /// What carries the session now, e.g. "websocket" or "xhr-polling"; changes with the carrier.
    virtual std::string_view transport() const noexcept = 0;

    /// The request that opened the session.
    virtual anywire::request const& request() const noexcept = 0;

    /// The WebSocket subprotocol agreed on; empty when none. After an upgrade from polling, that of
    /// the WebSocket.
    virtual std::string_view subprotocol() const noexcept = 0;

    /// The application's own; what `decision::accept` was given.
    virtual std::any& data() noexcept = 0;

    /// Stops and resumes the delivery of messages. While paused a WebSocket is not read, and a
    /// POST is not answered; so the client feels it.
    virtual void pause() = 0;
    virtual void resume() = 0;

    /// Calls `fn` once, `delay` from now (rounded up to 25 ms), unless the session closes first.
    virtual void after(std::chrono::milliseconds delay, std::function<void(session&)> fn) = 0;

    // -- in coroutines (anywire/coro.hpp)
    /// To be awaited: `delay`, rounded up to 25 ms. A coroutine whose session closes first is
    /// destroyed.
    auto async_wait(std::chrono::milliseconds delay);
    /// To be awaited in an `anywire::conversation`: the next message, a `result<message>`.
    ///
    /// Errors: `errc::session_closed`; `operation_not_supported` elsewhere, and while the
    ///         conversation awaits one already.
    auto async_receive();

    /// Makes the session a member of a group of its endpoint. Idempotent; closing leaves all
    /// groups. False when it is in `session_limits::max_groups` already, or has closed.
    virtual bool join(std::string_view group) = 0;
    /// Ends that. Idempotent.
    virtual void leave(std::string_view group) = 0;

    /// The endpoint it belongs to, to send to others of it. `anywire/endpoint.hpp` has to be
    /// included, which `anywire/service.hpp` does.
    virtual anywire::endpoint endpoint() const = 0;

protected:
    session() noexcept = default;
    ~session() = default;
};

}  // namespace anywire
