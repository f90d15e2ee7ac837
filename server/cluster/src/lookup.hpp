#pragma once

#include <anywire/exchange.hpp>

#include "core/timer_wheel.hpp"
#include "stray_request.hpp"

#include <cstdint>

namespace anywire::relay {

class relay_shard;

/// A request that waits for what the registry has to say of its session.
///
/// Thread: the shard's. Owned by its `relay_shard`, until it tells that it has ended.
class lookup final : public timer_node, private exchange_events {
public:
    enum class of : std::uint8_t {
        nodes,    ///< Whether there is a node that was not known until now.
        session,  ///< Who has it; claimed where the request opens it.
    };

    lookup(relay_shard& at, std::uint64_t number, of what, stray_ptr request);
    lookup(lookup const&) = delete;
    lookup& operator=(lookup const&) = delete;

    void begin(tick until);
    std::uint64_t number() const noexcept { return number_; }
    of what() const noexcept { return what_; }
    stray_request const& request() const noexcept { return *request_; }
    /// The request, which goes on elsewhere: this has ended.
    stray_ptr take();
    /// The shard goes: the client is cut off.
    void abort() noexcept;

    void on_timer(tick now) override;

private:
    void on_sent() override {}
    void on_done() override;
    void on_gone() override;

    relay_shard& at_;
    std::uint64_t number_;
    of what_;
    stray_ptr request_;
    tick until_ = 0;
};

}  // namespace anywire::relay
