#pragma once

#include <anywire/limits.hpp>

#include "http_site.hpp"

#include <cstddef>

namespace anywire {

/// The bounds that the shards of a service work by.
struct service_bounds {
    /// Throws: `std::invalid_argument` for one out of range.
    explicit service_bounds(server_limits const& l);

    bool limit_handshakes() const noexcept {
        return limits.max_handshakes_per_second != 0 ||
               limits.max_handshakes_per_second_per_address != 0;
    }

    server_limits limits;
    // What 0 stands for.
    std::size_t max_connections;
    std::size_t max_sessions;
    std::size_t max_queued_total;
    http_settings http;  ///< Its body is that of what is mounted.
};

/// Throws: `std::invalid_argument`, as "server_options: `what`", unless `good`.
void require_service_option(bool good, char const* what);

}  // namespace anywire
