#pragma once

#include "broker_link.hpp"
#include "core/log_throttle.hpp"
#include "stomp/server/relay.hpp"

#include <memory>
#include <string>

namespace anywire::stomp {

/// The connection of one client.
///
/// Thread: the host's.
class client_link final : public relay_link, private broker_link::events {
public:
    client_link(io_host& host,
                std::shared_ptr<relay_settings const> how,
                relay_request what,
                std::shared_ptr<log_throttle> logs,
                relay_link::events& to);
    ~client_link() override { *alive_ = false; }

    void start() { link_.start(); }
    /// Ends soon, as it is known that the broker is away.
    void start_in_vain();

    // -- relay_link
    bool forward(frame_view const& f) override;
    bool is_full() const noexcept override { return link_.unsent() > how_->given.max_unsent; }
    void resume() override { link_.resume(); }

private:
    void on_link_up(version v, heart_beat const& granted) override { to_.on_relay_up(v, granted); }
    bool on_link_frame(frame_view const& f) override { return to_.on_relay_frame(f); }
    bool on_link_error(frame_view const&) override { return false; }
    void on_link_sent() override { to_.on_relay_room(); }
    void on_link_shutdown() override {}  // its session ends, and it with that
    void on_link_down(link_loss const& why) override;

    bool passes(frame_view const& f, std::string_view name) const noexcept;

    io_host& host_;
    std::shared_ptr<relay_settings const> how_;
    std::shared_ptr<log_throttle> logs_;
    relay_link::events& to_;
    broker_link link_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace anywire::stomp
