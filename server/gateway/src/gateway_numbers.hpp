#pragma once

#include <anywire/metrics.hpp>

#include "upstreams.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::gateway {

/// What is counted of one route beside its mounts.
struct route_numbers {
    std::string path{};
    std::uint64_t refused = 0;  ///< By a backend, or for want of one.
    std::uint64_t lost = 0;     ///< Sessions whose backend has gone without a goodbye.
    std::uint64_t resumed = 0;  ///< Of these: those that got another connection.
    std::uint64_t links = 0;    ///< Now: open, or on their way.
    std::vector<upstream_numbers> backends{};
};

/// All that the gateway counts, for its metrics and its status page.
struct gateway_numbers {
    service_numbers service{};
    std::vector<route_numbers> routes{};
    std::chrono::seconds uptime{0};
    std::string version{};
    bool is_leaving = false;  ///< It drains, or is about to.
};

/// Whether it stays, and each route has a backend that is healthy: what a load balancer in front
/// wants to know.
[[nodiscard]] bool is_ready(gateway_numbers const& n) noexcept;

/// The service's numbers and the gateway's; `docs/gateway.md` lists the names.
[[nodiscard]] std::string to_metrics(gateway_numbers const& n, metrics_format as);

/// The status page: HTML that needs nothing else, made anew for each request.
[[nodiscard]] std::string to_html(gateway_numbers const& n);

}  // namespace anywire::gateway
