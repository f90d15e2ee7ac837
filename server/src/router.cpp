#include "router.hpp"

#include "core/fault.hpp"
#include "http_connection.hpp"
#include "serve_request.hpp"
#include "shard.hpp"

#include <algorithm>
#include <utility>

namespace anywire {

asked_for asked_for::of_target(std::string_view target) noexcept {
    auto const question = target.find('?');
    return {target,
            path_of(target),
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

std::string retired_mounts::sid_in(asked_for const& a) const {
    if (!a.path.starts_with(prefix)) return {};
    auto const below = a.path.substr(prefix.size());
    if (!below.empty() && !below.starts_with('/')) return {};
    if (!had_its_path && !all.front()->claims(a, below)) return {};
    return all.front()->session_named_by(a.target);
}

pattern_target const* router::find_route(http::route_pattern const& pattern) const noexcept {
    for (auto const& r : routes_)
        if (r->pattern().is_like(pattern)) return r.get();
    return nullptr;
}

void router::put_route(std::shared_ptr<pattern_target> target) {
    for (auto& r : routes_)
        if (r->pattern().is_like(target->pattern())) return r.swap(target);
    auto const at = std::find_if(routes_.begin(), routes_.end(), [&](auto const& r) {
        return target->pattern().goes_before(r->pattern());
    });
    routes_.insert(at, std::move(target));
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

router::place const* router::place_at(std::string_view prefix) const noexcept {
    for (auto const& p : places_)
        if (p.prefix == prefix) return &p;
    return nullptr;
}

router::targets router::at(std::string_view prefix) const {
    auto const* const p = place_at(prefix);
    return p ? p->targets : targets{};
}

bool router::serves(route_target const& target) const noexcept {
    auto const* const p = place_at(target.prefix());
    return p && std::any_of(p->targets.begin(), p->targets.end(), [&](auto const& t) {
               return t.get() == &target;
           });
}

void router::retire(std::shared_ptr<route_target> target, bool had_its_path) {
    for (auto& r : retired_)
        if (r.prefix == target->prefix() && r.had_its_path == had_its_path &&
            r.all.front()->names_as(*target))
            return r.all.push_back(std::move(target));
    retired_.push_back({target->prefix(), had_its_path, {target}});
}

void router::remove(route_target const& target) {
    auto const at = std::find_if(places_.begin(), places_.end(), [&](place const& p) {
        return p.prefix == target.prefix();
    });
    if (at == places_.end()) return;
    auto& all = at->targets;
    auto const found =
        std::find_if(all.begin(), all.end(), [&](auto const& t) { return t.get() == &target; });
    if (found == all.end()) return;
    if (target.keeps_sessions()) retire(*found, all.size() == 1);
    all.erase(found);
    if (all.empty()) places_.erase(at);
}

void router::forget(route_target const& target) noexcept {
    for (auto& r : retired_)
        std::erase_if(r.all, [&](auto const& t) { return t.get() == &target; });
    std::erase_if(retired_, [](retired_mounts const& r) { return r.all.empty(); });
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
