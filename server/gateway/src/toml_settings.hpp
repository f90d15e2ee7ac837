#pragma once

#include "settings.hpp"
#include "settings_origins.hpp"
#include "settings_source.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace anywire::gateway {

/// What a file says.
struct settings_reading {
    gateway_settings settings{};
    /// Everything that could not be read as a setting, in the order of the file; the settings are
    /// not to be used then. Their keys are in `origins`.
    std::vector<settings_problem> problems{};
    settings_origins origins{};
    std::vector<std::string> keys{};  ///< Of all settings that were written, as "route[0].path".
};

/// Reads a file of TOML 1.0. `name` stands in the origins. Whatever the text is, it throws nothing
/// but `std::bad_alloc`. What `check_settings` has to say comes after it.
///
/// Limits: 4 MiB of text; tables and arrays 32 deep.
[[nodiscard]] settings_reading read_toml(std::string_view text,
                                         std::string_view name,
                                         settings_source const& from);

/// The settings as a file that `read_toml` reads: all keys, or those that differ from the defaults.
[[nodiscard]] std::string to_toml(gateway_settings const& s, bool all);

}  // namespace anywire::gateway
