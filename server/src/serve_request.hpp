#pragma once

#include <anywire/exchange.hpp>

#include "router.hpp"

#include <functional>
#include <string_view>

namespace anywire {

class http_connection;
class shard;

/// The path of a target, which may be in the absolute form.
std::string_view path_of(std::string_view target) noexcept;

/// The other end of whatever has brought a request.
struct request_peer {
    std::string_view address{};  ///< A literal IP, or empty.
    bool is_secure = false;      ///< It came over TLS.
};

/// Finds who answers a request, after all that goes for every request. `via` is null when a host of
/// the program's own has brought it.
void serve_request(shard& here,
                   exchange& to,
                   http_connection* via,
                   http::request_view const& request,
                   request_peer const& from);

/// The same for a request of a host of the program's own.
void serve_guest(shard& here, http_request const& request, exchange& to);

/// Calls `serve` with what stands in front of a host's exchange, within an event. If it throws, the
/// request is answered 500.
void run_as_guest(shard& here, exchange& to, std::function<void(exchange&)> const& serve);

}  // namespace anywire
