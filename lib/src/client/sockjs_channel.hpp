#pragma once

#include "client/carrier_choice.hpp"
#include "client/channel_base.hpp"
#include "client/sockjs_wire.hpp"
#include "sockjs/client.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace anywire {

/// A session of SockJS, with a server that is asked first what it has.
///
/// Spec: sockjs-protocol; the order and the time of each transport are those of sockjs-client 1.x.
class sockjs_channel final : public channel_base,
                             public sockjs_wire_events,
                             public carrier_choice_user,
                             private client_response_events {
public:
    sockjs_channel(client_network& net,
                   std::shared_ptr<client_settings const> settings,
                   client_channel_events& to);

    void start() override;
    void send(message_view m, bool compress) override;
    std::string_view transport() const noexcept override;
    std::string_view sid() const noexcept override { return sid_; }
    std::string_view subprotocol() const noexcept override;
    std::size_t queued_bytes() const noexcept override;
    bool is_writable() const noexcept override;

private:
    // -- of the info
    void on_head(client_response const& head) override { info_status_ = head.status; }
    void on_body(std::string_view piece) override { info_body_.append(piece); }
    void on_end() override;
    void on_failure(client_failure const& why) override;

    // -- of the choice
    std::chrono::milliseconds time_for(client_carrier c, bool is_last) override;
    void begin(client_carrier c, std::chrono::milliseconds timeout) override;
    void give_up(client_carrier c) override { wire_of(c).reset(); }
    void on_all_failed(client_failure const& why) override { fail(why); }

    // -- of the transports
    void on_frame(sockjs_wire& wire, sockjs::server_frame const& f) override;
    void on_life(sockjs_wire& wire) override;
    void on_writable(sockjs_wire& wire) override;
    void on_lost(sockjs_wire& wire, client_failure const& why, close_event const& how) override;

    void begin_to_close() override;
    void pause_reading(bool is) override;
    void drop() noexcept override;

    bool take_base(std::string_view base_url);
    sockjs_place make_place();
    std::unique_ptr<sockjs_wire>& wire_of(client_carrier c) noexcept {
        return c == client_carrier::websocket ? websocket_ : http_;
    }
    void on_opening_frame(sockjs_wire& wire, sockjs::server_frame const& f);
    void deliver_all(std::span<std::string_view const> messages);
    std::chrono::milliseconds elapsed() noexcept;
    void note_life() noexcept;
    void on_silence();

    std::unique_ptr<client_call> info_{};
    unsigned info_status_ = 0;
    std::string info_body_{};
    tick started_ = 0;
    std::chrono::milliseconds round_trip_{0};  ///< Of the info.
    client_url base_{};                        ///< Where the sessions are.
    bool is_own_origin_ = true;
    std::unique_ptr<sockjs_wire> websocket_{};
    std::unique_ptr<sockjs_wire> http_{};
    std::string websocket_sid_{};
    std::string http_sid_{};
    sockjs_wire* current_ = nullptr;
    std::string sid_{};
    std::unique_ptr<carrier_choice> choice_;  ///< Null once one has been chosen, or all failed.
    bool was_pinged_ = false;
    client_deadline watch_;  ///< When silence has lasted too long.
    client_deadline limit_;  ///< Of the goodbye.
};

}  // namespace anywire
