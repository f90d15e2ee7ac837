#pragma once

#include <span>
#include <string>
#include <string_view>

namespace anywire::gateway {

/// The name that somebody who wrote `word` is likely to have meant; empty: none of them is near.
///
/// Cost: the product of the lengths, for each name.
[[nodiscard]] std::string_view nearest_name(std::string_view word,
                                            std::span<std::string const> names);

}  // namespace anywire::gateway
