#pragma once

#include <cstddef>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace anywire::detail {

/// What the first bytes of a text are, read as UTF-8.
struct utf8_step {
    char32_t code_point = 0xfffd;  ///< U+FFFD where the bytes are not UTF-8.
    std::size_t length = 1;        ///< Bytes read; at least one.
    bool valid = false;
};

/// Reads one code point; of invalid bytes, the longest start of a sequence (so that one U+FFFD
/// stands for what browsers, too, replace by one).
///
/// Spec:     RFC 3629, section 4; Unicode 15, section 3.9, "substitution of maximal subparts".
/// Requires: `text` is not empty.
[[nodiscard]] utf8_step decode_utf8(std::string_view text) noexcept;

/// U+FFFD in UTF-8.
inline constexpr std::string_view replacement = "\xef\xbf\xbd";

/// Whether the byte may stand in a JSON string as it is, the next byte unseen: printable ASCII
/// (0x7f included) without `"` and `\`, and without `<` where `StopAtLess`.
template <bool StopAtLess>
[[nodiscard]] constexpr bool is_plain(char c) noexcept {
    auto const byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\' && !(StopAtLess && c == '<');
}

#if defined(__SSE2__)
/// One bit for each of the 16 bytes at `at` that is not plain.
template <bool StopAtLess>
[[nodiscard]] inline unsigned special_bytes(char const* at) noexcept {
    auto const bytes = _mm_loadu_si128(reinterpret_cast<__m128i const*>(at));
    // Signed: bytes from 0x80 are negative, hence below 0x20 as the controls are.
    auto special = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
    special = _mm_or_si128(special, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
    special = _mm_or_si128(special, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    if constexpr (StopAtLess)
        special = _mm_or_si128(special, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('<')));
    return static_cast<unsigned>(_mm_movemask_epi8(special));
}
#endif

/// How many plain bytes `text` starts with.
///
/// Cost: 16 bytes a step where there is SSE2.
template <bool StopAtLess = false>
[[nodiscard]] inline std::size_t plain_run(std::string_view text) noexcept {
    std::size_t at = 0;
#if defined(__SSE2__)
    auto const first = [](unsigned mask) { return static_cast<std::size_t>(__builtin_ctz(mask)); };
    for (; text.size() - at >= 16; at += 16)
        if (auto const mask = special_bytes<StopAtLess>(text.data() + at)) return at + first(mask);
    if (at != 0 && at != text.size()) {
        // The last 16 bytes, some of which are known to be plain already.
        auto const tail = text.size() - 16;
        auto const mask = special_bytes<StopAtLess>(text.data() + tail);
        return mask != 0 ? tail + first(mask) : text.size();
    }
#endif
    while (at < text.size() && is_plain<StopAtLess>(text[at])) ++at;
    return at;
}

}  // namespace anywire::detail
