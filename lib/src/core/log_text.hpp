#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace anywire {

/// What a peer named, as a log line shows it: not all of a long one, no control characters.
std::string shown(std::string_view name);
/// What ends a line that stands for others; empty where it stands for itself.
std::string more_like_it(std::uint32_t left_out);

}  // namespace anywire
