#pragma once

#include <anywire/options.hpp>

#include "http_request.hpp"

#include <string>
#include <string_view>

namespace anywire {

/// Appends the fields that tell a browser that a page of another origin may read an answer; none
/// where only the own origin is let in.
///
/// Requires: the origin has been checked.
void append_cors(std::string& out, engineio_options const& o, http::request_view const& head);

/// Appends what the answer to a preflight says beside those.
void append_preflight(std::string& out, engineio_options const& o, http::request_view const& head);

/// Appends the session's Set-Cookie, if there is to be one.
void append_session_cookie(std::string& out, cookie_options const& c, std::string_view sid);

/// A sentence that says what is wrong with a cookie's options; empty: nothing.
[[nodiscard]] std::string_view check_cookie(cookie_options const& c) noexcept;

}  // namespace anywire
