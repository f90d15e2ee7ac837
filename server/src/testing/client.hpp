#pragma once

#include <anywire/test.hpp>

#include "core/frame.hpp"
#include "testing/reply.hpp"

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::testing {

/// Both ends of a WebSocket without a connection between them: the exchange that it is opened by,
/// the transport of its session, and what the client knows of it.
class client::state final : public memory_exchange, public transport {
public:
    state(std::shared_ptr<event_runner*> events, dialect speaks)
        : memory_exchange(std::move(events)), speaks_(speaks) {}

    bool is_open() const noexcept { return session_ != nullptr && has_opened_; }
    unsigned refused_with() const noexcept { return memory_exchange::status; }
    std::optional<close_code> closed_with() const noexcept { return closed_with_; }
    std::string const& close_text() const noexcept { return close_text_; }
    std::vector<std::string> take() { return std::exchange(messages_, {}); }

    void send(message_view m);
    void say_goodbye(close_code code, std::string_view text);
    void break_off();
    void set_reading(bool reads);
    void stop_answering_pings() noexcept { answers_pings_ = false; }

    // -- exchange
    void upgrade(websocket_upgrade to) override;
    bool checks_handshake() const noexcept override { return true; }

    // -- transport
    carrier shape() const noexcept override { return carrier::duplex; }
    std::string_view name() const noexcept override { return name_; }
    write_result write(std::span<frame* const> batch) override;
    void close(close_code code, std::string_view text) noexcept override;
    void abort() noexcept override;
    std::size_t pending_bytes() const noexcept override;
    void pause_reading(bool pause) override;

private:
    void send_raw(std::string text, bool binary);
    void deliver(frame const& f);
    void hear(std::string_view text);
    void hear_sockjs(std::string_view frame_text);
    void hear_engineio(std::string_view packet);
    void pass_on();
    void be_alive();
    void end_with(close_code code, std::string_view text);
    void run(std::function<void()> const& fn) const {
        if (runner()) runner()->run(fn);
    }

    dialect speaks_;
    transport_events* session_ = nullptr;
    std::string_view name_{};
    std::vector<std::string> messages_{};
    std::deque<std::pair<std::string, bool>> unheard_{};  // sent while the session is paused
    std::vector<frame_ptr> unread_{};
    std::optional<close_code> closed_with_{};
    std::string close_text_{};
    bool has_opened_ = false;
    bool reads_ = true;
    bool answers_pings_ = true;
    bool paused_ = false;
};

}  // namespace anywire::testing
