#pragma once

#include "settings_source.hpp"

#include <string>
#include <string_view>

namespace anywire::gateway {

/// Puts variables of the environment in place of "${NAME}"; "$${" is a "${".
///
/// Errors: false, and one sentence and what to write in its place.
[[nodiscard]] bool substitute(std::string_view text,
                              settings_source const& from,
                              std::string& out,
                              std::string& error,
                              std::string& remedy);

}  // namespace anywire::gateway
