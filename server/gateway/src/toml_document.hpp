#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::gateway {

/// A value of a TOML file, and where it stands. The one file that includes toml++ makes them.
struct toml_value {
    enum class kind : std::uint8_t { boolean, integer, real, text, time, array, table };
    kind what = kind::table;
    bool boolean = false;
    std::int64_t integer = 0;
    bool is_octal = false;            ///< An integer that was written as "0o660".
    std::string text{};               ///< UTF-8.
    std::vector<toml_value> items{};  ///< Of an array; of a table, by name, each its `name`.
    std::string name{};               ///< Of a table's item.

    std::uint32_t line = 0;  ///< From 1; 0 is nowhere.
    std::uint32_t column = 0;
    std::uint32_t name_line = 0;  ///< Where the name stands.
    std::uint32_t name_column = 0;

    /// The item of a table that has this name, or null.
    [[nodiscard]] toml_value const* find(std::string_view item) const noexcept;
};

struct toml_document {
    toml_value root{};
    std::string error{};  ///< One sentence; empty: it is TOML.
    std::uint32_t line = 0;
    std::uint32_t column = 0;
};

/// Reads a text as TOML 1.0.
///
/// Limits: 4 MiB; tables and arrays 32 deep.
[[nodiscard]] toml_document parse_toml(std::string_view text);

}  // namespace anywire::gateway
