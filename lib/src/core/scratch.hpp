#pragma once

#include <cstddef>

namespace anywire {

/// Bytes of scratch memory that are kept from one use to the next.
inline constexpr std::size_t max_kept_scratch = 65536;

/// Bytes on the heap of a string or vector.
template <class Container>
[[nodiscard]] std::size_t storage_bytes(Container const& c) noexcept {
    return c.capacity() * sizeof(typename Container::value_type);
}

/// Gives the memory of a string or vector back where it is more than is kept; its elements are then
/// gone, too.
template <class Container>
void give_back(Container& c, std::size_t kept = max_kept_scratch) noexcept {
    if (storage_bytes(c) > kept) Container{}.swap(c);
}

}  // namespace anywire
