#pragma once

#include <anywire/exchange.hpp>

#include "errand.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace anywire {

class shard;

/// A request of a host of the program's own, in front of the host's exchange. It sees to what our
/// own connections see to by themselves: the request counts while it waits, an error says
/// `nosniff`, and one that nobody answers, as something threw, is answered 500.
///
/// The shard keeps it until the library may not touch the host's exchange any more.
/// Thread: the shard's.
class guest_exchange final : public exchange,
                             private exchange_events,
                             public errand,
                             public std::enable_shared_from_this<guest_exchange> {
public:
    static std::shared_ptr<guest_exchange> make(shard& here, exchange& to);
    guest_exchange(shard& here, exchange& to) noexcept : here_(here), to_(&to) {}
    ~guest_exchange() override = default;
    guest_exchange(guest_exchange const&) = delete;
    guest_exchange& operator=(guest_exchange const&) = delete;

    /// What served the request threw: whoever has it hears that its client has gone, and the client
    /// gets 500, or the end of what has begun.
    void fail();

    void listen(exchange_events* events, bool needs_client) noexcept override;
    void limit_stall(std::chrono::milliseconds longest) noexcept override;
    void set_page_fields(std::string fields) override;
    bool respond(answer const& a) override;
    void begin_stream(answer const& a) override;
    bool write_stream(std::span<std::string_view const> parts) override;
    bool end_stream(std::span<std::string_view const> parts) override;
    std::size_t unsent() const noexcept override { return to_ ? to_->unsent() : 0; }
    void upgrade(websocket_upgrade to) override;
    bool checks_handshake() const noexcept override { return to_ && to_->checks_handshake(); }
    bool can_upgrade() const noexcept override { return to_ && to_->can_upgrade(); }
    bool is_client_gone() const noexcept override { return !to_ || to_->is_client_gone(); }
    void abort() noexcept override;

    void on_teardown() noexcept override;

private:
    void on_sent() override;
    void on_done() override;
    void on_gone() override;
    void on_stalled() override;
    void on_next_waiting() override;

    void set_events(exchange_events* events) noexcept;
    /// The answer is complete; true when it is out.
    bool complete(bool all_out) noexcept;
    /// The host's exchange is not to be touched any more. Who listened until then.
    exchange_events* let_go() noexcept;

    shard& here_;
    exchange* to_;  // null: let go of
    exchange_events* events_ = nullptr;
    bool has_begun_ = false;
    bool is_complete_ = false;
};

}  // namespace anywire
