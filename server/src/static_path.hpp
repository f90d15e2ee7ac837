#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace anywire::http {

/// Turns the path of a request into one relative to a folder of files, or refuses it. A path that
/// ends in '/' is that of its index.html.
///
/// The result is segments of printable ASCII joined by '/': none empty, none starting with a dot
/// (so neither "..", nor hidden files), none with a percent sign, backslash, colon or semicolon.
/// An encoded slash is refused, not taken for one. Symbolic links are the caller's affair.
///
/// Limits: 1024 bytes of path.
[[nodiscard]] std::optional<std::string> static_path(std::string_view url_path);

/// The media type for a file of that name or extension; application/octet-stream for one not known.
[[nodiscard]] std::string_view content_type_of(std::string_view file_name) noexcept;

/// Whether an If-None-Match field names `etag`, so that the answer is 304.
/// Spec: RFC 9110, 13.1.2: weak comparison, "*" names all.
[[nodiscard]] bool etag_matches(std::string_view if_none_match, std::string_view etag) noexcept;

}  // namespace anywire::http
