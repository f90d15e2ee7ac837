#pragma once

#include <anywire/server.hpp>

#include "address_text.hpp"
#include "http_request.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::http {

/// Networks, in CIDR notation: "10.0.0.0/8", "fd00::/8", or a single address; and `unix_address`.
/// IPv4 addresses and their IPv6-mapped forms are the same.
class address_ranges {
public:
    /// No networks.
    address_ranges() = default;

    /// Nothing where any of `entries` is no network.
    [[nodiscard]] static std::optional<address_ranges> parse(std::span<std::string const> entries);

    /// False for what is no address.
    [[nodiscard]] bool contains(std::string_view address) const noexcept;
    [[nodiscard]] bool empty() const noexcept { return ranges_.empty() && !has_unix_; }

private:
    struct range {
        std::array<std::uint8_t, 16> network{};
        unsigned bits = 0;
    };
    std::vector<range> ranges_{};
    bool has_unix_ = false;
};

/// Whom a request comes from, and where it went, as the client sees it.
struct client_info {
    std::string address{};      ///< Without a zone; IPv4 also where the socket is IPv6.
    std::string_view scheme{};  ///< "http" or "https".
    std::string_view host{};
    /// The port that was asked for, where a proxy says so and `host` may have lost it; 0: not said.
    std::uint16_t port = 0;
    bool trusted = false;  ///< The peer is a trusted proxy: what it forwards has been looked at.
};

/// Host and port that a client asked for, as they stand in a Host; the port only where it is said
/// and not the scheme's.
[[nodiscard]] std::string asked_host(client_info const& client);

/// Looks through trusted proxies. `peer` is the address of the connection in the form of
/// `client_info::address`, `scheme` that of the listener; `believed` says in which fields proxies
/// forward.
///
/// Of X-Forwarded-For the right-most address that is no trusted proxy counts (what is left of it
/// anyone may have written), and of -Proto, -Host and -Port the element as far from the right.
/// X-Forwarded-Ssl and Front-End-Https say the scheme where X-Forwarded-Proto does not. Of
/// `Forwarded` it is the same with whole elements; a `for` that is no address ("unknown", "_name")
/// leaves the address of the proxy that wrote it.
///
/// Spec:   RFC 7239, 4 to 6; a value may also lack the quotes that it needs there.
/// Borrow: `host` points into the request.
/// Cost:   linear in the fields.
[[nodiscard]] client_info resolve_client(std::string_view peer,
                                         std::string_view scheme,
                                         request_view const& request,
                                         address_ranges const& trusted,
                                         proxy_fields believed = proxy_fields::any);

}  // namespace anywire::http
