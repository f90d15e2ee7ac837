#pragma once

#include <anywire/metrics.hpp>

namespace anywire {

struct service_core;

/// As `service::snapshot`. Thread: any.
service_numbers take_snapshot(service_core const& core);

}  // namespace anywire
