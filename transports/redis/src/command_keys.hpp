#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace anywire::redis {

/// Whether a command changes what its socket is, or holds it, so that others cannot share it.
[[nodiscard]] bool is_exclusive(std::span<std::string const> args) noexcept;

/// The first key of a command; nothing where it has none.
[[nodiscard]] std::optional<std::string_view> first_key(std::span<std::string const> args) noexcept;

}  // namespace anywire::redis
