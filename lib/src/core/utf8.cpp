#include "core/utf8.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace anywire {
namespace {

unsigned char byte(char const* p) noexcept {
    return static_cast<unsigned char>(*p);
}
bool is_continuation(char const* p) noexcept {
    return (byte(p) & 0xc0u) == 0x80u;
}

/// Most short messages, without a loop for each kind of step; false says nothing.
bool is_short_ascii(std::string_view text) noexcept {
#ifdef __SSE2__
    constexpr std::size_t block = sizeof(__m128i), longest = 16 * block;
    auto left = text.size();
    if (left < block || left > longest) return false;
    auto const load = [](char const* p) {
        return _mm_loadu_si128(reinterpret_cast<__m128i const*>(p));
    };
    // The last block reaches back into the one before.
    auto all = load(text.data() + left - block);
    for (auto const* p = text.data(); left > block; p += block, left -= block)
        all = _mm_or_si128(all, load(p));
    return _mm_movemask_epi8(all) == 0;
#else
    return text.empty();
#endif
}

char const* skip_ascii(char const* p, char const* end) noexcept {
#ifdef __SSE2__
    auto const* const begin = p;
    auto const load = [&](int i) {
        return _mm_loadu_si128(reinterpret_cast<__m128i const*>(p) + i);
    };
    while (end - p >= 64) {
        auto const any =
            _mm_or_si128(_mm_or_si128(load(0), load(1)), _mm_or_si128(load(2), load(3)));
        if (_mm_movemask_epi8(any) != 0) break;
        p += 64;
    }
    while (end - p >= 16) {
        auto const block = _mm_loadu_si128(reinterpret_cast<__m128i const*>(p));
        if (auto const high = static_cast<unsigned>(_mm_movemask_epi8(block)); high != 0)
            return p + __builtin_ctz(high);
        p += 16;
    }
    if (end - begin >= 16 && p != end) {  // the last block reaches back into the one before
        auto const block = _mm_loadu_si128(reinterpret_cast<__m128i const*>(end - 16));
        auto const high = static_cast<unsigned>(_mm_movemask_epi8(block)) >> (16 - (end - p));
        return high == 0 ? end : p + __builtin_ctz(high);
    }
#endif
    while (end - p >= 8) {
        std::uint64_t block = 0;
        std::memcpy(&block, p, sizeof block);
        if ((block & 0x8080808080808080u) != 0) break;
        p += 8;
    }
    while (p != end && byte(p) < 0x80) ++p;
    return p;
}

/// Skips code points of two bytes, four at a time: Greek, Cyrillic, Hebrew, Arabic.
char const* skip_short(char const* p, char const* end) noexcept {
    if constexpr (std::endian::native != std::endian::little) return p;
    for (; end - p >= 8; p += 8) {
        std::uint64_t v = 0;
        std::memcpy(&v, p, sizeof v);
        if ((v & 0xc0e0c0e0c0e0c0e0u) != 0x80c080c080c080c0u) break;
        // C0 and C1 have nothing in these bits: those of a whole code point carry.
        auto const carries = (v & 0x001e001e001e001eu) + 0x00fe00fe00fe00feu;
        if ((carries & 0x0100010001000100u) != 0x0100010001000100u) break;
    }
    return p;
}

/// Skips code points of four bytes, as many as come in a row: emoji, and what a bomb is made of.
char const* skip_long(char const* p, char const* end) noexcept {
    if constexpr (std::endian::native != std::endian::little) return p;
    for (; end - p >= 4; p += 4) {
        std::uint32_t v = 0;
        std::memcpy(&v, p, sizeof v);
        if ((v & 0xc0c0c0f8u) != 0x808080f0u) break;
        auto const value = (v & 7u) << 6 | (v >> 8 & 0x3fu);  // less its last twelve bits
        if (value - 0x10 >= 0x100) break;                     // overlong, beyond U+10FFFF
    }
    return p;
}

/// The bytes of the code point at `p`, which is not ASCII; 0 when it is malformed or cut off.
std::size_t length_of_sequence(char const* p, char const* end) noexcept {
    auto const first = byte(p);
    auto const left = end - p;
    if (first < 0xe0) return first >= 0xc2 && left >= 2 && is_continuation(p + 1) ? 2 : 0;
    if (first < 0xf0) {
        if (left < 3 || !is_continuation(p + 1) || !is_continuation(p + 2)) return 0;
        auto const value = (first & 0x0fu) << 6 | (byte(p + 1) & 0x3fu);  // less its last six bits
        return value >= 0x20 && (value & 0x3e0u) != 0x360u ? 3 : 0;       // overlong, surrogate
    }
    if (left < 4 || !is_continuation(p + 1) || !is_continuation(p + 2) || !is_continuation(p + 3))
        return 0;
    auto const value = (first & 0x0fu) << 6 | (byte(p + 1) & 0x3fu);
    return value >= 0x10 && value < 0x110 ? 4 : 0;  // overlong, beyond U+10FFFF; F5 to FF
}

/// Skips those like the one at `p`, which is not ASCII, as many as come in a row, where there is a
/// fast way.
char const* skip_row(char const* p, char const* end) noexcept {
    if (end - p < 8) return p;
    if (byte(p) >= 0xf0) return skip_long(p, end);
    return byte(p) < 0xe0 && byte(p + 2) >= 0x80 ? skip_short(p, end) : p;
}

/// Where the UTF-8 that begins at `p` ends: at `end`, or at a code point malformed or cut off.
char const* skip_valid(char const* p, char const* end) noexcept {
    if (p != end && byte(p) < 0x80) p = skip_ascii(p, end);
    while (p != end) {
        if (byte(p) < 0x80) {
            // A letter among others that are not ASCII is no block of them.
            if (++p != end && byte(p) < 0x80) p = skip_ascii(p, end);
            continue;
        }
        if (auto const* const after = skip_row(p, end); after != p) {
            p = after;
            continue;
        }
        auto const n = length_of_sequence(p, end);
        if (n == 0) return p;
        p += n;
    }
    return p;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
    if (is_short_ascii(text)) return true;
    auto const* const end = text.data() + text.size();
    return skip_valid(text.data(), end) == end;
}

bool utf8_validator::feed_byte(unsigned char byte) noexcept {
    if (missing_ == failed) return false;
    if (missing_ != 0) {
        if (byte < low_ || byte > high_) {
            missing_ = failed;
            return false;
        }
        --missing_;
        low_ = 0x80;
        high_ = 0xbf;
        return true;
    }
    if (byte < 0x80) return true;
    if (byte < 0xc2 || byte > 0xf4) {
        missing_ = failed;
        return false;
    }
    missing_ = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    if (byte == 0xe0) low_ = 0xa0;   // shorter forms exist below
    if (byte == 0xed) high_ = 0x9f;  // surrogates above
    if (byte == 0xf0) low_ = 0x90;
    if (byte == 0xf4) high_ = 0x8f;  // U+10FFFF is the last
    return true;
}

bool utf8_validator::feed(std::string_view piece) noexcept {
    auto const* p = piece.data();
    auto const* const end = p + piece.size();
    while (missing_ != 0 && p != end)
        if (!feed_byte(static_cast<unsigned char>(*p++))) return false;
    if (missing_ != 0) return missing_ != failed;
    // What is left after the valid part fails or ends within four bytes.
    for (p = skip_valid(p, end); p != end; ++p)
        if (!feed_byte(static_cast<unsigned char>(*p))) return false;
    return true;
}

void append_utf8_repaired(std::string& out, std::string_view text) {
    static_cast<void>(append_utf8_repaired(out, text, std::numeric_limits<std::size_t>::max()));
}

bool append_utf8_repaired(std::string& out, std::string_view text, std::size_t most) {
    constexpr std::string_view replacement = "\xef\xbf\xbd";
    auto const* p = text.data();
    auto const* const end = p + text.size();
    auto const append = [&out, &most](std::string_view part) {
        if (part.size() > most) return false;
        most -= part.size();
        out.append(part);
        return true;
    };
    while (p != end) {
        auto const* const bad = skip_valid(p, end);
        if (!append({p, static_cast<std::size_t>(bad - p)})) return false;
        if (bad == end) return true;
        if (!append(replacement)) return false;
        // A lead byte with those that continue it rightly is one part; a stray byte is one, too.
        utf8_validator part;
        p = bad;
        while (p != end && part.feed_byte(static_cast<unsigned char>(*p))) ++p;
        if (p == bad) ++p;
    }
    return true;
}

}  // namespace anywire
