#pragma once

#include <anywire/close_reason.hpp>
#include <anywire/error.hpp>
#include <anywire/session.hpp>

#include "core/client_events.hpp"

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
