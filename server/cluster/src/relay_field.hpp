#pragma once

#include "serve_request.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace anywire {

/// The field by which one node tells another whose request it brings. It is the first of the head;
/// on connections of anybody else it means nothing.
inline constexpr std::string_view relay_field = "Anywire-Relay";

[[nodiscard]] std::string relay_value(request_peer const& client);
/// Nothing for what is no such value. Borrow: `value`.
[[nodiscard]] std::optional<request_peer> read_relay_value(std::string_view value) noexcept;

}  // namespace anywire
