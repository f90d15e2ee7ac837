#pragma once

#include "core/json_text.hpp"

// What Socket.IO uses of it, under the name its files know.
namespace anywire::socketio::detail {

using anywire::detail::append_decoded;
using anywire::detail::decodes_to;
using anywire::detail::inside;
using anywire::detail::is_number;
using anywire::detail::json_space;
using anywire::detail::skip_space;
using anywire::detail::take_key;
using anywire::detail::take_value;
using anywire::detail::to_double;
using anywire::detail::to_float;
using anywire::detail::to_int64;
using anywire::detail::to_uint64;
using anywire::detail::trimmed;
using anywire::detail::value_length;

}  // namespace anywire::socketio::detail
