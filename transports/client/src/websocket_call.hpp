#pragma once

#include "client/network.hpp"
#include "client/presence.hpp"
#include "websocket_link.hpp"

#include <memory>
#include <string_view>

namespace anywire {

class socket_network;

/// One WebSocket of a client's, from its handshake to its end. What the handshake needs goes when
/// that is through.
class websocket_call final : public client_websocket {
public:
    websocket_call(socket_network& network,
                   client_websocket_request const& r,
                   client_websocket_events& to);
    ~websocket_call() override;

    void send(message_view m, bool compress) override;
    void ping() override;
    void close(close_code code, std::string_view text) override;
    std::size_t unsent_bytes() const noexcept override;
    void pause(bool is) override;

private:
    class handshake;

    client_websocket_events& to_;
    std::unique_ptr<handshake> opening_;
    websocket_link* open_ = nullptr;
    bool paused_ = false;
    presence presence_{};
};

}  // namespace anywire
