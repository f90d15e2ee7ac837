#pragma once

#include "settings.hpp"
#include "settings_source.hpp"

#include <vector>

namespace anywire::gateway {

/// What `check_settings` leaves out, since it looks at no file: whether those that settings name
/// are there and can be read. Nothing is, where `from` cannot look.
[[nodiscard]] std::vector<settings_problem> check_files(gateway_settings const& s,
                                                        settings_source const& from);

}  // namespace anywire::gateway
