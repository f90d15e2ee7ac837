#pragma once

#include "client/sockjs_wire.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace anywire {

/// The framed WebSocket of SockJS.
///
/// Spec: sockjs-protocol, "Websocket".
class sockjs_websocket final : public sockjs_wire, private client_websocket_events {
public:
    sockjs_websocket(client_network& net,
                     client_settings const& settings,
                     sockjs_place place,
                     sockjs_wire_events& to)
        : net_(net), settings_(settings), events_(to), place_(std::move(place)) {}

    client_carrier carrier() const noexcept override { return client_carrier::websocket; }
    void open(std::chrono::milliseconds timeout) override;
    void send(std::string_view message) override;
    std::size_t unsent_bytes() const noexcept override { return socket_->unsent_bytes(); }
    void close(close_code code, std::string_view text) override { socket_->close(code, text); }
    bool ping() override;
    void pause(bool is) override { socket_->pause(is); }
    std::string_view subprotocol() const noexcept override { return protocol_; }

private:
    void on_open(std::string_view protocol, client_response const& response) override;
    void on_failure(client_failure const& why) override;
    void on_message(message_view m) override;
    void on_alive() override { events_.on_life(*this); }
    void on_sent() override { events_.on_writable(*this); }
    void on_closed(close_event const& how, bool clean) override;

    client_network& net_;
    client_settings const& settings_;
    sockjs_wire_events& events_;
    sockjs_place place_;
    std::unique_ptr<client_websocket> socket_{};
    std::string protocol_{};
};

}  // namespace anywire
