#pragma once

#include <string>

namespace anywire {

class shard;
struct service_core;

/// A sid that belongs to `owner`: 15 bytes from the CSPRNG, less the bits it takes to hit that
/// shard, as 20 characters of `A-Za-z0-9-_`.
std::string draw_sid(service_core const& core, shard& owner);

}  // namespace anywire
