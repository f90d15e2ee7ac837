#pragma once

#include <anywire/error.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::websocket {

/// What of an HTTP request the opening handshake looks at; fields sent more than once come joined
/// by commas, absent ones empty.
struct handshake_headers {
    std::string_view method{};
    std::string_view connection{};
    std::string_view upgrade{};
    std::string_view version{};     ///< Sec-WebSocket-Version
    std::string_view key{};         ///< Sec-WebSocket-Key
    std::string_view protocols{};   ///< Sec-WebSocket-Protocol
    std::string_view extensions{};  ///< Sec-WebSocket-Extensions
    bool http_1_1 = true;           ///< HTTP/1.1, not 1.0.
};

/// Whether an element of a list is `lower`, in any case.
[[nodiscard]] bool lists_token(std::string_view list, std::string_view lower) noexcept;

/// Says what is wrong with an opening handshake, if anything.
///
/// Spec:   RFC 6455, section 4.2.1.
/// Errors: `errc::bad_handshake`; `errc::unsupported_version` when all but the version is in order
///         so far, to be answered with `Sec-WebSocket-Version: 13`.
[[nodiscard]] error_code check_handshake(handshake_headers const& headers) noexcept;

/// The `Sec-WebSocket-Accept` that answers `key`.
///
/// Spec: RFC 6455, section 4.2.2, item 5.4.
[[nodiscard]] std::string accept_key(std::string_view key);

/// Appends the subprotocols of one `Sec-WebSocket-Protocol` field; what is no token is left out.
///
/// Spec:   RFC 6455, sections 4.1, item 10, and 11.3.4.
/// Borrow: they point into `list`.
void append_offered(std::vector<std::string_view>& out, std::string_view list);

/// The first of the client's subprotocols that is `known`, or an empty view.
///
/// Spec:   RFC 6455, section 4.2.2, item 5.5.
/// Borrow: the result points into `known`.
/// Cost:   linear in `offered`, times the number of `known`.
[[nodiscard]] std::string_view choose_subprotocol(std::span<std::string_view const> offered,
                                                  std::span<std::string const> known) noexcept;

}  // namespace anywire::websocket
