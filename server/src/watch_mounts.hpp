#pragma once

#include <anywire/metrics.hpp>

#include "router.hpp"

#include <memory>
#include <string>

namespace anywire {

struct service_core;

/// The numbers of a service. `core` outlives it.
std::shared_ptr<route_target> make_metrics_mount(service_core const& core,
                                                 std::string prefix,
                                                 metrics_options options);
/// Whether it lives, and takes clients.
std::shared_ptr<route_target> make_health_mount(service_core const& core,
                                                std::string prefix,
                                                health_options options);

}  // namespace anywire
