#pragma once

#include <anywire/session_protocol.hpp>

#include "session/duplex_session.hpp"

#include <string_view>

namespace anywire {

/// A session over one WebSocket, or another duplex carrier, of a dialect that says by a
/// `session_protocol` what it is made of.
class framed_session final : public duplex_session, private message_sink {
public:
    framed_session(endpoint_core& endpoint,
                   origin from,
                   session_protocol const& speaks,
                   duplex_timing const& timing);

    codec const& message_codec() const noexcept override { return speaks_.message_codec(); }
    std::string_view dialect() const noexcept override { return speaks_.name(); }

protected:
    void on_message(std::string_view data, bool binary) override;
    void on_closing(goodbye const& how) override;
    void end_carrier(goodbye const& how) override;
    void send_ping() override;

private:
    void take(message_view m) override;
    frame_ptr make_goodbye(goodbye const& how);

    session_protocol const& speaks_;
    bool said_goodbye_ = false;
};

}  // namespace anywire
