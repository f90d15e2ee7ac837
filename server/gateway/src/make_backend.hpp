#pragma once

#include "backend.hpp"
#include "settings.hpp"
#include "upstreams.hpp"

#include <memory>

namespace anywire::gateway {

/// What is behind a route, by the kind that its settings name.
///
/// Throws: `std::invalid_argument` for what is not valid.
[[nodiscard]] std::shared_ptr<backend> make_backend(route_settings const& settings,
                                                    std::shared_ptr<upstreams> servers);

}  // namespace anywire::gateway
