#pragma once

#include <anywire/adapter_options.hpp>
#include <anywire/endpoint_bus.hpp>
#include <anywire/redis/connection.hpp>

namespace anywire::redis {

using anywire::endpoint_bus_options;

/// Connects the sessions of an endpoint (SockJS, WebSocket, Engine.IO) with those of the endpoints
/// of the same name on other servers of this library: for `endpoint::use_bus`. What is sent to all
/// or to groups reaches the sessions of all servers, text and bytes; groups, members and counts are
/// those of all.
///
/// Without a connection to Redis, what is sent reaches the sessions of this server, and what is
/// asked is answered by it alone, with `errc::connection_lost`.
///
/// Throws: `std::invalid_argument` without a name.
[[nodiscard]] bus_maker endpoint_bus(connection redis, endpoint_bus_options with);

}  // namespace anywire::redis
