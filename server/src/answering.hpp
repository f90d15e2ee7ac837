#pragma once

#include "router.hpp"

#include <cstddef>
#include <string_view>

namespace anywire {

class shard;
struct service_core;

/// Who answers a request.
struct answering {
    route_target* target = nullptr;  ///< Null: nobody.
    /// The shard that has to serve it, where that is another one: one of the mounts that were here
    /// may have its session there.
    shard* there = nullptr;
    retired_mounts const* whose = nullptr;  ///< Those mounts, of that shard.

    /// Who would answer it at best. Null: nobody.
    route_target* likely() const noexcept {
        return target || !whose ? target : whose->all.back().get();
    }
};

/// Requests of sessions that a mount had before it was replaced go to that one; all others where
/// the routes lead. Valid during the shard's event.
answering find_answering(shard& here, asked_for const& a);

// For whoever hosts a service; thread: any.
bool is_served(service_core const& core, std::string_view target);
std::size_t max_body_of(service_core const& core, std::string_view target);

}  // namespace anywire
