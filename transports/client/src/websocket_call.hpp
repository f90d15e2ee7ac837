#pragma once

#include "client/network.hpp"
#include "request_run.hpp"
#include "websocket_link.hpp"

#include <string>
#include <vector>

namespace anywire {

/// One WebSocket of a client's, from its handshake to its end.
class websocket_call final : public client_websocket, private request_run {
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
    error_code append_request(std::string& out,
                              std::span<websocket::request_field const> fields,
                              std::string_view target) override;
    void on_head(http::response_head const& head) override;
    void on_piece(std::string_view piece) override;
    void on_done() override { fail(refusal_); }
    void on_stream(http::response_head const& head,
                   byte_stream stream,
                   std::string_view rest) override;
    void on_failed(client_failure const& why) override;

    websocket::handshake_request asked() const;

    client_websocket_events& to_;
    std::vector<std::string> protocols_;
    websocket_link_options options_{};
    std::string key_{};
    websocket_link* open_ = nullptr;
    client_failure refusal_{};
    bool refused_ = false;
    bool paused_ = false;
};

}  // namespace anywire
