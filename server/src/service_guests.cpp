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

void service::serve(http_request const& request, exchange& to) {
    core_->begin();
    auto& here = core_->shard_here();
    here.host().begin_event("a request");
    std::shared_ptr<guest_exchange> guest;
    auto const is_served = here.host().guard("a request", [&] {
        guest = guest_exchange::make(here, to);
        serve_guest(here, request, *guest);
    });
    if (!is_served)
        (void)here.host().guard("a request", [&] {
            guest ? guest->fail() : (void)to.respond({.status = status_of(fault::internal_error)});
        });
    here.host().end_event();
}

void service::open(http_request const& request,
                   transport& over,
                   std::function<void(transport_events*)> heard) {
    serve(request, *new guest_websocket(over, std::move(heard)));
}

}  // namespace anywire
