#pragma once

#include "client/channel_base.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace anywire {

/// A session that is a WebSocket and nothing else.
///
/// Spec: RFC 6455.
class websocket_channel final : public channel_base, private client_websocket_events {
public:
    websocket_channel(client_network& net,
                      std::shared_ptr<client_settings const> settings,
                      client_channel_events& to);

    void start() override;
    void send(message_view m, bool compress) override;
    std::string_view transport() const noexcept override;
    std::string_view sid() const noexcept override { return {}; }
    std::string_view subprotocol() const noexcept override { return protocol_; }
    std::span<http_field const> response() const noexcept override { return response_; }
    std::size_t queued_bytes() const noexcept override;
    bool is_writable() const noexcept override;

private:
    void on_open(std::string_view protocol, client_response const& response) override;
    void on_failure(client_failure const& why) override { fail(why); }
    void on_message(message_view m) override;
    void on_alive() override { note_life(); }
    void on_sent() override;
    void on_closed(close_event const& how, bool clean) override;

    void begin_to_close() override;
    void pause_reading(bool is) override;
    void drop() noexcept override;
    void note_life() noexcept;
    void schedule_ping() noexcept;
    void on_ping_due();

    std::unique_ptr<client_websocket> socket_{};
    std::string protocol_{};
    std::span<http_field const> response_{};  ///< Empty but while `on_open` is told.
    bool awaits_pong_ = false;
    client_deadline ping_;  ///< When the next is due, or its answer.
};

/// How a WebSocket's end is one of a session whose dialect has no word for it.
[[nodiscard]] close_event to_session_end(close_event const& how, bool clean) noexcept;

}  // namespace anywire
