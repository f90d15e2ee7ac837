#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace anywire {

/// The value of the first cookie called `name` in a Cookie field, without quotes around it; empty
/// where there is none, or where it holds anything but cookie-octets.
///
/// Spec:   RFC 6265, 4.1.1 and 4.2.1. Names are compared exactly.
/// Borrow: the result points into `cookie_header`.
/// Cost:   linear, no allocation.
[[nodiscard]] std::string_view cookie_value(std::string_view cookie_header,
                                            std::string_view name) noexcept;

/// The same, percent-decoded; nothing where there is no such cookie, or an empty one.
[[nodiscard]] std::optional<std::string> cookie_decoded(std::string_view cookie_header,
                                                        std::string_view name);

}  // namespace anywire
