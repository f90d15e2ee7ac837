#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

// Slow and obvious UTF-8 and JSON, written apart from what they check.
namespace anywire::test {

/// `code_point` in UTF-8; surrogates, too, though that is not UTF-8.
inline std::string utf8(char32_t code_point) {
    auto const byte = [](char32_t value) {
        return static_cast<char>(static_cast<unsigned char>(value));
    };
    if (code_point < 0x80) return {byte(code_point)};
    if (code_point < 0x800) return {byte(0xc0 + code_point / 64), byte(0x80 + code_point % 64)};
    if (code_point < 0x10000)
        return {byte(0xe0 + code_point / 4096),
                byte(0x80 + code_point / 64 % 64),
                byte(0x80 + code_point % 64)};
    return {byte(0xf0 + code_point / 262144),
            byte(0x80 + code_point / 4096 % 64),
            byte(0x80 + code_point / 64 % 64),
            byte(0x80 + code_point % 64)};
}

/// The three one after the other; GCC 12 warns of `"a" + string` without cause.
inline std::string wrapped(std::string_view head, std::string_view middle, std::string_view tail) {
    return std::string(head).append(middle).append(tail);
}

/// Whether `text` is exactly one code point: it encodes back to itself.
inline bool is_one_code_point(std::string_view text) {
    constexpr std::array<unsigned, 5> lead_mask{0, 0x7f, 0x1f, 0x0f, 0x07};
    if (text.empty() || text.size() > 4) return false;
    char32_t value = static_cast<unsigned char>(text[0]) & lead_mask[text.size()];
    for (auto const c : text.substr(1)) value = value * 64 + (static_cast<unsigned char>(c) & 63u);
    return value <= 0x10ffff && (value < 0xd800 || value > 0xdfff) && utf8(value) == text;
}

/// Whether more bytes could make `text` one code point.
inline bool is_start_of_code_point(std::string text) {
    if (text.size() > 3 || static_cast<unsigned char>(text[0]) < 0xc0) return false;
    // One value from each range a second byte may have.
    for (auto const c : {'\x80', '\x90', '\xa0'}) {
        text.push_back(c);
        if (is_one_code_point(text) || is_start_of_code_point(text)) return true;
        text.pop_back();
    }
    return false;
}

/// `text` with each longest broken start of a sequence, or stray byte, made U+FFFD.
inline std::string repaired(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        if (static_cast<unsigned char>(text[0]) < 0x80) {
            out.push_back(text[0]);
            text.remove_prefix(1);
            continue;
        }
        std::size_t taken = 0;
        for (std::size_t n = 1; n <= 4 && n <= text.size() && taken == 0; ++n)
            if (is_one_code_point(text.substr(0, n))) taken = n;
        if (taken != 0) {
            out.append(text.substr(0, taken));
        } else {
            out.append("\xef\xbf\xbd");
            taken = 1;
            while (taken < text.size() &&
                   is_start_of_code_point(std::string(text.substr(0, taken + 1))))
                ++taken;
        }
        text.remove_prefix(taken);
    }
    return out;
}

inline bool is_valid_utf8(std::string_view text) {
    return repaired(text) == text;
}

/// Whether JSON, known to be valid, is an array of nothing but strings.
inline bool is_array_of_strings(std::string_view valid_json) {
    std::string outside;
    bool inside = false;
    for (std::size_t i = 0; i < valid_json.size(); ++i) {
        if (inside && valid_json[i] == '\\') {
            ++i;
        } else if (valid_json[i] == '"') {
            inside = !inside;
        } else if (!inside &&
                   std::string_view(" \t\r\n").find(valid_json[i]) == std::string_view::npos) {
            outside.push_back(valid_json[i]);
        }
    }
    return outside.size() >= 2 && outside.front() == '[' && outside.back() == ']' &&
           outside.find_first_not_of(',', 1) == outside.size() - 1;
}

}  // namespace anywire::test
