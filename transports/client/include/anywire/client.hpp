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
#include <future>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace anywire {

class client;
struct message;
namespace detail {
struct client_executor;
}

/// How a coroutine comes back to where a client runs, while the client is there. Thread: any.
std::function<void(std::function<void()>)> poster_of(client& c);

/// What an application does with its client.
///
/// Thread: called where the client's context runs, never two at once, never from within a call to
///         the client. A handler that throws ends the session as `handler_failed`, and is logged.
struct client_handlers {
    /// A session has opened, the first or a new one: `client::transport()` says over what.
    handler<void(client&)> on_open{};
    /// Where this is set, messages cannot be awaited.
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
    client(client_context& on, client_options options, client_handlers handlers = {});
    /// One of many: shares the options and, if they are given to several, the handlers. A class
    /// that is derived from `client` finds itself in a shared handler by a `static_cast`.
    /// `handlers` may be null.
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

    /// Ends the session after what is queued has been sent, and does not come back. A code that may
    /// not be sent (`may_be_sent`) is sent as 1000.
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

    // -- in coroutines (anywire/client_coro.hpp; for those of Asio, anywire/client_asio.hpp) -----
    /// Runs `f(*this)`, a coroutine that returns `anywire::task<>`, where the context does. It
    /// belongs to the client: where that is destroyed first, so is the coroutine where it waits,
    /// and the future is `broken_promise`. What it throws is in the future, and does what a
    /// handler's exception does. Do not wait for the future where the context runs.
    template <class F>
    std::future<void> start(F f);

    /// To be awaited: connects, if it does not yet, and waits for what comes of it, a
    /// `client_result`: a session is open, or an attempt has failed, in which case the client goes
    /// on as `reconnect_options` say, and awaiting it again waits for the next attempt. From then
    /// on messages wait for `async_receive`, if there is no `on_message`.
    ///
    /// Errors: the attempt's; `errc::session_closed` when the client is closed or destroyed.
    auto async_connect();
    /// To be awaited: the next message, a `result<message>`. Messages wait until they are awaited;
    /// when more than 64 KiB do, the client is paused.
    ///
    /// Errors: `errc::session_closed` once for each session that ends, after its messages, and
    ///         where none is open: `async_connect` waits for the next. `operation_not_supported`
    ///         while a message is awaited already, and where there is an `on_message`.
    auto async_receive();
    /// To be awaited: closes, and waits until it has ended.
    auto async_close(close_code code = close_code::normal, std::string_view text = {});
    /// To be awaited: `delay`, rounded up to 25 ms.
    auto async_wait(std::chrono::milliseconds delay);

    /// The same for completion tokens. They complete with `client_result`, with `result<message>`
    /// and with nothing, on the executor of whoever awaits them, else on the context's. A
    /// cancellation slot cancels `async_receive`.
    template <class Token>
    auto async_connect(Token&& token);
    template <class Token>
    auto async_receive(Token&& token);
    template <class Token>
    auto async_close(close_code code, std::string_view text, Token&& token);

private:
    friend std::function<void(std::function<void()>)> poster_of(client& c);
    friend struct detail::client_executor;

    // Each calls `done` once, where the context runs: soon, or at once.
    void begin_connect(std::function<void(client_result)> done);
    void begin_receive(std::function<void(result<message>)> done);
    void begin_close(close_code code, std::string_view text, std::function<void()> done);
    std::function<void()> make_receive_canceller();

    class impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace anywire
