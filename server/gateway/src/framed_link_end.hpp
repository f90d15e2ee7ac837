#pragma once

#include "backend.hpp"
#include "framed_connection.hpp"

#include <cstddef>
#include <string>

namespace anywire::gateway {

/// How a link ends whose framed connection has ended so. What would happen again with another
/// connection is a clean end, as nobody shall try.
///
/// Borrow: `text` holds the sentence.
[[nodiscard]] link_end to_link_end(framed_end why, std::size_t max_message, std::string& text);

}  // namespace anywire::gateway
