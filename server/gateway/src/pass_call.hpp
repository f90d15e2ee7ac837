#pragma once

#include <anywire/dialect.hpp>

#include "backend.hpp"
#include "client/network.hpp"
#include "passed_answer.hpp"
#include "socket_network.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace anywire::gateway {

class pass_call;

/// What one shard has of a pass-through: its connections to the server and what is under way.
class pass_shard {
public:
    pass_shard(shard_place& here, client_options const& options);
    pass_shard(pass_shard const&) = delete;
    pass_shard& operator=(pass_shard const&) = delete;
    ~pass_shard();

    /// Passes a request on, to the server of `base`.
    void pass(dialect_request const& r, client_url const& base, std::chrono::milliseconds timeout);

    // -- for what is under way
    void note(std::string_view what) const;
    void end(pass_call const& c) { calls_.erase(&c); }

private:
    log_sink log_;
    std::string wrong_{};
    std::unique_ptr<socket_network> network_;
    std::unordered_map<pass_call const*, std::unique_ptr<pass_call>> calls_{};
};

/// One request on its way to the server, and its answer on the way back.
///
/// Thread: the shard's. Owned by its `pass_shard`, until it tells that it has ended.
class pass_call final : private exchange_events, private client_response_events {
public:
    pass_call(pass_shard& at, dialect_request const& r);
    pass_call(pass_call const&) = delete;
    pass_call& operator=(pass_call const&) = delete;

    /// Requires: the last call to it is this one until it has returned.
    void begin(client_network& by, client_request const& r);

private:
    // -- exchange_events
    void on_sent() override;
    void on_done() override { at_.end(*this); }
    void on_gone() override { at_.end(*this); }
    // -- client_response_events
    void on_head(client_response const& head) override { answer_.begin(head.status, head.fields); }
    void on_body(std::string_view piece) override;
    void on_end() override;
    void on_failure(client_failure const& why) override;

    pass_shard& at_;
    exchange& to_;
    std::string asked_;
    std::unique_ptr<client_call> call_{};
    relay::passed_answer answer_;
};

}  // namespace anywire::gateway
