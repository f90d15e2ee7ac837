#pragma once

#include "http_request.hpp"

#include <string>

namespace anywire {

/// Appends the fields that tell a browser that the page which `head` names may read an answer; none
/// where it names no page.
///
/// Requires: the origin has been checked.
void append_sockjs_cors(std::string& out, http::request_view const& head);

/// The same on the resources that the protocol gives such fields whoever asks: for a request that
/// names no page.
void append_sockjs_anonymous_cors(std::string& out, http::request_view const& head);

/// Appends the JSESSIONID that a client sent, or a first one, for sticky sessions.
void append_sockjs_cookie(std::string& out, http::request_view const& head);

}  // namespace anywire
