#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace anywire::engineio {

/// Most digits kept of a JSONP index; clients count up from 0.
inline constexpr std::size_t max_jsonp_digits = 20;

/// What the query of a request asks for.
struct query {
    std::string transport{};  ///< Decoded; any text.
    std::string sid{};        ///< Decoded; empty where absent.
    bool v4 = false;          ///< `EIO` is "4"; else v3 is meant.
    bool has_b64 = false;     ///< The peer takes no binary: `b64` is there and not empty.
    /// The digits of `j`, the first `max_jsonp_digits` of them and maybe none, where `j` is there.
    std::optional<std::string> jsonp{};
};

/// Reads the raw query of a request, without its `?`. Of a repeated key the last value counts.
///
/// Cost: linear.
[[nodiscard]] query parse_query(std::string_view raw);

}  // namespace anywire::engineio
