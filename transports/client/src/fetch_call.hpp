#pragma once

#include "client/network.hpp"
#include "request_run.hpp"

#include <string>

namespace anywire {

/// One HTTP request of a client's.
class fetch_call final : public client_call, private request_run {
public:
    fetch_call(socket_network& network, client_request const& r, client_response_events& to);

    void pause(bool is) override;

private:
    error_code append_request(std::string& out,
                              std::span<websocket::request_field const> fields,
                              std::string_view target) override;
    void on_head(http::response_head const& head) override;
    void on_piece(std::string_view piece) override;
    void on_done() override;
    void on_stream(http::response_head const&, byte_stream, std::string_view) override {}
    void on_failed(client_failure const& why) override { to_.on_failure(why); }

    client_response_events& to_;
    std::string whole_{};  // the body, where it is not streamed
    bool streamed_;
    bool paused_ = false;
};

}  // namespace anywire
