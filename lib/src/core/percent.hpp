#pragma once

#include <string>
#include <string_view>

namespace anywire {

/// Decodes `%xx`; a broken `%` stays as it is. The bytes need not be UTF-8.
/// Spec: RFC 3986, 2.1. `+` is itself: for queries and forms see `form_decoded`.
[[nodiscard]] std::string percent_decoded(std::string_view text);

/// Encodes all but the unreserved characters of RFC 3986, 2.3, which are also good in a cookie.
[[nodiscard]] std::string percent_encoded(std::string_view text);

}  // namespace anywire
