#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace anywire {

using siphash_key = std::array<std::uint64_t, 2>;

/// SipHash-2-4: a keyed hash, so that peers who choose their ids cannot make them collide.
std::uint64_t siphash(siphash_key const& key, std::string_view text) noexcept;

}  // namespace anywire
