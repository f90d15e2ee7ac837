#pragma once

#include "settings.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace anywire::gateway {

/// What has become of one route. A route is known by its path.
struct route_change {
    enum class kind : std::uint8_t { added, removed, changed };
    kind what = kind::changed;
    std::size_t before = 0;  ///< Its index in the old settings, unless it was added.
    std::size_t after = 0;   ///< Its index in the new settings, unless it was removed.
    /// Which settings differ, below the route's: "backend[0].url", "limits.max_message".
    std::vector<std::string> keys{};
};

/// What there is to do to go on with new settings. Routes that are not named stay as they are.
struct settings_change {
    std::vector<route_change> routes{};
    bool limits = false;        ///< Of the server: `gateway_settings::limits`.
    bool trust = false;         ///< `trusted_proxies`, `proxy_style` or `hosts`.
    bool certificates = false;  ///< Files of certificates, whose names or contents may differ.
    bool log = false;
    bool site = false;
    bool drain = false;

    std::vector<std::string> now{};    ///< Sentences for the log: what the reload carries out.
    std::vector<std::string> later{};  ///< The same: what takes a restart, and stays as it was.

    [[nodiscard]] bool is_empty() const noexcept { return now.empty() && later.empty(); }
};

/// Compares what is served with what shall be. Secrets are in no sentence.
[[nodiscard]] settings_change difference(gateway_settings const& before,
                                         gateway_settings const& after);

/// The new settings, but with the old ones in place of all that takes a restart.
[[nodiscard]] gateway_settings reloaded(gateway_settings const& before, gateway_settings after);

}  // namespace anywire::gateway
