#pragma once

#include <anywire/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace anywire {

/// A URL of http, https, ws or wss, taken apart; ws is http and wss is https here.
struct client_url {
    bool secure = false;
    std::string host{};  ///< A name in small letters, or a literal address without brackets.
    std::uint16_t port = 0;
    std::string user{};            ///< Decoded; empty where there is none.
    std::string password{};        ///< Decoded.
    std::string path{"/"};         ///< As it goes into a request: percent-encoded, begins with `/`.
    std::string query{};           ///< The same, without its `?`.
    bool is_host_literal = false;  ///< `host` is an IPv4 or IPv6 address.

    /// Path and query, as in a request line.
    [[nodiscard]] std::string target() const;
    /// For the field Host: brackets around IPv6, no port where it is the scheme's own.
    [[nodiscard]] std::string authority() const;
    /// "https://host:port", without a port where it is the scheme's own.
    [[nodiscard]] std::string origin() const;
    /// Whether both lead to the same scheme, host and port.
    [[nodiscard]] bool is_same_origin(client_url const& other) const noexcept;
};

/// Takes a URL apart.
///
/// Spec:   RFC 3986, section 3; for what people type in, "host:port/path" is not one.
/// Limits: 8 192 bytes; the host 253.
/// Errors: `errc::bad_option`: another scheme, no host, a port out of range, a fragment, bytes that
///         a URL has percent-encoded.
[[nodiscard]] result<client_url> parse_url(std::string_view text);

/// Where a `Location` or a `base_url` leads, seen from `base`.
///
/// Spec:   RFC 3986, section 5; a fragment is dropped.
/// Errors: as `parse_url`.
[[nodiscard]] result<client_url> resolve_url(client_url const& base, std::string_view reference);

}  // namespace anywire
