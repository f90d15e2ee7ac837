#pragma once

#include <array>
#include <ctime>
#include <string_view>

namespace anywire::http {

/// The usual words for a status; "Unknown" for one this library never sends.
/// Spec: RFC 9110, 15.
[[nodiscard]] std::string_view reason_phrase(unsigned status) noexcept;

/// "Sun, 06 Nov 1994 08:49:37 GMT", in 29 characters.
/// Spec: RFC 9110, 5.6.7. Years from 0 to 9999; times outside are taken to the nearer end.
[[nodiscard]] std::array<char, 29> http_date(std::time_t t) noexcept;

}  // namespace anywire::http
