#pragma once

#include <anywire/client_failure.hpp>
#include <anywire/client_options.hpp>
#include <anywire/close_reason.hpp>
#include <anywire/error.hpp>
#include <anywire/session.hpp>

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>

// What a Socket.IO client stands on: a client of Engine.IO that comes back by itself. In a program
// it is a `reconnector`.
namespace anywire::socketio {

/// Where a client runs.
///
/// Thread: any, for every function.
class client_home {
public:
    virtual ~client_home() = default;
    virtual bool is_here() const noexcept = 0;
    /// Runs `fn` there, soon, never at once.
    virtual void post(std::function<void()> fn) = 0;
};

/// Hears of the connection. Never from within a call to it.
class client_wire_events {
public:
    /// A session has opened, the first or a new one.
    virtual void on_open() = 0;
    virtual void on_message(message_view m) = 0;
    /// The queue ran empty after `send` had said `errc::send_queue_full`.
    virtual void on_drain() = 0;
    virtual void on_transport() = 0;
    /// A session has ended that was open.
    virtual void on_close(close_event const& how) = 0;
    virtual void on_failure(client_failure const& why) = 0;
    virtual void on_reconnecting(client_retry const& next) = 0;
    /// It is idle, as it was before `connect`.
    virtual void on_end() = 0;

protected:
    ~client_wire_events() = default;
};

/// The connection, one session after the other.
class client_wire {
public:
    /// Begins to connect. Does nothing while it is at it; after `close` it begins when that is
    /// through.
    virtual void connect() = 0;
    /// Ends the session after what is queued, and does not come back: `on_close` where one was
    /// open, then `on_end`. Does nothing while it is idle.
    virtual void close() = 0;
    /// Ends the session for a fault; `on_close` follows, and it comes back after the usual delay.
    virtual void give_up_session(close_reason why, std::string_view text) = 0;

    /// Queues a packet's messages: all or none.
    ///
    /// Errors: `errc::session_closed`, `errc::send_queue_full`.
    virtual result<void> send(std::span<message_view const> packet, bool compress) = 0;
    /// Whether a message sent now would leave at once.
    virtual bool is_writable() const noexcept = 0;
    virtual std::string_view transport() const noexcept = 0;
    /// The id that the server has given the session.
    virtual std::string_view sid() const noexcept = 0;

protected:
    ~client_wire() = default;
};

}  // namespace anywire::socketio
