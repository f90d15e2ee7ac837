#pragma once

#include <anywire/exchange.hpp>
#include <anywire/response_headers.hpp>

#include <span>
#include <string_view>

/// Which fields concern one connection alone, and are not passed on.
///
/// Spec: RFC 9110, 7.6.1.
namespace anywire::relay {

/// Whether a field of that name concerns a connection, or how a body is framed on it; '-' and '_'
/// are the same, as CGI and its heirs take them.
[[nodiscard]] bool is_of_connection(std::string_view name) noexcept;
/// Whether the sender of `all` has named it as one for the next hop only.
[[nodiscard]] bool is_nominated(std::string_view name, std::span<http_field const> all) noexcept;

/// What of an answer's fields goes to the client: all but those of the connection, of the body's
/// framing, and Date, which whoever passes it on says himself.
[[nodiscard]] response_headers fields_to_answer(std::span<http_field const> of);

}  // namespace anywire::relay
