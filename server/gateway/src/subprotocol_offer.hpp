#pragma once

#include "backend.hpp"
#include "settings.hpp"

#include <string>
#include <vector>

namespace anywire::gateway {

/// The subprotocols that a backend is offered for a client: those that the client offers with its
/// WebSocket's handshake, or over HTTP in the field in which the shim does. For a client of SockJS
/// or Engine.IO that offers none, those that the route has for it. None where none go through.
[[nodiscard]] std::vector<std::string> offered_for(link_opening const& what,
                                                   forward_settings const& how);

}  // namespace anywire::gateway
