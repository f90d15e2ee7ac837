#pragma once

#include <anywire/redis/connection.hpp>

#include "core/timer_wheel.hpp"
#include "tallies.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace anywire::redis {

/// One command, or a transaction, on its way. Move-only.
struct request {
    std::string bytes{};
    std::uint32_t answers = 1;            ///< More for a transaction: the last is the one.
    std::optional<std::uint16_t> slot{};  ///< Of its keys, in a cluster.
    connection::reply_handler done{};
    redis::room room{};
    std::optional<tick> due{};

    std::uint8_t redirects = 0;
    bool asking = false;        ///< ASKING goes before it, at the next node.
    bool is_ping = false;       ///< Of the connection's own: its answer says that the server lives.
    std::uint32_t missing = 0;  ///< Answers, once it was sent.
    reply first_error{};        ///< Of a transaction, before its last answer.

    bool is_transaction() const noexcept { return answers > 1; }
    bool is_over(tick now) const noexcept { return due && not_after(*due, now); }
};

}  // namespace anywire::redis
