#pragma once

#include "client.hpp"
#include "process.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace bench {

using std::chrono::milliseconds;

enum class work : std::uint8_t {
    echo,       ///< Every client sends `burst` messages, waits for all, sends the next.
    broadcast,  ///< One client sends a message, all get it, it sends the next.
    churn,      ///< Connect, handshake, goodbye, by 16 clients over and over.
    idle,       ///< Connect, echo once, be silent; what that costs in memory.
    hold,       ///< All but one are silent; that one measures how long an echo takes.
};

struct workload {
    work what = work::echo;
    unsigned clients = 50;
    unsigned burst = 1;
    std::size_t bytes = 64;
    bool deflate = false;
};

struct timing {
    milliseconds warm{60};            ///< Not counted, and longer until so many messages
    std::uint64_t warm_messages = 0;  ///< have come, but not longer than
    milliseconds most_warm{4'000};
    milliseconds measure{500};
    milliseconds patience{10'000};  ///< Without any progress: the end.
};

/// What one round found.
struct outcome {
    std::string problem{};  ///< Not empty: the figures mean nothing.
    double cpu_us = 0;      ///< The server's, per message (delivery, connection).
    double per_second = 0;
    double p50_us = 0;
    double p99_us = 0;
    double bytes_per_client = 0;
    double anchor_us = 0;  ///< What the anchor cost right before and after; 0: not measured.
    std::uint64_t messages = 0;
};

/// Runs a workload against a server that listens, with clients over all of `transports` in turns.
///
/// Every message that comes back is checked: its number has to be the next. A broken order, a lost
/// client or silence is a `problem`.
outcome run_workload(event_loop& loop,
                     process const& server,
                     ssl_ctx_st* tls,
                     workload const& w,
                     std::vector<transport> const& transports,
                     timing const& t);

}  // namespace bench
