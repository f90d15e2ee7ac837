#pragma once

#include "descriptor_owner.hpp"

#include <string>

namespace anywire {

class shard;
class tls_source;

/// A connection that has been accepted, and whose client is known.
struct newcomer {
    descriptor_owner socket{};
    std::string address{};            ///< Of the client: a literal IP, or "unix:".
    tls_source const* tls = nullptr;  ///< Null: it speaks no TLS here.
    bool is_secure = false;           ///< It has come over TLS to a proxy in front.
};

/// Whether there is room for one more connection; if not, it is told so.
bool has_room_for(shard& here, newcomer const& n);

/// Counts the connection by its client, and serves it; or turns it away.
void take_in(shard& here, newcomer n);

}  // namespace anywire
