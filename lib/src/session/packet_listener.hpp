#pragma once

#include "core/logger.hpp"

#include <cstdint>
#include <string_view>

namespace anywire {

class session_base;

/// Which way a packet goes.
enum class packet_way : std::uint8_t { in, out };

/// One packet of a dialect as it crosses the wire, without the carrier's framing.
struct traced_packet {
    packet_way way;
    std::string_view transport;  ///< As in `session::transport()`.
    std::string_view kind;       ///< "text", "binary", "ping", "pong", "body", "closed".
    std::string_view data;
    std::string_view more{};  ///< What comes after `data`; many sessions share it.
};

/// Hears what some sessions exchange with their clients.
///
/// Thread: each session's own.
class packet_listener {
public:
    virtual ~packet_listener() = default;
    /// Whether it listens to a session. False for all of them once it has heard enough.
    virtual bool wants(session_base const& s) const noexcept = 0;
    virtual bool is_over() const noexcept = 0;
    /// Requires: nothing is done to a session in here.
    virtual void on_packet(session_base const& s, traced_packet const& p, logger& log) = 0;
};

}  // namespace anywire
