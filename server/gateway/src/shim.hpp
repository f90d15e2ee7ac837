#pragma once

#include <string_view>

namespace anywire {
class service;
}

/// The browser's WebSocket that falls back to HTTP: `server/gateway/shim/anywire.js`.
namespace anywire::gateway {

[[nodiscard]] std::string_view shim_script() noexcept;

/// Serves it at "/anywire.js".
///
/// Throws: as `service::route`.
void serve_shim(service& to);

}  // namespace anywire::gateway
