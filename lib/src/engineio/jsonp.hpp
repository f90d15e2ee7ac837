#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace anywire::engineio {

/// Appends a payload as the script that hands it to the client: `___eio[index]("payload");`. The
/// string in it is JSON, too, and may stand inside a `<script>` element.
///
/// Requires: `index` is digits, as `parse_query` leaves them; `payload` is text, and what of it is
///           not UTF-8 becomes U+FFFD.
void append_jsonp(std::string& out, std::string_view index, std::string_view payload);

/// The payload in the body of a JSONP client's POST: its field `d`, decoded, in which the two
/// characters `\n` are a line end and `\\n` is `\n` literally; nothing where there is no `d`. It
/// need not be UTF-8.
///
/// Cost: linear.
[[nodiscard]] std::optional<std::string> jsonp_body(std::string_view form);

}  // namespace anywire::engineio
