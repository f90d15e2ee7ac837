#pragma once

#include <cstddef>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace anywire::detail {

/// What a lead byte promises: how long the sequence is and what its second byte may be; length 0
/// where no sequence starts so.
///
/// Spec: Unicode 15, table 3-7.
struct lead_byte {
    std::size_t length = 0;
    unsigned lowest = 0x80;
    unsigned highest = 0xbf;
};

[[nodiscard]] constexpr lead_byte read_lead(unsigned byte) noexcept {
    if (byte < 0xc2 || byte > 0xf4) return {};  // continuations, overlong forms, above U+10FFFF
    if (byte < 0xe0) return {2};
    if (byte == 0xe0) return {3, 0xa0};
    if (byte == 0xed) return {3, 0x80, 0x9f};  // the rest would be surrogates
    if (byte < 0xf0) return {3};
    if (byte == 0xf0) return {4, 0x90};
    if (byte == 0xf4) return {4, 0x80, 0x8f};
    return {4};
}

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
[[nodiscard]] inline utf8_step decode_utf8(std::string_view text) noexcept {
    auto const byte = [text](std::size_t at) -> unsigned {
        return static_cast<unsigned char>(text[at]);
    };
    if (byte(0) < 0x80) return {byte(0), 1, true};

    auto const lead = read_lead(byte(0));
    if (lead.length == 0) return {};
    auto lowest = lead.lowest;
    auto highest = lead.highest;
    char32_t code_point = byte(0) & (0x7fu >> lead.length);
    for (std::size_t i = 1; i < lead.length; ++i) {
        if (i == text.size() || byte(i) < lowest || byte(i) > highest) return {0xfffd, i, false};
        code_point = (code_point << 6) | (byte(i) & 0x3f);
        lowest = 0x80;
        highest = 0xbf;
    }
    return {code_point, lead.length, true};
}

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

/// How many bytes at the start of `text` may stand in a JSON string as they are: plain ones, and
/// UTF-8 beyond ASCII that `must_escape` says no to.
template <bool StopAtLess = false, class MustEscape>
[[nodiscard]] std::size_t verbatim_run(std::string_view text, MustEscape must_escape) noexcept {
    std::size_t at = 0;
    for (;;) {
        at += plain_run<StopAtLess>(text.substr(at));
        auto const wide = at;
        while (at < text.size() && static_cast<unsigned char>(text[at]) >= 0x80) {
            auto const step = decode_utf8(text.substr(at));
            if (!step.valid || must_escape(step.code_point)) return at;
            at += step.length;
        }
        if (at == wide) return at;
    }
}

}  // namespace anywire::detail
