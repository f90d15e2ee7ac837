#include <anywire/exchange.hpp>
#include <anywire/service.hpp>

#include "core/fault.hpp"
#include "guest_exchange.hpp"
#include "guest_websocket.hpp"
#include "serve_request.hpp"
#include "service_core.hpp"
#include "shard.hpp"

#include <utility>

/// Requests that a host of the program's own brings. Apart, so that who has none links none of it.
namespace anywire {

void run_as_guest(shard& here, exchange& to, std::function<void(exchange&)> const& serve) {
    std::shared_ptr<guest_exchange> guest;
    auto const is_served = here.host().guard("a request", [&] {
        guest = guest_exchange::make(here, to);
        serve(*guest);
    });
    if (is_served) return;
    (void)here.host().guard("a request", [&] {
        guest ? guest->fail() : (void)to.respond({.status = status_of(fault::internal_error)});
    });
}

void service::serve(http_request const& request, exchange& to) {
    core_->begin();
    auto& here = core_->shard_here();
    here.host().begin_event("a request");
    run_as_guest(here, to, [&](exchange& guest) { serve_guest(here, request, guest); });
    here.host().end_event();
}

void service::open(http_request const& request,
                   transport& over,
                   std::function<void(transport_events*)> heard) {
    serve(request, *new guest_websocket(over, std::move(heard)));
}

}  // namespace anywire
