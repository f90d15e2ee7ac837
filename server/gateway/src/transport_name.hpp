#pragma once

#include <anywire/request.hpp>

#include <string_view>

namespace anywire::gateway {

/// What the session that a request opens will be carried by, as `session::transport` will say. The
/// backend is asked before there is a session.
[[nodiscard]] std::string_view transport_of(std::string_view dialect,
                                            std::string_view route,
                                            request const& from) noexcept;

}  // namespace anywire::gateway
