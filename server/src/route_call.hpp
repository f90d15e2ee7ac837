#pragma once

#include <anywire/exchange.hpp>
#include <anywire/http.hpp>

#include "core/timer_wheel.hpp"
#include "errand.hpp"
#include "hub/decided_once.hpp"

#include <functional>
#include <memory>

namespace anywire {

class shard;

/// One request to a route on its way to its answer.
///
/// Thread: the shard's, but for `give`.
class route_call final : public exchange_events,
                         public timer_node,
                         public errand,
                         public std::enable_shared_from_this<route_call> {
public:
    route_call(shard& here, exchange& to) noexcept : here_(here), to_(&to) {}

    /// Calls the handler; answers now or later.
    void run(route_handler const& handler, route_request const& r, tick timeout);
    /// The first call counts. Thread: any.
    void give(http_answer a);
    /// Goes on with a handler's coroutine on the shard, unless the answer has been given, or nobody
    /// waits for it. Thread of what it gives: any.
    std::function<void(std::function<void()>)> make_poster();

    void on_sent() override {}
    void on_done() override { to_ = nullptr; }
    void on_gone() override;
    void on_timer(tick now) override;
    void on_teardown() noexcept override;

private:
    void call(route_handler const& handler, route_request const& r);
    void go_on(std::function<void()> const& fn);
    /// The handler has thrown.
    void fail();
    void wait(tick timeout);
    void answer(http_answer a);

    shard& here_;
    exchange* to_;
    hub::decided_once<http_answer> given_{};
    tick until_ = 0;
};

}  // namespace anywire
