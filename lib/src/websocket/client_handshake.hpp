#pragma once

#include <anywire/error.hpp>

#include "websocket/deflate.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace anywire::websocket {

/// A field of a request, both parts as they are to be written.
struct request_field {
    std::string_view name{};
    std::string_view value{};
};

/// What a client asks for in an opening handshake.
struct handshake_request {
    std::string_view host{};       ///< Host, with the port where it is not the scheme's.
    std::string_view target{"/"};  ///< Path and query, percent-encoded.
    std::string_view key{};        ///< Of `make_key`, a new one for each handshake.
    std::span<std::string const> protocols{};  ///< Subprotocols, the preferred first.
    deflate_options deflate{};                 ///< Offered where `enabled`.
    std::span<request_field const> fields{};   ///< Further ones: `Origin`, `Cookie`, ...
};

/// A `Sec-WebSocket-Key` of 16 random bytes.
///
/// Spec: RFC 6455, section 4.1, item 7.
[[nodiscard]] std::string make_key(std::span<std::uint8_t const, 16> random);

/// Appends the request that opens a WebSocket, with the empty line after it.
///
/// Spec:   RFC 6455, section 4.1.
/// Errors: `errc::bad_option` where it would not be such a request: the host or the key is not
///         valid, the target does not begin with `/`, a subprotocol is not a token or is there
///         twice, a further field is not one of HTTP or is one that the handshake writes itself.
///         `out` is then as it was.
[[nodiscard]] error_code append_handshake_request(std::string& out,
                                                  handshake_request const& request);

/// What of an HTTP response the opening handshake looks at; fields sent more than once come joined
/// by commas, absent ones empty.
struct handshake_response {
    unsigned status = 0;
    std::string_view connection{};
    std::string_view upgrade{};
    std::string_view accept{};      ///< Sec-WebSocket-Accept
    std::string_view protocol{};    ///< Sec-WebSocket-Protocol
    std::string_view extensions{};  ///< Sec-WebSocket-Extensions
    bool http_1_1 = true;           ///< HTTP/1.1, not 1.0.
};

/// What a server has agreed to, or why the connection is to be dropped.
struct handshake_result {
    error_code error{};
    std::string_view why{};                   ///< With an error: a sentence for the log, a literal.
    std::string_view protocol{};              ///< The subprotocol chosen; empty for none.
    std::optional<deflate_params> deflate{};  ///< Messages may be compressed so.
};

/// Holds a server's answer against what was asked.
///
/// Spec:   RFC 6455, section 4.1, what a client must validate, items 1 to 6; RFC 7692, section 7.1.
/// Borrow: the subprotocol points into `request`.
/// Errors: `errc::handshake_refused` for a status other than 101; it is for the caller to follow a
///         redirect or to authenticate. `errc::bad_handshake` for a 101 that breaks a rule.
/// Cost:   linear in the fields.
[[nodiscard]] handshake_result check_handshake_response(handshake_response const& response,
                                                        handshake_request const& request);

}  // namespace anywire::websocket
