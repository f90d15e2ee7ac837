#pragma once

#include <anywire/exchange.hpp>

#include "passed_answer.hpp"
#include "relay_run.hpp"
#include "stray_request.hpp"

#include <string>

namespace anywire::relay {

class relay_shard;
struct peer_node;

/// The request as it goes to the node that has its session: as it came, but for what concerned the
/// connection, and with the field that says whose it is.
[[nodiscard]] std::string relayed_request(incoming const& in);

/// One request on its way to another node, and its answer on the way back, which may be a
/// WebSocket.
///
/// Thread: the shard's. Owned by its `relay_shard`, until it tells that it has ended.
class relay_call final : private exchange_events, private relay_run::events {
public:
    /// `request`: as `relayed_request` has made it.
    relay_call(relay_shard& at, peer_node& to, stray_ptr what, std::string request);
    relay_call(relay_call const&) = delete;
    relay_call& operator=(relay_call const&) = delete;
    ~relay_call();

    void begin();
    peer_node const& to() const noexcept { return to_; }
    /// The node does not live any more: this has ended.
    void lose();
    /// The shard goes: the client is cut off.
    void abort() noexcept;

private:
    // -- exchange_events
    void on_sent() override { run_.pause(false); }
    void on_done() override;
    void on_gone() override;
    void on_next_waiting() override { run_.nudge(); }
    // -- relay_run::events
    void on_answer(http::response_head const& head) override;
    void on_answer_piece(std::string_view piece) override;
    void on_answer_end() override;
    void on_answer_stream(http::response_head const& head,
                          byte_stream stream,
                          std::string_view rest) override;
    void on_no_answer(client_failure const& why) override;

    exchange& client() const noexcept { return what_->request.to(); }
    void give_up(std::string_view why);

    relay_shard& at_;
    peer_node& to_;
    stray_ptr what_;
    passed_answer answer_;
    relay_run run_;
};

}  // namespace anywire::relay
