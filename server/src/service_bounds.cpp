#include "service_bounds.hpp"

#include "memory_limit.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <sys/resource.h>

namespace anywire {
namespace {

using namespace std::chrono_literals;

/// What a session may take of the memory, with its connection and what the kernel keeps for it.
constexpr std::size_t memory_of_session = std::size_t{16} * 1024;

void check(server_limits const& l) {
    auto const require = require_service_option;
    require(l.header >= 256 && l.header <= (1u << 20), "limits.header must be 256 bytes to 1 MiB");
    require(l.header_fields >= 1, "limits.header_fields must be at least 1");
    for (auto const d : {l.tls_handshake, l.request_head, l.request_body, l.keep_alive})
        require(d.count() > 0, "times in limits must be positive");
    require(l.handshake_burst.count() >= 0 && l.handshake_burst <= 24h,
            "limits.handshake_burst must be 0 to 24 hours");
    require(l.slow_event.count() >= 0, "limits.slow_event must not be negative");
}

std::size_t descriptor_limit() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return 1u << 20;
    return std::max<std::size_t>(static_cast<std::size_t>(limit.rlim_cur), 128) - 64;
}

http_settings settings_of(server_limits const& l) {
    return {.request = {.header = l.header,
                        .line = l.header,
                        .body = 0,
                        .chunk_overhead = l.chunk_overhead,
                        .fields = l.header_fields},
            .tls_handshake = to_ticks(l.tls_handshake),
            .request_head = to_ticks(l.request_head),
            .request_body = to_ticks(l.request_body),
            .keep_alive = to_ticks(l.keep_alive)};
}

}  // namespace

void require_service_option(bool good, char const* what) {
    if (!good) throw std::invalid_argument(std::string("server_options: ") + what);
}

service_bounds::service_bounds(server_limits const& l)
    : limits((check(l), l)),
      max_connections(l.max_connections != 0 ? l.max_connections : descriptor_limit()),
      max_sessions(l.max_sessions != 0 ? l.max_sessions : memory_limit() / memory_of_session),
      max_queued_total(l.max_queued_total != 0 ? l.max_queued_total : memory_limit() / 4),
      http(settings_of(l)) {}

}  // namespace anywire
