#pragma once

#include <span>
#include <string>
#include <string_view>

namespace anywire::http {

/// Whether an entry of `server_options::hosts` is one: "example.com", "*.example.com" (every name
/// below it), "192.0.2.1", "[::1]", each with a port or without.
[[nodiscard]] bool is_host_option(std::string_view entry) noexcept;

/// Whether a request for `host` is served. No list serves all, an entry without a port all ports.
/// A request that names no host (HTTP/1.0) is no browser's, and served.
[[nodiscard]] bool is_served_host(std::span<std::string const> hosts,
                                  std::string_view host) noexcept;

}  // namespace anywire::http
