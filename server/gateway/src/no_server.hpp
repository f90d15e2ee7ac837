#pragma once

#include "backend.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace anywire::gateway {

/// Why there is no server for a session.
enum class no_server : std::uint8_t {
    is_healthy,  ///< None may be tried now: 503, and when to come again.
    works,       ///< All that were tried have failed: 502.
    is_in_time,  ///< The last one that was tried took too long: 504.
};

/// What a client is told then, whatever is behind its route. `log` is for the operator: the failure
/// of the last server; `retry_after` is that of the route's health.
[[nodiscard]] inline link_refusal refusal_for(no_server why,
                                              std::string_view log,
                                              std::chrono::milliseconds retry_after) {
    switch (why) {
        case no_server::is_healthy: break;
        case no_server::works:
            return {502, "no server behind the gateway could be reached", {}, std::string(log)};
        case no_server::is_in_time:
            return {504, "the server behind the gateway took too long", {}, std::string(log)};
    }
    link_refusal out{503, "no server behind the gateway is available", {}, "no server is healthy"};
    auto const seconds = std::max<long long>(1, (retry_after.count() + 999) / 1000);
    out.fields.add("Retry-After", std::to_string(seconds));
    return out;
}

}  // namespace anywire::gateway
