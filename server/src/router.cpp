#include "router.hpp"

#include "core/fault.hpp"
#include "http_connection.hpp"
#include "serve_request.hpp"
#include "shard.hpp"

#include <algorithm>
#include <utility>

namespace anywire {

asked_for asked_for::target(std::string_view target) noexcept {
    auto const question = target.find('?');
    return {path_of(target),
            question == target.npos ? std::string_view{} : target.substr(question + 1)};
}

bool asked_for::is_websocket() const noexcept {
    return (to && to->checks_handshake()) ||
           (head && head->upgrade && head->list_contains("upgrade", "websocket"));
}

bool asked_for::has_parameter(std::string_view name) const noexcept {
    for (auto rest = query; !rest.empty();) {
        auto const one = rest.substr(0, rest.find('&'));
        if (one.starts_with(name) && one.substr(name.size()).starts_with('=')) return true;
        rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    }
    return false;
}

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

router::place& router::place_of(std::string const& prefix) {
    auto const at = std::find_if(places_.begin(), places_.end(), [&](place const& p) {
        return p.prefix.size() < prefix.size() || p.prefix == prefix;
    });
    if (at != places_.end() && at->prefix == prefix) return *at;
    return *places_.insert(at, place{prefix});
}

route_target const* router::add(std::shared_ptr<route_target> target) {
    auto& all = place_of(target->prefix()).targets;
    for (auto const& t : all)
        if (t->claim().empty() || target->claim().empty() || t->claim() == target->claim())
            return t.get();
    largest_body_ = std::max(largest_body_, target->max_body());
    auto const before =
        target->claim() == claims_the_rest || all.empty() || all.back()->claim() != claims_the_rest
            ? all.end()
            : all.end() - 1;
    all.insert(before, std::move(target));
    return nullptr;
}

pattern_target* router::find_route(std::string_view path) const noexcept {
    for (auto const& r : routes_)
        if (r->pattern().matches(path)) return r.get();
    return nullptr;
}

router::place const* router::find_place(std::string_view path) const noexcept {
    for (auto const& p : places_) {
        if (!path.starts_with(p.prefix)) continue;
        if (path.size() == p.prefix.size() || path[p.prefix.size()] == '/') return &p;
    }
    return nullptr;
}

route_target* router::choose(place const& among, asked_for const& a) noexcept {
    auto const& all = among.targets;
    if (all.size() > 1) {
        auto const below = a.path.substr(among.prefix.size());
        for (auto const& t : all)
            if (t->claims(a, below)) return t.get();
    }
    return all.back().get();
}

route_target* router::find(asked_for const& a) const noexcept {
    if (auto* const r = find_route(a.path)) return r;
    if (auto const* const p = find_place(a.path)) return choose(*p, a);
    return fallback_.get();
}

std::size_t router::max_body(asked_for const& a) const noexcept {
    if (auto const* const r = find_route(a.path)) return r->max_body();
    std::size_t most = 0;
    if (auto const* const p = find_place(a.path)) {
        for (auto const& t : p->targets) most = std::max(most, t->max_body());
        return most;
    }
    return fallback_ ? fallback_->max_body() : 0;
}

}  // namespace anywire
