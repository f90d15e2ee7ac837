#pragma once

#include "settings.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::gateway {

/// Where each setting was written: "gateway.toml:12:3", or "--backend ws://...".
class settings_origins {
public:
    void set(std::string key, std::string place);

    /// The place of a key, else of the innermost of those that it is in ("route[0].loss.code" is in
    /// "route[0].loss" and in "route[0]"); empty where none of them was written.
    [[nodiscard]] std::string_view find(std::string_view key) const noexcept;
    /// Whether this key itself was written.
    [[nodiscard]] bool has(std::string_view key) const noexcept;

private:
    std::map<std::string, std::string, std::less<>> places_{};
};

/// The lines that say what is wrong: "gateway.toml:12:3: route[0].path: it does not begin with '/';
/// write "/live"". Without a place they begin with `otherwise`.
[[nodiscard]] std::string to_text(std::vector<settings_problem> const& problems,
                                  settings_origins const& origins,
                                  std::string_view otherwise);

}  // namespace anywire::gateway
