#pragma once

#include <anywire/client_failure.hpp>
#include <anywire/client_options.hpp>
#include <anywire/close_reason.hpp>
#include <anywire/error.hpp>
#include <anywire/session.hpp>

#include "client/channel.hpp"
#include "client/deadline.hpp"
#include "client/network.hpp"
#include "client/presence.hpp"
#include "client/settings.hpp"
#include "core/client_events.hpp"
#include "core/message_box.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace anywire {

/// Keeps a client connected: one session after the other, each a `client_channel`, with a delay
/// between them that grows; and keeps what is sent meanwhile.
///
/// Thread: the loop's. Outside of events it may be called, too: the loop is woken.
class reconnector final : private client_channel_events {
public:
    reconnector(client_network& net,
                std::shared_ptr<client_settings const> settings,
                client_events& to);
    reconnector(reconnector const&) = delete;
    reconnector& operator=(reconnector const&) = delete;
    /// Drops the session without a word. No event follows.
    ~reconnector();

    /// Begins to connect. Does nothing while it is at it; after `close` it begins when that is
    /// through.
    void connect();

    /// Queues one message. Before the first `connect`, too.
    ///
    /// Errors: as `client::send`. Nothing was queued.
    result<void> send(message_view m) { return send({&m, 1}); }
    /// The same for several that belong together, as a packet and its attachments do: all or none,
    /// and nothing comes between them. `compress`: if the transport can; what waits for a session
    /// always is.
    result<void> send(std::span<message_view const> messages, bool compress = true);

    /// Ends the session after what is queued, and does not come back: `on_close` where one was
    /// open, then `on_end`. What was kept is dropped. Does nothing while it is idle.
    void close(close_code code, std::string_view text);
    /// Ends the session after what is queued, and opens a new one at once; idle, it connects.
    void reconnect();
    /// Ends the session for a fault that the layer above has found in it or in itself: the server
    /// is told `to_close_code(why)`, messages are delivered no more, `on_close` says `why`, and it
    /// comes back after the usual delay. Does nothing while no session is open.
    void give_up_session(close_reason why, std::string_view text);

    bool is_open() const noexcept { return state_ == state::open; }
    /// Neither connected nor about to be.
    bool is_idle() const noexcept { return state_ == state::idle; }
    /// Whether a message sent now would leave at once: for volatile ones.
    bool is_writable() const noexcept { return is_open() && channel_->is_writable(); }
    std::string_view transport() const noexcept;
    std::string_view sid() const noexcept;
    std::string_view subprotocol() const noexcept;
    /// As `client_channel::response`.
    std::span<http_field const> response() const noexcept;
    /// Of what is kept and of what the session has not got rid of.
    std::size_t queued_bytes() const noexcept;
    /// Stops and resumes the delivery of messages, of this session and of later ones.
    void pause(bool is);

private:
    enum class state : std::uint8_t {
        idle,
        waiting,  ///< For the time of the next attempt.
        connecting,
        open,
        closing,  ///< The session says goodbye.
        ending,   ///< Nothing is left but to say `on_end`.
    };
    enum class afterwards : std::uint8_t { come_back, at_once, end, end_and_connect };

    void on_open() override;
    void on_message(message_view m) override;
    void on_transport() override;
    void on_sent() override;
    void on_failure(client_failure const& why) override;
    void on_closed(close_event const& how) override;

    result<void> check(std::span<message_view const> messages) const;
    void attempt();
    void on_due();
    void begin_to_close(close_code code, std::string_view text, afterwards then);
    void go_on();
    void finish();
    std::chrono::milliseconds next_delay();
    message_box& kept();

    client_network& net_;
    std::shared_ptr<client_settings const> settings_;
    client_events& events_;
    std::unique_ptr<client_channel> channel_{};
    state state_ = state::idle;
    afterwards then_ = afterwards::come_back;
    bool is_closed_ = false;  ///< `close` was called, and `connect` was not since.
    bool is_paused_ = false;
    bool owes_drain_ = false;
    std::uint32_t attempts_ = 0;  ///< In a row.
    close_reason given_up_{};     ///< Where `is_given_up_`.
    bool is_given_up_ = false;
    std::unique_ptr<message_box> kept_{};  ///< Null while nothing is.
    client_deadline due_;                  ///< Of the next attempt, or of `on_end`.
    presence presence_{};
};

/// The channel of a dialect.
[[nodiscard]] std::unique_ptr<client_channel> make_channel(
    client_network& net,
    std::shared_ptr<client_settings const> settings,
    client_channel_events& to);

}  // namespace anywire
