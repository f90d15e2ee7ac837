#pragma once

#include <anywire/options.hpp>

#include "http_request.hpp"

#include <string>
#include <string_view>

namespace anywire {

/// Appends the fields that tell a browser that a page of another origin may read an answer; none
/// where no origins are listed.
///
/// Requires: the origin has been checked.
void append_cors(std::string& out, engineio_options const& o, http::request_view const& head);

/// The same for the answer to a preflight.
void append_preflight(std::string& out, engineio_options const& o, http::request_view const& head);

/// Appends the session's Set-Cookie, if there is to be one.
void append_session_cookie(std::string& out, cookie_options const& c, std::string_view sid);

/// A sentence that says what is wrong with a cookie's options; empty: nothing.
[[nodiscard]] std::string_view check_cookie(cookie_options const& c) noexcept;

}  // namespace anywire
