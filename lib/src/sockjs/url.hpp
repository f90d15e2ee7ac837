#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace anywire::sockjs {

/// What a path below a SockJS prefix leads to.
enum class endpoint_kind : std::uint8_t {
    greeting,
    iframe,
    info,
    raw_websocket,
    websocket,
    xhr,
    xhr_streaming,
    xhr_send,
    eventsource,
    htmlfile,
    jsonp,
    jsonp_send,
    none,  ///< Nothing: 404, whatever the method.
};

/// Where a path leads, and the two segments of the client's choice in it.
struct route {
    endpoint_kind kind = endpoint_kind::none;
    std::string_view server{};   ///< For load balancers only; empty where there is no session.
    std::string_view session{};  ///< What the client calls its session; still percent-encoded.
};

/// Finds what a path leads to. `path_below_prefix` is what follows the prefix: empty or starting
/// with `/`, without the query and not percent-decoded.
///
/// Spec:   sockjs-protocol, "SessionURLs"; one trailing slash is ignored, as by sockjs-node.
/// Borrow: the segments point into `path_below_prefix`.
[[nodiscard]] route parse_path(std::string_view path_below_prefix) noexcept;

/// Appends the path below the prefix that leads there; the inverse of `parse_path`.
///
/// Requires: of a kind with a session, segments that are not empty and have neither `/` nor `.`; a
///           kind other than `none` and `iframe`, which have no path of their own.
void append_path(std::string& out, route const& to);

/// A client's name for the server of a session, "000" to "999", from any number.
[[nodiscard]] std::string make_server_segment(std::uint32_t random);

/// A client's name for a new session, a character for each random byte: 5 bits of it count. Who
/// knows the name has the session, so take 16 or more.
///
/// Requires: `random` is not empty.
[[nodiscard]] std::string make_session_segment(std::span<std::uint8_t const> random);

/// The value of `Allow` in the 405 that other methods get; empty for `none`.
[[nodiscard]] std::string_view allowed_methods(endpoint_kind kind) noexcept;

}  // namespace anywire::sockjs
