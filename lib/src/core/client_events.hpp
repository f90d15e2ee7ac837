#pragma once

#include <anywire/client_failure.hpp>
#include <anywire/client_options.hpp>
#include <anywire/close_reason.hpp>
#include <anywire/session.hpp>

namespace anywire {

/// Hears of one client that comes back by itself, as `client_handlers` do. Never from within a call
/// to it; whoever hears an event may destroy it. What throws here has to be caught here.
class client_events {
public:
    /// A session has opened, the first or a new one. What was kept is on its way already.
    virtual void on_open() = 0;
    virtual void on_message(message_view m) = 0;
    /// The queue ran empty after `send` had said `errc::send_queue_full`.
    virtual void on_drain() = 0;
    virtual void on_transport() = 0;
    /// A session has ended that was open.
    virtual void on_close(close_event const& how) = 0;
    /// No session could be opened.
    virtual void on_failure(client_failure const& why) = 0;
    /// Follows `on_close` and `on_failure`, or `on_end` does.
    virtual void on_reconnecting(client_retry const& next) = 0;
    /// It is idle, as it was before `connect`.
    virtual void on_end() = 0;

protected:
    ~client_events() = default;
};

}  // namespace anywire
