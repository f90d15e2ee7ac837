#include <anywire/service.hpp>

#include "ascii.hpp"
#include "route_table.hpp"
#include "service_core.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

/// Routes of the application's own.
namespace anywire {

void service::route(std::string method,
                    std::string pattern,
                    route_handler handler,
                    route_options options) {
    auto const what = "route '" + method + " " + pattern + "'";
    (void)core_->group_of_shards();  // for routes that are coroutines
    auto parsed = http::route_pattern::parse(pattern);
    if (!parsed)
        throw std::invalid_argument(
            what + ": a pattern is a path as \"/user/:id\", whose names are of A-Za-z0-9_");
    if (method.empty() || !std::all_of(method.begin(), method.end(), http::is_token_char))
        throw std::invalid_argument(what + ": a method is a token such as GET");
    auto made = make_route_method(what, std::move(method), std::move(handler), options);
    made.params = parsed->names();
    core_->change([&](router& next, auto&) {
        auto const* const known = next.find_route(*parsed);
        auto const changed =
            known ? std::make_shared<anywire::route>(static_cast<anywire::route const&>(*known))
                  : std::make_shared<anywire::route>(*parsed);
        next.take_bodies(made.max_body);
        if (!changed->add(std::move(made)))
            throw std::invalid_argument(what + ": it is there already");
        next.put_route(changed);
    });
}

void service::fallback(route_handler handler, route_options options) {
    (void)core_->group_of_shards();
    auto made = make_route_method("fallback", {}, std::move(handler), options);
    auto const target = std::make_shared<fallback_route>(std::move(made));
    core_->change([&](router& next, auto&) {
        if (!next.set_fallback(target))
            throw std::invalid_argument("fallback: it is there already");
        next.take_bodies(target->max_body());
    });
}

}  // namespace anywire
