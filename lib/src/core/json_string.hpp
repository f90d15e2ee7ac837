#pragma once

#include <string>
#include <string_view>

namespace anywire {

// The first three append one quoted JSON string that any JSON parser decodes back to `text`. What
// is not UTF-8 in `text` becomes U+FFFD, so no receiver ever gets bytes that are not UTF-8.
// Printable ASCII is copied in bulk.

/// Appends `text` as a JSON string with no escapes but those JSON demands.
///
/// Spec: RFC 8259, section 7; `\b \t \n \f \r` short, other controls `\u00xx`.
void append_json_string(std::string& out, std::string_view text);

/// Appends `text` as SockJS sends messages: also escaping what some browsers mangle on the way.
///
/// Spec: sockjs-protocol, "JSON Unicode Encoding": U+200C-200F, 2028-202F, 2060-206F, FFF0-FFFF
///       as `\uxxxx` in lower case; all above U+FFFF as a pair of surrogates, as sockjs-node does.
void append_sockjs_string(std::string& out, std::string_view text);

/// Appends `text` as a JavaScript string that may stand inside a `<script>` element: it holds
/// neither `</` nor `<!`, and no line end of any kind. Still JSON.
///
/// Spec: HTML, "Restrictions for contents of script elements".
void append_js_string_for_html(std::string& out, std::string_view text);

/// Appends JSON text in ASCII: what is not becomes `\uxxxx`, above U+FFFF a pair of surrogates. It
/// stays the same JSON, as only strings can hold such. What is not UTF-8 becomes U+FFFD.
void append_ascii_json(std::string& out, std::string_view json);

}  // namespace anywire
