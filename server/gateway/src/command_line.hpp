#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::gateway {

/// Splits a command into its words as a shell does, without being one: blanks divide words; in
/// 'single quotes' everything is itself; in "double quotes" all but \" and \\; elsewhere \ makes
/// the next character itself. Nothing is replaced.
///
/// Errors: nothing, and one sentence in `error`: no word, a quote without its end, a NUL, or a
///         character outside quotes that a shell would have acted upon, as | > & $ do.
[[nodiscard]] std::optional<std::vector<std::string>> split_command(std::string_view text,
                                                                    std::string& error);

}  // namespace anywire::gateway
