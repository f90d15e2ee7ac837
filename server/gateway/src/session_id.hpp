#pragma once

#include <string>

namespace anywire::gateway {

/// The gateway's own name of a session: 22 characters of `A-Za-z0-9-_`, 132 random bits.
[[nodiscard]] std::string make_session_id();

}  // namespace anywire::gateway
