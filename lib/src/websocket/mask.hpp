#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace anywire::websocket {

/// A masking key as its four bytes lie in memory.
using mask_key = std::uint32_t;

/// The key that masks what follows `n` masked bytes.
[[nodiscard]] inline mask_key mask_after(mask_key key, std::size_t n) noexcept {
    auto const bits = static_cast<int>(n % 4 * 8);
    return std::endian::native == std::endian::little ? std::rotr(key, bits) : std::rotl(key, bits);
}

/// Masks or unmasks bytes in place; doing it twice undoes it. True when they are ASCII now.
///
/// Spec: RFC 6455, section 5.3.
/// Cost: 16 bytes at a time with SSE2, else 8.
inline bool apply_mask(char* p, std::size_t n, mask_key key) noexcept {
    std::uint64_t high = 0;
#ifdef __SSE2__
    auto const wide = _mm_set1_epi32(static_cast<int>(key));
    auto all = _mm_setzero_si128();
    for (; n >= 16; p += 16, n -= 16) {
        auto* const at = reinterpret_cast<__m128i*>(p);
        auto const block = _mm_xor_si128(_mm_loadu_si128(at), wide);
        _mm_storeu_si128(at, block);
        all = _mm_or_si128(all, block);
    }
    if (_mm_movemask_epi8(all) != 0) high = 0x80;
#endif
    auto const twice = std::uint64_t{key} << 32 | key;
    for (; n >= 8; p += 8, n -= 8) {
        std::uint64_t block = 0;
        std::memcpy(&block, p, sizeof block);
        block ^= twice;
        std::memcpy(p, &block, sizeof block);
        high |= block;
    }
    char bytes[sizeof key];
    std::memcpy(bytes, &key, sizeof key);
    for (std::size_t i = 0; i < n; ++i) {
        p[i] = static_cast<char>(p[i] ^ bytes[i % 4]);
        high |= static_cast<unsigned char>(p[i]);
    }
    return (high & 0x8080808080808080u) == 0;
}

}  // namespace anywire::websocket
