#pragma once

#include <anywire/client_failure.hpp>
#include <anywire/close_reason.hpp>
#include <anywire/exchange.hpp>
#include <anywire/session.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace anywire {

/// Hears of one channel. Never from within a call to it; whoever hears an event may destroy it.
class client_channel_events {
public:
    virtual void on_open() = 0;
    virtual void on_message(message_view m) = 0;
    /// Another transport carries it now: the upgrade of Engine.IO.
    virtual void on_transport() = 0;
    /// All that was sent is with the network; where a server has to confirm it (a POST), confirmed.
    virtual void on_sent() = 0;
    /// No transport led to a session. The last call.
    virtual void on_failure(client_failure const& why) = 0;
    /// The session has ended. The last call.
    virtual void on_closed(close_event const& how) = 0;

protected:
    ~client_channel_events() = default;
};

/// One session of a dialect with a server, from its opening to its end, over whatever transport
/// works: it falls back and upgrades, but it does not come back. Destroying it drops it at once.
///
/// Thread: the loop's.
class client_channel {
public:
    virtual ~client_channel() = default;

    /// Begins. Called once.
    virtual void start() = 0;
    /// Queues a message; the caller bounds what waits. `compress`: if the transport can. Requires:
    /// it is open.
    virtual void send(message_view m, bool compress = true) = 0;
    /// Says goodbye after what is queued; `on_closed` follows. Requires: it is open.
    virtual void close(close_code code, std::string_view text) = 0;

    /// "websocket", "xhr-streaming", "eventsource", "xhr-polling" or "polling"; empty before one
    /// has opened.
    virtual std::string_view transport() const noexcept = 0;
    /// The id that the server gave the session, or that was made for it; empty for WebSocket.
    virtual std::string_view sid() const noexcept = 0;
    virtual std::string_view subprotocol() const noexcept = 0;
    /// The fields of the answer that has opened a plain WebSocket. Borrow: during `on_open`; empty
    /// otherwise.
    virtual std::span<http_field const> response() const noexcept { return {}; }
    /// Bytes that were sent and are not with the kernel, or not confirmed where they have to be.
    virtual std::size_t queued_bytes() const noexcept = 0;
    /// Whether a message sent now would leave at once.
    virtual bool is_writable() const noexcept = 0;
    /// Stops and resumes the delivery of messages, and with it reading.
    virtual void pause(bool is) = 0;
};

}  // namespace anywire
