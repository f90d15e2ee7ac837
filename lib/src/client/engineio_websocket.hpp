#pragma once

#include "client/engineio_wire.hpp"
#include "client/network.hpp"
#include "client/settings.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace anywire {

/// The WebSocket of Engine.IO: a message is a packet.
class engineio_websocket final : public engineio_wire, private client_websocket_events {
public:
    engineio_websocket(client_network& net,
                       client_settings const& settings,
                       engineio_wire_events& to)
        : net_(net),
          settings_(settings),
          events_(to),
          revision_(static_cast<engineio::revision>(settings.options.revision)) {}

    /// With the `sid` of a session it is to take over, else it asks for one.
    void open(std::string_view sid, std::chrono::milliseconds timeout);
    /// One packet in text, now.
    void send(std::string_view packet) { socket_->send(packet, true); }
    /// Says goodbye; `on_lost` follows.
    void close(close_code code, std::string_view text) { socket_->close(code, text); }

    std::string_view name() const noexcept override { return "websocket"; }
    std::string_view subprotocol() const noexcept { return protocol_; }
    void write(engineio_outbox& box) override;
    std::size_t unsent_bytes() const noexcept override { return socket_->unsent_bytes(); }
    void pause(bool is) override { socket_->pause(is); }

private:
    void on_open(std::string_view protocol, client_response const& response) override;
    void on_failure(client_failure const& why) override;
    void on_message(message_view m) override;
    void on_alive() override { events_.on_life(*this); }
    void on_sent() override { events_.on_writable(*this); }
    void on_closed(close_event const& how, bool clean) override;

    client_network& net_;
    client_settings const& settings_;
    engineio_wire_events& events_;
    engineio::revision revision_;
    std::unique_ptr<client_websocket> socket_{};
    std::string protocol_{};
    std::string scratch_{};
};

}  // namespace anywire
