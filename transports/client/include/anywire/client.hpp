#pragma once

#include <anywire/client_context.hpp>
#include <anywire/client_failure.hpp>
#include <anywire/client_options.hpp>
#include <anywire/close_reason.hpp>
#include <anywire/error.hpp>
#include <anywire/exchange.hpp>
#include <anywire/handler.hpp>
#include <anywire/session.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace anywire {

class client;

/// What an application does with its client.
///
/// Thread: called where the client's context runs, never two at once, never from within a call to
///         the client. A handler that throws ends the session as `handler_failed`, and is logged.
struct client_handlers {
    /// A session has opened, the first or a new one: `client::transport()` says over what.
    handler<void(client&)> on_open{};
    handler<void(client&, message_view)> on_message{};
    /// The queue ran empty after `send` had been refused for want of room.
    handler<void(client&)> on_drain{};
    /// The session goes on over another transport: an upgrade.
    handler<void(client&)> on_transport{};
    /// A session has ended that was open: `client_closed` where `close` or `reconnect` was called,
    /// `server_closed` where the server said goodbye, `transport_lost`, `heartbeat_timeout`,
    /// `protocol_error` and `message_too_big` (what the server sent, or what it did not take), or
    /// `handler_failed`. `code` is as sent or received; Engine.IO has none (`no_status`).
    handler<void(client&, close_event const&)> on_close{};
    /// No session could be opened: every transport was tried.
    handler<void(client&, client_failure const&)> on_failure{};
    /// It will try again. Follows `on_close` and `on_failure`.
    handler<void(client&, client_retry const&)> on_reconnecting{};
    /// It will not try again by itself, and is as it was before `connect`. The last call after
    /// `close`, or when the attempts are used up, or at once where `reconnect` is off.
    handler<void(client&)> on_end{};
};

struct profile_data;

/// What any number of clients are made of: options that were checked once, with what was made of
/// them, the URL taken apart, the proxies of the environment, TLS with its files as they are now. A
/// copy costs nothing and shares it all, and so do its clients: each has only what it needs itself.
///
/// Thread: any; it is constant. It may be used on several contexts, and may go before its clients.
class client_profile {
public:
    /// Throws: `std::invalid_argument` for a URL or an option that is not valid, in one sentence.
    explicit client_profile(client_options options);

    client_options const& options() const noexcept;

private:
    friend class client;
    std::shared_ptr<profile_data const> data_;
};

/// One ordered two-way channel to a server, over whatever transport gets through; comes back by
/// itself.
///
/// Messages arrive in order and at most once within a session. What was sent and had not arrived
/// when a session ended is lost: the protocols have no acknowledgement.
///
/// Thread: any, but each function that returns something tells what is so only where the context
///         runs, as handlers do. Destroying it drops the connection without a word; no handler runs
///         after that, unless one is running on another thread meanwhile.
class client {
public:
    /// Throws: `std::invalid_argument` for a URL or an option that is not valid, in one sentence.
    client(client_context& on, client_options options, client_handlers handlers);
    /// One of many: shares the options and, if they are given to several, the handlers. A class
    /// that is derived from `client` finds itself in a shared handler by a `static_cast`; it is to
    /// be destroyed where the handlers run. `handlers` may be null.
    ///
    /// Throws: `std::invalid_argument` for particulars that are not valid, in one sentence.
    client(client_context& on,
           client_profile const& profile,
           std::shared_ptr<client_handlers const> handlers,
           client_particulars own = {});
    client(client const&) = delete;
    client& operator=(client const&) = delete;
    ~client();

    /// Begins to connect, and goes on as `reconnect_options` say. Does nothing while it is at it.
    void connect();

    /// Queues one message; never blocks. Text has to be UTF-8. On another thread than the
    /// context's it is copied and queued soon, in order, and an error is only logged.
    ///
    /// Errors: `errc::session_closed` when nothing is connected and `while_disconnected` says
    ///         `refuse`, or after `close`; `errc::send_queue_full`; `errc::bad_utf8`. Binary over
    ///         SockJS: `boost::system::errc::operation_not_supported`. Nothing was queued.
    result<void> send(message_view m);

    /// Ends the session after what is queued has been sent, and does not come back.
    void close(close_code code = close_code::normal, std::string_view text = {});
    /// The same for the session only: it opens a new one at once.
    void reconnect();

    bool is_open() const noexcept;
    /// As in `session::transport()`; empty while there is no session.
    std::string_view transport() const noexcept;
    /// The id that the server has given the session; empty for plain WebSocket.
    std::string_view sid() const noexcept;
    std::string_view subprotocol() const noexcept;
    /// The fields of the answer that has opened a plain WebSocket, `Set-Cookie` among them.
    ///
    /// Borrow: only while `on_open` runs; empty otherwise, and for other dialects.
    std::span<http_field const> response_fields() const noexcept;
    /// The first of these of that name, in any case; empty when there is none.
    std::string_view response_header(std::string_view name) const noexcept;
    /// Bytes that wait to be sent, each message charged 64 more, and those not yet confirmed.
    std::size_t queued_bytes() const noexcept;
    /// Stops and resumes the delivery of messages, so that the server feels it.
    void pause();
    void resume();

    /// Calls `fn` once, `delay` from now (rounded up to 25 ms), unless the client goes first.
    void after(std::chrono::milliseconds delay, std::function<void(client&)> fn);

private:
    class impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace anywire
