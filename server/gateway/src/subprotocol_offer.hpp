#pragma once

#include <anywire/request.hpp>

#include <string>
#include <vector>

namespace anywire::gateway {

/// The subprotocols that a client offers: with its WebSocket's handshake, or over HTTP in the field
/// in which the shim does.
[[nodiscard]] std::vector<std::string> offered_by(request const& from);

}  // namespace anywire::gateway
