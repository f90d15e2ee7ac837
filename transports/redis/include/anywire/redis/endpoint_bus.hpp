#pragma once

#include <anywire/endpoint_bus.hpp>
#include <anywire/redis/connection.hpp>
#include <anywire/redis/socketio_adapter.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace anywire::redis {

/// Options of the bus of one endpoint.
struct endpoint_bus_options {
    /// Which endpoint: the same name on all servers, another one for each of their endpoints. It
    /// has to be given.
    std::string name{};
    /// What the names of channels begin with. Default "anywire".
    std::string key{"anywire"};
    /// How long other servers have to answer who is in a group. What has come by then is given,
    /// with `anywire::errc::ack_timeout`. Default 5 s.
    std::chrono::milliseconds requests_timeout{5'000};
    /// Most questions that wait at a time. One more is answered at once, by this server alone, with
    /// `errc::queue_full`. Default 10 000.
    std::size_t max_pending_requests = 10'000;
    /// Most bytes of all answers to one question; beyond, what has come is given with
    /// `anywire::errc::message_too_big`. Default 64 MiB.
    std::size_t max_answer_bytes = 64u << 20;
    /// Longest single message that is read; a longer one is refused. Default 16 MiB.
    std::size_t max_message_bytes = 16u << 20;
    /// Where to count; empty: nowhere.
    std::shared_ptr<adapter_counters> counters{};
};

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
