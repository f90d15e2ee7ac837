#pragma once

#include <anywire/exchange.hpp>

#include "core/fault.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace anywire {

/// The request of a WebSocket that a host of the program's own has opened already: what answers it
/// decides whether it goes on. Owns itself, until it is answered.
class guest_websocket final : public exchange {
public:
    guest_websocket(transport& to, std::function<void(transport_events*)> heard)
        : transport_(to), heard_(std::move(heard)) {}

    void listen(exchange_events*, bool) noexcept override {}
    void limit_stall(std::chrono::milliseconds) noexcept override {}
    void set_page_fields(std::string) override {}
    bool respond(answer const& a) override {
        auto text = a.body.substr(0, 120);
        while (text.ends_with('\n')) text.remove_suffix(1);
        close(close_code_of_status(a.status), text);
        return true;
    }
    void begin_stream(answer const&) override {}
    bool write_stream(std::span<std::string_view const>) override { return true; }
    bool end_stream(std::span<std::string_view const>) override {
        close(close_code::policy_violation, {});
        return true;
    }
    std::size_t unsent() const noexcept override { return 0; }
    void upgrade(websocket_upgrade to) override {
        auto* const session = to.take(transport_);
        if (!session) return close(close_code::no_status, {});
        auto const heard = std::move(heard_);
        delete this;
        heard(session);
    }
    bool checks_handshake() const noexcept override { return true; }
    bool is_client_gone() const noexcept override { return transport_.is_peer_gone(); }
    void abort() noexcept override {
        transport_.abort();
        delete this;
    }

private:
    ~guest_websocket() = default;
    void close(close_code code, std::string_view text) {
        transport_.close(code, text);
        auto const heard = std::move(heard_);
        delete this;
        heard(nullptr);
    }

    transport& transport_;
    std::function<void(transport_events*)> heard_;
};

}  // namespace anywire
