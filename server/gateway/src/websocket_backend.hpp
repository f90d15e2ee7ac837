#pragma once

#include "backend.hpp"
#include "settings.hpp"
#include "upstreams.hpp"

#include <memory>

namespace anywire::gateway {

/// WebSocket or Engine.IO servers behind a route.
///
/// Throws: `std::invalid_argument` for a URL or an option that is not valid.
[[nodiscard]] std::shared_ptr<backend> make_websocket_backend(route_settings const& settings,
                                                              std::shared_ptr<upstreams> servers);

}  // namespace anywire::gateway
