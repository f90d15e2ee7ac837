#include "answering.hpp"

#include "service_core.hpp"
#include "shard.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

namespace anywire {
namespace {

/// Whichever of them has the session; null: none.
route_target* find_holder(retired_mounts const& among, shard& here, std::string_view sid) {
    for (auto const& t : among.all)
        if (t->has_session(here, sid)) return t.get();
    return nullptr;
}

/// `named`: the sid that a request names, of a mount that has gone, or nothing.
answering find_mounted(shard& here, asked_for const& a, std::string_view named) {
    auto* const target = here.routes().find(a);
    if (!target || named.empty()) return {target};
    // It is not to be sent back and forth between two sessions that it names.
    auto const other = target->session_named_by(a.target);
    return {other.empty() || &here.core().owner(other) == &here ? target : nullptr};
}

answering find_among_retired(shard& here, asked_for const& a) {
    auto& core = here.core();
    auto const& routes = here.routes();
    std::string named;  // the first sid decides where it is served: it can be in one place only
    for (auto const& r : routes.retired()) {
        auto sid = r.sid_in(a);
        if (sid.empty()) continue;
        auto& owner = core.owner(sid);
        if (&owner != &here) {
            if (named.empty()) return {routes.find(a), &owner, &r};
            continue;
        }
        if (auto* const holder = find_holder(r, here, sid)) return {holder};
        if (named.empty()) named = std::move(sid);
    }
    return find_mounted(here, a, named);
}

}  // namespace

answering find_answering(shard& here, asked_for const& a) {
    auto const& routes = here.routes();
    if (!routes.retired().empty()) [[unlikely]]
        return find_among_retired(here, a);
    return {routes.find(a)};
}

bool is_served(service_core const& core, std::string_view target) {
    std::shared_ptr<router const> kept;
    auto const& routes = core.routes_here(kept);
    auto const a = asked_for::of_target(target);
    return routes.find(a) || std::any_of(routes.retired().begin(),
                                         routes.retired().end(),
                                         [&](auto const& r) { return !r.sid_in(a).empty(); });
}

std::size_t max_body_of(service_core const& core, std::string_view target) {
    std::shared_ptr<router const> kept;
    auto const& routes = core.routes_here(kept);
    auto const a = asked_for::of_target(target);
    auto most = routes.max_body(a);
    for (auto const& r : routes.retired())
        if (!r.sid_in(a).empty())
            for (auto const& t : r.all) most = std::max(most, t->max_body());
    return most;
}

std::size_t service_core::shard_for(std::string_view target) const {
    if (shards.size() == 1) return 0;
    std::shared_ptr<router const> kept;
    auto const& routes = routes_here(kept);
    auto const a = asked_for::of_target(target);
    for (auto const& r : routes.retired())
        if (auto const sid = r.sid_in(a); !sid.empty()) return owner(sid).index();
    auto* const to = routes.find(a);
    auto const id = to ? to->session_named_by(target) : std::string{};
    if (!id.empty()) return owner(id).index();
    return next_shard.fetch_add(1, std::memory_order_relaxed) % shards.size();
}

}  // namespace anywire
