#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace anywire::sockjs {

/// Why a JSONP or htmlfile request is answered with 500 before any session is touched.
enum class callback_error : std::uint8_t {
    none,
    missing,  ///< Neither `c` nor `callback` in the query.
    invalid,  ///< Empty, twice, too long, or with characters that could be script.
};

/// The JavaScript function a JSONP or htmlfile request wants called, or why there is none.
struct callback_name {
    callback_error error = callback_error::missing;
    std::string value{};  ///< Percent-decoded; empty unless `error` is `none`.
};

/// Longest callback in characters; sockjs-client's have 11.
inline constexpr std::size_t max_callback_size = 32;

/// Whether `name` is one to `max_callback_size` of `[A-Za-z0-9_.-]`, hence harmless in a script.
[[nodiscard]] bool is_callback(std::string_view name) noexcept;

/// Reads the callback from a raw query (without its `?`): `c`, or `callback` if there is no `c`.
///
/// Spec:   sockjs-protocol, "HtmlFile" and "JsonPolling"; CVE-2020-8823 for why it is strict.
/// Errors: in the result; the peer is told `callback_message`.
[[nodiscard]] callback_name parse_callback(std::string_view query);

/// The body of the 500 for an error; empty for `none`.
[[nodiscard]] std::string_view callback_message(callback_error error) noexcept;

}  // namespace anywire::sockjs
