#pragma once

#include <span>
#include <string_view>

namespace anywire::socketio {

/// A name that is no event somewhere, and what to write instead.
struct reserved_name {
    std::string_view name;
    std::string_view advice;
};

inline constexpr std::string_view advice_on_emitters =
    "it belongs to the event emitters of Node, and never travels";

/// Throws `std::invalid_argument` for a name that is among `reserved`: the text has the advice.
void check_name(std::string_view function,
                std::string_view name,
                std::span<reserved_name const> reserved);

}  // namespace anywire::socketio
