#include "room.hpp"

#include "service_core.hpp"
#include "shard.hpp"

#include <chrono>

namespace anywire {
namespace {

using cause = refusal_cause;

constexpr no_room draining{
    fault::draining, "the server is shutting down\n", "the server drains", cause::draining};
constexpr no_room mount_is_full{
    fault::full, "too many sessions\n", "`limits.max_sessions` are open", cause::max_sessions};
constexpr no_room server_is_full{fault::full,
                                 "too many sessions\n",
                                 "`server_limits::max_sessions` are open",
                                 cause::server_max_sessions};
constexpr no_room address_is_full{fault::address_over_limit,
                                  "too many sessions of this address\n",
                                  "`server_limits::max_sessions_per_address` are open",
                                  cause::max_sessions_per_address};
constexpr no_room no_parking{fault::full,
                             "too many requests wait\n",
                             "`server_limits::max_parked_requests` wait",
                             cause::max_parked_requests};
constexpr no_room too_soon{fault::full,
                           "too many new sessions\n",
                           "`server_limits::max_handshakes_per_second` have come",
                           cause::max_handshakes_per_second};
constexpr no_room address_too_soon{
    fault::address_over_limit,
    "too many new sessions of this address\n",
    "`server_limits::max_handshakes_per_second_per_address` have come",
    cause::max_handshakes_per_second_per_address};

/// A trusted proxy and a Unix domain socket have one address for all their clients.
bool is_limited(service_core const& core, std::string_view address) noexcept {
    return is_limited_address(address) && !core.trusted.contains(address);
}

}  // namespace

no_room const* find_draining(shard& here) noexcept {
    return here.is_draining() ? &draining : nullptr;
}

no_room const* find_no_parking(shard& here) noexcept {
    auto const& core = here.core();
    auto const most = here.limits().max_parked_requests;
    if (most == 0 || core.parked.load(std::memory_order_relaxed) < most) return nullptr;
    return &no_parking;
}

no_room const* find_no_room(shard& here, endpoint_core const& sessions, std::string_view address) {
    auto const& core = here.core();
    if (!sessions.has_room()) return &mount_is_full;
    if (core.sessions.load(std::memory_order_relaxed) >= here.bounds().max_sessions)
        return &server_is_full;
    auto const most = here.limits().max_sessions_per_address;
    if (most != 0 && is_limited(core, address) && core.census.sessions().of(address) >= most)
        return &address_is_full;
    return nullptr;
}

no_room const* find_too_soon(shard& here, std::string_view address) {
    auto& core = here.core();
    if (!here.bounds().limit_handshakes()) return nullptr;
    auto const said =
        core.handshakes.take(address, is_limited(core, address), std::chrono::steady_clock::now());
    switch (said) {
        case handshake_rate::verdict::good: return nullptr;
        case handshake_rate::verdict::too_many: return &too_soon;
        case handshake_rate::verdict::too_many_of_address: return &address_too_soon;
    }
    return nullptr;
}

}  // namespace anywire
