#pragma once

#include <anywire/options.hpp>

#include "engineio/packet.hpp"
#include "session/held_senders.hpp"
#include "session/session_base.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace anywire {

/// What the sessions of an Engine.IO mount have in common; times are ticks.
struct engineio_timing {
    tick ping_interval = 0;
    tick ping_timeout = 0;
    tick upgrade_timeout = 0;
    /// How long a closed session waits for its client to fetch the goodbye.
    tick close_wait = 0;
    /// Told of the end of a session that was polling: a POST of its may still be on the way.
    std::function<void(std::string_view sid)> on_polling_end{};
    // What the application wants to hear; see `engineio_options`.
    std::function<void(session&)> on_upgrade{};
    std::function<void(session&, engineio_packet const&)> on_packet{};
};

/// An Engine.IO session: on long-polling, on a WebSocket, or on its way from the one to the other.
///
/// The upgrade, one machine: a polling session takes one candidate WebSocket at a time. Until the
/// client's `5` all goes by polling as before, but a parked poll is answered with a noop every
/// tick, so that the client can stop polling. At the `5` the candidate becomes the carrier, and
/// what is queued goes there. Whatever else happens to the candidate ends the candidate only.
///
/// Rules:
///  1. A poll that breaks ends the session: its messages are lost. One that ended in order starts
///     nothing; heartbeats alone find a client that stays away.
///  2. `close` without a parked poll is served to the next one, for `close_wait` at most.
/// Spec: Engine.IO 4 and 3.
class engineio_session final : public session_base {
    tick heard_;  // here it takes no room of its own: it fits after the base

public:
    struct setup {
        engineio::revision revision = engineio::revision::v4;
        bool base64 = false;  ///< The client takes no binary: `b64` in its query.
        eio3_text_encoding text = eio3_text_encoding::once;  ///< What is known of it; v3 only.
        bool websocket = false;
        std::string sid{};
        std::string jsonp{};                    ///< The index of its callback; empty: no JSONP.
        std::string_view open{};                ///< The open packet.
        message_view const* initial = nullptr;  ///< A message right after it; null: none.
    };
    engineio_session(endpoint_core& endpoint, origin from, engineio_timing const& timing, setup s);
    ~engineio_session() override;

    codec const& message_codec() const noexcept override;
    std::string_view dialect() const noexcept override {
        return revision_ == engineio::revision::v4 ? "engineio" : "engineio3";
    }
    std::string_view sid() const noexcept override { return sid_; }
    std::string_view transport() const noexcept override {
        return is_polling_ ? "polling" : "websocket";
    }
    engineio::revision revision() const noexcept { return revision_; }
    bool takes_binary() const noexcept { return !base64_; }
    /// How the client encodes text in polls, as far as it is known by now.
    eio3_text_encoding const& text_encoding() const noexcept { return text_; }
    /// The index of its JSONP callback; null where it polls without.
    std::string const* jsonp() const noexcept { return jsonp_.get(); }

    // -- what the mount calls for requests that name the session
    /// False once the session is on a WebSocket.
    bool is_polling() const noexcept { return is_polling_; }
    /// True when the session is not there any more, for whoever asks by its sid.
    bool is_gone() const noexcept { return current() >= state::ended && !owes_goodbye_; }
    void attach(anywire::transport& to) override;
    /// Two requests of one kind at once: ends the session.
    void on_overlap(std::string_view what);
    /// Whether a paused session keeps another body of that size.
    bool has_room_for(std::size_t body) noexcept {
        return !is_paused() || inbox_bytes() == 0 ||
               inbox_bytes() + body <= home().limits().max_queued_bytes;
    }
    enum class received : std::uint8_t { taken, too_long, no_room };
    /// The body of a POST; `binary` for an octet-stream. Text that is not UTF-8 is repaired, as the
    /// reference does. Where the body is not taken, the session goes on without it.
    ///
    /// Limits: `limits::max_message` bytes, and what a paused session still keeps; repaired text
    ///         counts as what it has become, which may be three bytes for one.
    [[nodiscard]] received receive(std::string_view body, bool binary);
    /// A POST that cannot be read at all, or that broke: ends the session.
    void fail_transport();
    /// Those whose answers are kept back until a paused session reads again.
    held_senders& held() noexcept;

    /// Whether a WebSocket may become a candidate now.
    bool can_upgrade() const noexcept;
    /// `subprotocol` is what the WebSocket has agreed on; the session's own when it gets there.
    /// Requires: `can_upgrade()`.
    void begin_upgrade(anywire::transport& candidate, std::string subprotocol = {});

    // -- transport_events
    void on_payload(anywire::transport& from, std::string_view data, bool binary) override;
    void on_alive(anywire::transport& from) override;
    void on_writable(anywire::transport& from) override;
    void on_closed(anywire::transport& from, bool orderly, close_event const& how) override;
    void on_next_waiting(anywire::transport& from) override;

protected:
    void on_closing(goodbye const& how) override;
    void end_carrier(goodbye const& how) override;
    void on_due(tick now) override;
    void on_finished(anywire::transport* draining) override;
    std::size_t unread_bytes() const noexcept override;
    void on_retired() override;
    void on_resumed() override;

private:
    struct upgrade;
    /// A poll that has been answered, its last bytes on the way.
    struct answered_poll {
        anywire::transport* carrier;
        bool may_hold_messages;
    };

    bool is_running() const noexcept {
        return current() == state::open || current() == state::fresh;
    }
    void end_now(close_reason why, std::string_view text);
    void on_packet(engineio::packet const& p);
    void tell_packet(engineio::packet const& p);
    void on_ping();
    void on_pong();
    void on_silence();
    void on_candidate_packet(std::string_view data, bool binary);
    void on_upgrade_turn(tick now);
    void complete_upgrade();
    void lose_candidate() noexcept;
    void drop_candidate() noexcept;
    void answer_poll(std::string_view text);
    void drain(anywire::transport& poll, bool may_hold_messages);

    engineio_timing const& timing_;  // this and what follows it, up to the id: each heartbeat
    engineio::revision revision_;
    eio3_text_encoding text_;
    bool base64_ : 1;
    bool is_polling_ : 1;
    bool awaiting_pong_ : 1 = false;
    bool is_alive_ : 1 = false;      // something other than a pong came while one was awaited
    bool owes_goodbye_ : 1 = false;  // to the next poll
    bool said_noop_ : 1 = false;     // the first half of that
    std::string sid_;
    std::unique_ptr<std::string> jsonp_;
    std::unique_ptr<upgrade> upgrade_{};
    std::unique_ptr<held_senders> held_{};
    std::vector<answered_poll> draining_{};
};

}  // namespace anywire
