#include "router.hpp"

#include "core/fault.hpp"
#include "http_connection.hpp"
#include "shard.hpp"

#include <algorithm>
#include <utility>

namespace anywire {

void incoming::respond(unsigned status, std::string_view text, std::string_view fields) const {
    (void)to.respond({.status = status,
                      .content_type = "text/plain; charset=UTF-8",
                      .fields = fields,
                      .body = text});
}

void incoming::not_found() const {
    respond(status_of(fault::not_found), "404 Not Found\n");
}

void incoming::move_to(shard& there) const {
    if (via) return via->move_to(*there.site(), head);
    here.log().write(log_level::error,
                     "a request came to another shard than that of its session: call "
                     "service::serve on the executor that service::shard_of names");
    respond(status_of(fault::misdirected), "this request belongs to another shard\n");
}

pattern_target* router::find_route(http::route_pattern const& pattern) const noexcept {
    for (auto const& r : routes_)
        if (r->pattern().is_like(pattern)) return r.get();
    return nullptr;
}

pattern_target& router::add_route(std::unique_ptr<pattern_target> target) {
    auto const at = std::find_if(routes_.begin(), routes_.end(), [&](auto const& r) {
        return target->pattern().goes_before(r->pattern());
    });
    return **routes_.insert(at, std::move(target));
}

bool router::set_fallback(std::shared_ptr<route_target> target) {
    if (fallback_) return false;
    fallback_ = std::move(target);
    return true;
}

bool router::add(std::shared_ptr<route_target> target) {
    for (auto const& t : targets_)
        if (t->prefix() == target->prefix()) return false;
    largest_body_ = std::max(largest_body_, target->max_body());
    auto const shorter = std::find_if(targets_.begin(), targets_.end(), [&](auto const& t) {
        return t->prefix().size() < target->prefix().size();
    });
    targets_.insert(shorter, std::move(target));
    return true;
}

route_target* router::find(std::string_view path) const noexcept {
    for (auto const& r : routes_)
        if (r->pattern().matches(path)) return r.get();
    for (auto const& t : targets_) {
        auto const& prefix = t->prefix();
        if (!path.starts_with(prefix)) continue;
        if (path.size() == prefix.size() || path[prefix.size()] == '/') return t.get();
    }
    return fallback_.get();
}

}  // namespace anywire
