#pragma once

#include "client/carrier_choice.hpp"
#include "client/channel_base.hpp"
#include "client/engineio_polling.hpp"
#include "client/engineio_websocket.hpp"
#include "client/engineio_wire.hpp"
#include "engineio/client.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace anywire {

/// A session of Engine.IO.
///
/// Spec: engine.io-protocol v4 and v3.
class engineio_channel final : public channel_base,
                               public engineio_wire_events,
                               public carrier_choice_user {
public:
    engineio_channel(client_network& net,
                     std::shared_ptr<client_settings const> settings,
                     client_channel_events& to);

    void start() override;
    void send(message_view m, bool compress) override;
    std::string_view transport() const noexcept override;
    std::string_view sid() const noexcept override { return session_.sid; }
    std::string_view subprotocol() const noexcept override;
    std::size_t queued_bytes() const noexcept override;
    bool is_writable() const noexcept override;

private:
    /// How far the WebSocket has come that is to take over from polling.
    enum class upgrade : std::uint8_t {
        none,
        opening,
        probing,   ///< "2probe" was sent.
        stopping,  ///< "3probe" has come: polling comes to rest, and what is sent waits.
    };

    // -- of the choice
    std::chrono::milliseconds time_for(client_carrier c, bool is_last) override;
    void begin(client_carrier c, std::chrono::milliseconds timeout) override;
    void give_up(client_carrier c) override;
    void on_all_failed(client_failure const& why) override { fail(why); }

    // -- of the transports
    void on_connected(engineio_wire& wire) override;
    void on_packet(engineio_wire& wire, engineio::packet const& p) override;
    void on_life(engineio_wire& wire) override;
    void on_writable(engineio_wire& wire) override;
    void on_rest(engineio_wire& wire) override;
    void on_lost(engineio_wire& wire, client_failure const& why, close_event const& how) override;

    void begin_to_close() override;
    void pause_reading(bool is) override;
    void drop() noexcept override;

    bool is_v4() const noexcept { return options().revision == 4; }
    client_carrier carrier_of(engineio_wire const& wire) const noexcept;
    void drop_wire(client_carrier c) noexcept;
    void on_handshake(engineio_wire& wire, std::string_view data);
    void on_bad_handshake(engineio_wire& wire, std::string_view wrong);
    void on_session_packet(engineio_wire& wire, engineio::packet const& p);
    void flush();
    void begin_upgrade();
    void on_probe_packet(engineio::packet const& p);
    void abandon_upgrade();
    void finish_upgrade();
    void note_life() noexcept;
    void on_silence();
    void on_ping_due();

    engineio::revision revision_;
    std::unique_ptr<engineio_polling> polling_{};
    std::unique_ptr<engineio_websocket> websocket_{};
    engineio_wire* current_ = nullptr;  ///< What carries the session.
    engineio::open_data session_{};
    engineio_outbox box_;
    upgrade upgrade_ = upgrade::none;
    std::unique_ptr<carrier_choice> choice_;  ///< Null once one has been chosen, or all failed.
    client_deadline watch_;                   ///< When silence has lasted too long.
    client_deadline ping_;                    ///< v3: when the next is due.
    client_deadline limit_;                   ///< Of the upgrade, then of the goodbye.
};

}  // namespace anywire
