#pragma once

#include "backend.hpp"
#include "settings.hpp"

#include <functional>

namespace anywire {
class service;
}

namespace anywire::gateway {

/// Serves what is beside the routes: the browser's script, and files or another HTTP server for all
/// that nothing else is there for. `here` gives the place of the calling shard.
///
/// Throws: `std::invalid_argument` for settings that cannot be used, or for a route at "/" besides.
void mount_site(service& on, site_settings const& site, std::function<shard_place&()> here);

}  // namespace anywire::gateway
