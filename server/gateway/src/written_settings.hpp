#pragma once

#include "settings.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::gateway {

/// A setting as it stands in a file, or the beginning of a table.
struct written_setting {
    enum class kind : std::uint8_t {
        value,
        table,  ///< "[route.loss]"
        item,   ///< "[[route]]"
    };
    kind what = kind::value;
    std::string key{};    ///< "route[0].loss.code"; of a table "route[0].loss".
    std::string value{};  ///< Of TOML: "1012".
    bool is_secret = false;
};

/// All settings in the order of a file.
[[nodiscard]] std::vector<written_setting> written(gateway_settings s);

/// A key without its indices, as it stands in a header: "route.loss" of "route[0].loss".
[[nodiscard]] std::string header_name(std::string_view key);

/// A text as TOML has it, quotes included, whose "${" stay what they are.
[[nodiscard]] std::string toml_text(std::string_view text);

}  // namespace anywire::gateway
