#pragma once

#include <anywire/error.hpp>

#include <string_view>

namespace anywire {

/// Says whether `json` is one JSON value with nothing but whitespace around it.
///
/// As lenient as browsers where text is concerned: bytes in strings need not be UTF-8, and escapes
/// of lone surrogates (`"\ud800"`) pass. Numbers may be of any length and size (section 6): whether
/// one fits is for the one who converts it to say.
///
/// Spec:   RFC 8259. A byte order mark is refused (section 8.1).
/// Limits: `max_depth` levels of nesting.
/// Errors: `errc::bad_json`.
/// Cost:   linear, 16 bytes a step in strings; no recursion, so hostile nesting costs no stack.
///         Allocates for nesting, and a copy of what is outside of strings where that is long.
[[nodiscard]] error_code check_json(std::string_view json, unsigned max_depth = 128);

}  // namespace anywire
