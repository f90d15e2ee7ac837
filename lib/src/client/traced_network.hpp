#pragma once

#include <anywire/client_options.hpp>

#include "client/network.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace anywire {

/// Another network, with somebody who sees what goes through it.
class traced_network final : public client_network {
public:
    using tracer = std::function<void(client_trace const&)>;

    /// `real` outlives this.
    traced_network(client_network& real, tracer to) : real_(real), to_(std::move(to)) {}

    std::unique_ptr<client_call> fetch(client_request const& r,
                                       client_response_events& to) override;
    std::unique_ptr<client_websocket> open_websocket(client_websocket_request const& r,
                                                     client_websocket_events& to) override;
    session_loop& loop() noexcept override { return real_.loop(); }

private:
    client_network& real_;
    tracer to_;
    std::uint64_t number_ = 0;
};

}  // namespace anywire
