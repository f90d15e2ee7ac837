#pragma once

#include "broker_link.hpp"
#include "client/deadline.hpp"
#include "core/log_throttle.hpp"
#include "relay_tally.hpp"
#include "stomp/server/published.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace anywire::stomp {

/// The connection over which goes what the application sends: it comes back for ever, and keeps
/// each message until the broker has confirmed it.
///
/// Thread: the host's.
class system_link final : private broker_link::events {
public:
    system_link(io_host& host,
                std::shared_ptr<relay_settings const> how,
                std::shared_ptr<relay_tally> counts);
    ~system_link();

    void start() { attempt(); }
    /// Takes messages that `relay_tally::take_room` has let in.
    void send(std::vector<published_ptr> const& all);

private:
    struct message {
        published_ptr what{};
        std::string destination{};  ///< The broker's name for it.
        bool is_confirmed = false;
        std::uint8_t refusals = 0;  ///< By an ERROR while it was alone on its way.
    };

    void on_link_up(version v, heart_beat const& granted) override;
    bool on_link_frame(frame_view const& f) override;
    bool on_link_error(frame_view const& f) override;
    void on_link_sent() override { write(); }
    void on_link_shutdown() override;
    void on_link_down(link_loss const& why) override;

    void attempt();
    void probe();
    void write();
    void append(std::string& out, message const& m, std::uint64_t id) const;
    void confirm(std::uint64_t id);
    void drop_confirmed();
    void leave_out(std::uint64_t id, frame_view const& f);
    void log_loss(link_loss const& why);

    io_host& host_;
    std::shared_ptr<relay_settings const> how_;
    std::shared_ptr<relay_tally> counts_;
    std::unique_ptr<broker_link> link_{};
    std::deque<message> waiting_{};  // until they are confirmed, in their order
    std::uint64_t first_ = 1;        // the number of the first of them, which is its receipt's id
    std::size_t sent_ = 0;           // of these, on this connection
    std::size_t suspects_ = 0;       // the first so many may be refused: each is sent alone
    bool is_probing_ = false;
    bool is_searching_ = false;  // it ends to be made again at once
    std::string last_logged_{};
    log_throttle refused_{};
    bool is_parting_ = false;
    tick used_ = 0;  // when something was sent last
    client_deadline next_;
};

}  // namespace anywire::stomp
