#pragma once

#include "client/presence.hpp"
#include "client/sockjs_wire.hpp"
#include "core/message_box.hpp"
#include "sockjs/body_readers.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace anywire {

/// The transports of SockJS that receive by one answer after the other, in pieces or whole, and
/// send by POSTs, one at a time.
///
/// Spec: sockjs-protocol, "XhrPolling", "XhrStreaming", "EventSource".
class sockjs_http final : public sockjs_wire {
public:
    sockjs_http(client_network& net,
                client_settings const& settings,
                client_carrier c,
                sockjs_place place,
                sockjs_wire_events& to);

    client_carrier carrier() const noexcept override { return carrier_; }
    void open(std::chrono::milliseconds timeout) override;
    void send(std::string_view message) override;
    std::size_t unsent_bytes() const noexcept override { return box_.bytes + unconfirmed_; }
    void close(close_code, std::string_view) override {}
    bool ping() override { return false; }
    void pause(bool is) override;

private:
    class receiver_events final : public client_response_events {
    public:
        explicit receiver_events(sockjs_http& of) noexcept : of_(of) {}
        void on_head(client_response const& head) override;
        void on_body(std::string_view piece) override;
        void on_end() override { of_.on_answer_end(); }
        void on_failure(client_failure const& why) override;

    private:
        sockjs_http& of_;
    };
    class sender_events final : public client_response_events {
    public:
        explicit sender_events(sockjs_http& of) noexcept : of_(of) {}
        void on_head(client_response const& head) override { of_.send_status_ = head.status; }
        void on_body(std::string_view) override {}
        void on_end() override { of_.on_send_end(); }
        void on_failure(client_failure const& why) override;

    private:
        sockjs_http& of_;
    };

    void receive(std::chrono::milliseconds timeout);
    void on_piece(std::string_view piece);
    std::optional<std::string_view> next_frame(std::string_view& in);
    bool has_read_error() const noexcept;
    void on_answer_end();
    void post();
    void on_send_end();
    void lose(client_failure const& why, close_event const& how);
    void lose_status(client_stage at, unsigned status, std::string_view what);

    client_network& net_;
    client_settings const& settings_;
    client_carrier carrier_;
    sockjs_place place_;
    sockjs_wire_events& events_;
    receiver_events receiver_events_{*this};
    sender_events sender_events_{*this};
    std::unique_ptr<client_call> receiver_{};
    std::unique_ptr<client_call> sender_{};
    std::optional<sockjs::line_reader> lines_{};
    std::optional<sockjs::event_stream_reader> stream_{};
    std::string unescaped_{};
    unsigned status_ = 0;     ///< Of the receiver's answer.
    bool has_frame_ = false;  ///< It has brought one.
    bool is_paused_ = false;
    message_box box_{};  ///< What waits for the sender.
    std::size_t unconfirmed_ = 0;
    unsigned send_status_ = 0;
    presence presence_{};
};

}  // namespace anywire
