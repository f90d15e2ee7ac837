#pragma once

#include "backend.hpp"
#include "dialer.hpp"
#include "framed_connection.hpp"
#include "server_claim.hpp"
#include "settings.hpp"
#include "upstreams.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::gateway {

/// What all links of a route share; it goes with the last of them.
struct stream_route {
    stream_route(route_settings const& s, std::shared_ptr<upstreams> among)
        : settings(s), servers(std::move(among)) {}

    route_settings const settings;
    std::shared_ptr<upstreams> servers;
    std::vector<dial_target> targets{};  ///< For each server.
};

/// One session's connection to one of the servers of its route.
class stream_link final : public backend_link, private framed_user {
public:
    stream_link(std::shared_ptr<stream_route const> of,
                shard_place& here,
                link_opening const& what,
                link_events& to);
    stream_link(stream_link const&) = delete;
    stream_link& operator=(stream_link const&) = delete;
    ~stream_link() override;

    // -- backend_link
    bool send(message_view m) override;
    void close(close_code code, std::string_view text) override;
    void pause(bool is) override;
    std::size_t queued_bytes() const noexcept override;
    std::string_view server() const noexcept override;

private:
    class opening;

    void on_dialed(int descriptor);
    void refuse(link_refusal why);

    // -- framed_user
    void on_framed_message(message_view m) override { events_.on_link_message(m); }
    void on_framed_room() override { events_.on_link_drain(); }
    void on_framed_end(framed_end why) override;

    std::shared_ptr<stream_route const> of_;
    link_events& events_;
    std::unique_ptr<opening> opening_;         ///< Until there is a connection.
    framed_connection* connection_ = nullptr;  ///< Cleared when it ends.
    server_claim server_{};
};

}  // namespace anywire::gateway
