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
    core_->require_setup("route", pattern);
    (void)core_->group_of_shards();  // for routes that are coroutines
    auto parsed = http::route_pattern::parse(pattern);
    if (!parsed)
        throw std::invalid_argument(
            what + ": a pattern is a path as \"/user/:id\", whose names are of A-Za-z0-9_");
    if (method.empty() || !std::all_of(method.begin(), method.end(), http::is_token_char))
        throw std::invalid_argument(what + ": a method is a token such as GET");
    auto made = make_route_method(what, std::move(method), std::move(handler), options);
    made.params = parsed->names();
    auto const most = made.max_body;
    auto* const known = core_->routes.find_route(*parsed);
    auto& target =
        known ? *known
              : core_->routes.add_route(std::make_unique<anywire::route>(std::move(*parsed)));
    if (!static_cast<anywire::route&>(target).add(std::move(made)))
        throw std::invalid_argument(what + ": it is there already");
    core_->take_bodies(most);
}

void service::fallback(route_handler handler, route_options options) {
    core_->require_setup("fallback", {});
    (void)core_->group_of_shards();
    auto made = make_route_method("fallback", {}, std::move(handler), options);
    auto const most = made.max_body;
    if (!core_->routes.set_fallback(std::make_shared<fallback_route>(std::move(made))))
        throw std::invalid_argument("fallback: it is there already");
    core_->take_bodies(most);
}

}  // namespace anywire
