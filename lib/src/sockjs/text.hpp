#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace anywire::sockjs {

/// What `GET <prefix>` answers, as `text/plain; charset=UTF-8`.
inline constexpr std::string_view greeting_body = "Welcome to SockJS!\n";

/// The first frame of a session.
inline constexpr std::string_view open_frame = "o";
/// The frame that keeps a quiet receiver alive.
inline constexpr std::string_view heartbeat_frame = "h";

/// Appends a frame of one message: `a["..."]`.
///
/// Spec: sockjs-protocol, "Framing" and "JSON Unicode Encoding".
void append_message_frame(std::string& out, std::string_view text);

/// Appends the frame that ends a session: `c[3000,"Go away!"]`.
void append_close_frame(std::string& out, int code, std::string_view reason);

/// The body of `GET <prefix>/info`, as `application/json; charset=UTF-8`. `entropy` is to be
/// unpredictable; `base_url` is left out where empty.
///
/// Spec: sockjs-protocol, "Info test".
[[nodiscard]] std::string info_json(bool websocket,
                                    bool cookie_needed,
                                    std::uint32_t entropy,
                                    std::string_view base_url = {});

/// The page that cross-domain fallbacks load into a hidden frame. `sockjs_url` is the client's
/// script, in the version that the embedding page uses; it is escaped for HTML here.
///
/// Spec: sockjs-protocol, "IframePage".
[[nodiscard]] std::string iframe_page(std::string_view sockjs_url);

/// A strong entity tag, quotes included: equal for equal bodies, on every machine. It tells the
/// versions of a page apart; it is no defence against forged ones.
[[nodiscard]] std::string etag_of(std::string_view body);

/// How the page of htmlfile finds the page around it.
enum class htmlfile_head : std::uint8_t {
    /// As the protocol has it: sets `document.domain` first. Internet Explorer's htmlfile object
    /// has set its own. Elsewhere a page that has not is out of reach from then on: in Firefox and
    /// in WebKit of old.
    protocol,
    /// Sets it only if the page around it is out of reach without.
    careful,
};

/// Appends the first chunk of an htmlfile response: over 1024 bytes, or Internet Explorer waits.
///
/// Spec:     sockjs-protocol, "HtmlFile"; the suite compares the first kind line by line.
/// Requires: `is_callback(callback)`.
void append_htmlfile_head(std::string& out,
                          std::string_view callback,
                          htmlfile_head kind = htmlfile_head::protocol);

}  // namespace anywire::sockjs
