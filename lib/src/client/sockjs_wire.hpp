#pragma once

#include <anywire/client_failure.hpp>
#include <anywire/close_reason.hpp>
#include <anywire/session.hpp>

#include "client/network.hpp"
#include "client/settings.hpp"
#include "sockjs/client.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace anywire {

class sockjs_wire;

/// Hears of one transport of SockJS. Never from within a call to it; it may be destroyed at each.
class sockjs_wire_events {
public:
    virtual void on_frame(sockjs_wire& wire, sockjs::server_frame const& f) = 0;
    /// A sign of life that is not a frame.
    virtual void on_life(sockjs_wire& wire) = 0;
    /// All that was sent is with the kernel, or confirmed.
    virtual void on_writable(sockjs_wire& wire) = 0;
    /// The last call. `why` where no session was open, `how` where one was.
    virtual void on_lost(sockjs_wire& wire, client_failure const& why, close_event const& how) = 0;

protected:
    ~sockjs_wire_events() = default;
};

/// A session of SockJS over one transport, under an id of its own. Destroying it drops it at once.
class sockjs_wire {
public:
    virtual ~sockjs_wire() = default;

    virtual client_carrier carrier() const noexcept = 0;
    virtual void open(std::chrono::milliseconds timeout) = 0;
    virtual void send(std::string_view message) = 0;
    virtual std::size_t unsent_bytes() const noexcept = 0;
    /// Says goodbye after what was sent: `on_lost` follows, or `on_writable` where there is no
    /// word for it, and the wire is to be destroyed.
    virtual void close(close_code code, std::string_view text) = 0;
    /// Asks for a sign of life; false where there is no way to.
    virtual bool ping() = 0;
    virtual void pause(bool is) = 0;
    virtual std::string_view subprotocol() const noexcept { return {}; }
};

/// Where the sessions of a service are.
struct sockjs_place {
    client_url url{};  ///< Of one session: "<prefix>/<server>/<session>".
    /// Whether it is where the service is, so that the fields of requests are for it, too.
    bool is_own_origin = true;
};

/// `sub` is "websocket", "xhr", ...
[[nodiscard]] client_url url_below(client_url const& session, std::string_view sub);

/// The end of a session for a frame that cannot be decoded.
[[nodiscard]] constexpr close_event bad_frame(std::string_view why) noexcept {
    return {close_reason::protocol_error, close_code::protocol_error, why};
}

}  // namespace anywire
