#pragma once

#include "client/engineio_wire.hpp"
#include "client/network.hpp"
#include "client/presence.hpp"
#include "client/settings.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace anywire {

/// The long-polling of Engine.IO: one GET after the other, and one POST at a time beside them.
///
/// Spec: engine.io-protocol v4, "HTTP long-polling".
class engineio_polling final : public engineio_wire {
public:
    engineio_polling(client_network& net,
                     client_settings const& settings,
                     engineio_wire_events& to);

    /// Asks for a session; its packet of the type `open` is an event.
    void open(std::chrono::milliseconds timeout);
    /// Goes on with this session: from now on POSTs may be sent.
    void begin(engineio::open_data const& session);

    /// Begins no further request, so that another transport can take over. True when none is under
    /// way; else `on_rest` follows.
    bool stop();
    /// Goes on after `stop`.
    void go_on();

    std::string_view name() const noexcept override { return "polling"; }
    void write(engineio_outbox& box) override;
    bool is_posting() const noexcept { return post_ != nullptr; }
    std::size_t unsent_bytes() const noexcept override { return unconfirmed_; }
    void pause(bool is) override;

private:
    /// One request, whichever it is.
    class request final : public client_response_events {
    public:
        request(engineio_polling& of, bool is_post) noexcept : of_(of), is_post_(is_post) {}
        void on_head(client_response const& head) override;
        void on_body(std::string_view piece) override;
        void on_end() override;
        void on_failure(client_failure const& why) override;

        unsigned status = 0;
        bool is_binary = false;
        std::string refusal{};  ///< The beginning of the body of one.

    private:
        engineio_polling& of_;
        bool is_post_;
    };

    client_url make_url();
    void poll(std::chrono::milliseconds timeout);
    void on_payload(std::string_view body, bool is_binary);
    void on_poll_end();
    void on_post_end();
    void on_refused(request const& r);
    void tell_rest();

    client_network& net_;
    client_settings const& settings_;
    engineio_wire_events& events_;
    engineio::revision revision_;
    client_url url_;
    std::string sid_{};
    std::uint64_t max_payload_ = 0;
    std::uint64_t buster_;
    request get_events_{*this, false};
    request post_events_{*this, true};
    std::unique_ptr<client_call> get_{};
    std::unique_ptr<client_call> post_{};
    std::string scratch_{};
    std::size_t unconfirmed_ = 0;
    bool has_payload_ = false;  ///< Of the answer that is being read.
    bool is_stopped_ = false;
    bool is_paused_ = false;
    presence presence_{};
};

}  // namespace anywire
