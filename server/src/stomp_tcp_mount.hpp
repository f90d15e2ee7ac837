#pragma once

#include "mount_point.hpp"
#include "newcomer.hpp"
#include "session/duplex_session.hpp"
#include "tcp_connection.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace anywire {

/// Where clients of STOMP over TCP have their sessions. It has a place among the mounts, for their
/// limits, their numbers and their end, but no path that a request can name.
class stomp_tcp_mount final : public mount_point, public connection_intake {
public:
    stomp_tcp_mount(mount_place const& at, session_limits const& limits, handlers app);

    std::string_view dialect_name() const noexcept override { return "stomp"; }
    /// One that listens there again need not wait until this one has gone.
    std::string_view claim() const noexcept override { return claim_; }
    void serve(incoming const& in) override { in.not_found(); }

    // -- connection_intake
    void take(shard& here, newcomer n) override;
    std::string_view no_room_text() const noexcept override;

private:
    /// Asks for a session as a request for a WebSocket does.
    void open(shard& here,
              std::string_view address,
              tcp_connection& over,
              std::function<void(transport_events*)> heard);

    std::string claim_;
    duplex_timing timing_{};  // no pings
    std::shared_ptr<tcp_settings const> settings_;
};

}  // namespace anywire
