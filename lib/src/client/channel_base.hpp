#pragma once

#include "client/channel.hpp"
#include "client/deadline.hpp"
#include "client/network.hpp"
#include "client/presence.hpp"
#include "client/settings.hpp"
#include "core/message_box.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace anywire {

/// What the channels of all dialects share: one end, after which nothing is heard, and messages
/// that wait while delivery is paused, with the end after them.
class channel_base : public client_channel {
public:
    void close(close_code code, std::string_view text) final;
    void pause(bool is) final;

protected:
    enum class stage : std::uint8_t { opening, open, closing, over };

    channel_base(client_network& net,
                 std::shared_ptr<client_settings const> settings,
                 client_channel_events& to);

    client_options const& options() const noexcept { return settings_->options; }
    session_loop& loop() noexcept { return net_.loop(); }
    bool is_paused() const noexcept {
        return stage_ != stage::closing && (is_paused_ || has_waiting());
    }
    /// What `close` was called with.
    std::string_view goodbye_text() const noexcept {
        return aside_ ? std::string_view(aside_->goodbye_text) : std::string_view{};
    }

    /// Each of the following may destroy this object.
    void tell_open();
    /// Nothing once `close` was called. A message over the limit ends the session.
    void deliver(message_view m);
    /// No session has come of it.
    void fail(client_failure const& why);
    /// The session is over. Where `close` was called, it says that.
    void end(close_event const& how);

    /// Says goodbye after what is queued; `end` in any case.
    virtual void begin_to_close() = 0;
    /// Stops and resumes reading, and with it what watches for silence.
    virtual void pause_reading(bool is) = 0;
    /// Lets go of all that belongs to the network, and of all timers.
    virtual void drop() noexcept = 0;

    client_network& net_;
    std::shared_ptr<client_settings const> settings_;
    client_channel_events& events_;
    stage stage_ = stage::opening;
    /// What `close` was called with.
    close_code goodbye_ = close_code::normal;
    presence presence_{};

private:
    /// What a session has that was paused or closed: most never are.
    struct aside {
        explicit aside(channel_base& of) : resume(of.loop(), [&of] { of.empty_inbox(); }) {}

        message_box inbox{};
        client_deadline resume;
        std::string goodbye_text{};
        // The end, while messages wait that came before it.
        bool has_end = false;
        close_reason end_reason{};
        close_code end_code{};
        std::string end_text{};
    };

    bool has_waiting() const noexcept { return aside_ && !aside_->inbox.is_empty(); }
    aside& put_aside();
    void empty_inbox();
    void tell_end();

    bool is_paused_ = false;
    bool is_closing_ = false;  ///< `close` was called.
    std::unique_ptr<aside> aside_{};
};

/// The close event of a connection that broke.
[[nodiscard]] constexpr close_event lost(std::string_view text) noexcept {
    return {close_reason::transport_lost, close_code::abnormal, text};
}

/// A failure in one sentence.
[[nodiscard]] client_failure make_failure(client_stage at, error_code error, std::string text);
/// One for want of time.
[[nodiscard]] client_failure make_timeout(client_stage at, std::string text);

}  // namespace anywire
