#pragma once

#include <anywire/client_options.hpp>
#include <anywire/exchange.hpp>

#include <span>
#include <string_view>
#include <vector>

/// Which fields go through when a request is passed on; those of its answer: relay/hop_fields.
namespace anywire::gateway {

/// The client of a request that is passed on.
struct passed_client {
    std::string_view host{};     ///< `request::host`.
    std::string_view address{};  ///< A literal IP, or "unix:".
    bool is_secure = false;
};

/// What of a request's fields goes to the server, and what it is told of the client: Host as the
/// client asked for it, and X-Forwarded-For, -Host, -Port and -Proto. Those of the client's own,
/// and others by which servers are told of clients, do not go through, whether spelled with '-' or
/// with
/// '_'. Nor does what concerns the connection or the body's framing.
///
/// Spec: RFC 9110, 7.6.1.
[[nodiscard]] std::vector<client_field> fields_to_pass(std::span<http_field const> of,
                                                       passed_client const& client);

}  // namespace anywire::gateway
