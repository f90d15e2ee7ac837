#pragma once

#include "receipts.hpp"
#include "relay.hpp"
#include "stomp/frame.hpp"
#include "subscription.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace anywire::stomp {

class stomp_client;

/// What a client of a relay has at the broker: its own connection, to which goes what is the
/// broker's. All else is served here.
///
/// Thread: the client's shard's.
class relayed_client final : private relay_link::events {
public:
    /// `alive` points at nothing once the client has gone.
    relayed_client(stomp_client& of, std::shared_ptr<stomp_client*> alive) noexcept
        : client_(of), alive_(std::move(alive)) {}

    /// Asks the broker; it answers by `stomp_client::begin`, or the end of the session.
    void connect(std::string versions, heart_beat const& asked);
    /// What the broker has granted.
    heart_beat const& granted() const noexcept { return granted_; }
    /// Takes a frame that is the broker's; false for all else.
    bool take(frame_view const& f);
    /// Whether its DISCONNECT is not through at the broker.
    bool is_parting() const noexcept { return is_parting_; }
    void on_timer(tick now);

private:
    void on_relay_up(version v, heart_beat const& granted) override;
    bool on_relay_frame(frame_view const& f) override;
    void on_relay_room() override;
    void on_relay_down(relay_loss const& why) override;

    bool is_brokers(std::optional<std::string_view> destination) const noexcept;
    void forward(frame_view const& f);
    bool send(frame_view const& f);
    bool subscribe(frame_view const& f);
    bool may_subscribe(std::string_view destination);
    void enter(std::unique_ptr<subscription> made, frame_view const& f);
    bool unsubscribe(frame_view const& f);
    bool settle(frame_view const& f);
    bool is_served_here(std::string_view message_id) const noexcept;
    void end_transaction(frame_view const& f);
    void part(frame_view const& f);
    bool deliver(frame_view const& f);
    void take_receipt(frame_view const& f);
    bool wait_for_room();

    /// A snapshot that follows the broker's receipt for its subscription.
    struct due_snapshot {
        std::string subscription{};  ///< By its name.
        std::optional<std::string> receipt{};
    };

    /// Nothing that the broker says is heard any more.
    bool is_over() const noexcept;

    stomp_client& client_;
    std::shared_ptr<stomp_client*> alive_;
    std::unique_ptr<relay_link> link_{};
    heart_beat granted_{};
    std::map<std::string, due_snapshot, std::less<>> snapshots_{};  // by our receipt's id
    std::optional<receipts::place> goodbye_{};  // the receipt of a DISCONNECT, where it has one
    tick part_until_ = 0;
    bool is_parting_ = false;
    bool is_holding_ = false;  // the session is not read, because the broker does not keep up
    bool is_waiting_ = false;  // for the client to take what the broker has sent
};

}  // namespace anywire::stomp
