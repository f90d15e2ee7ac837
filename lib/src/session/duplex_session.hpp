#pragma once

#include "session/session_base.hpp"

#include <cstdint>

namespace anywire {

/// The timing of a mount's heartbeats on duplex carriers, in ticks.
struct duplex_timing {
    tick ping_interval = 0;  ///< 0 sends none.
    tick ping_timeout = 0;
    bool heartbeat_messages = false;  ///< SockJS: an `h` message beside each ping.
};

/// A session that lives and dies with one WebSocket. It pings the peer every interval, whatever
/// else is said: proxies on the way count the silence of each side. Any frame that comes after a
/// ping answers it.
class duplex_session : public session_base {
    tick next_ping_ = 0;  // here it takes no room of its own: it fits after the base

public:
    duplex_session(endpoint_core& endpoint, origin from, duplex_timing const& timing);

    void on_payload(anywire::transport& from, std::string_view data, bool binary) override;
    void on_alive(anywire::transport& from) final;
    void on_writable(anywire::transport& from) override;

protected:
    void on_resumed() override;
    void on_due(tick now) final;
    virtual void send_ping();
    /// The peer stayed silent.
    virtual void on_silence();
    virtual void on_message(std::string_view data, bool binary) = 0;
    duplex_timing const& timing() const noexcept { return timing_; }

private:
    void give_time();
    void wait();

    duplex_timing const& timing_;
    tick silent_since_ = 0;  // when the first ping was sent that nothing has answered
    bool awaiting_pong_ = false;
    std::uint8_t graces_ = 0;
};

/// The plain WebSocket dialect, and SockJS's raw WebSocket: a frame is a message.
class plain_session final : public duplex_session {
public:
    using duplex_session::duplex_session;
    codec const& message_codec() const noexcept override;

protected:
    void on_message(std::string_view data, bool binary) override { deliver({data, binary}); }
};

/// SockJS over a WebSocket: text messages `o`, `a[...]`, `c[...]` down, JSON arrays up.
/// Spec: SockJS 0.3, "WebSocket".
class sockjs_duplex_session final : public duplex_session {
public:
    sockjs_duplex_session(endpoint_core& endpoint, origin from, duplex_timing const& timing);
    codec const& message_codec() const noexcept override;
    std::string_view dialect() const noexcept override { return "sockjs"; }

protected:
    void on_message(std::string_view data, bool binary) override;
    void on_closing(goodbye const& how) override;
    void end_carrier(goodbye const& how) override;
    void send_ping() override;
    void on_silence() override;

private:
    bool said_goodbye_ = false;
};

}  // namespace anywire
