#pragma once

#include "backend.hpp"

#include <string>

namespace anywire::gateway {

/// The query that a client has sent, without what the front's own protocol has put there: of
/// Engine.IO EIO, transport, sid, t, b64 and j, of SockJS t, c and callback. The rest is as it was
/// sent.
///
/// Spec: Engine.IO 4, "HTTP long-polling"; sockjs-client 1.6 adds t to each request.
/// Cost: linear.
[[nodiscard]] std::string query_for_backend(link_opening const& from);

}  // namespace anywire::gateway
