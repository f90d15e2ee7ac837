#pragma once

#include <string_view>

namespace anywire::gateway {

/// Tells systemd how the service is (sd_notify): "READY=1", "RELOADING=1", "STOPPING=1", each on a
/// line of its own. Does nothing where it was not started by one that listens (NOTIFY_SOCKET).
///
/// Thread: any, but nobody may change the environment meanwhile.
void notify_service_manager(std::string_view state) noexcept;

}  // namespace anywire::gateway
