#include "engineio/text_twice.hpp"

#include "core/utf8.hpp"

#include <cstddef>

namespace anywire::engineio {
namespace {

unsigned char byte_at(std::string_view text, std::size_t at) noexcept {
    return static_cast<unsigned char>(text[at]);
}

/// Puts U+FFFD, which is as long, in the place of each surrogate: U+D800 to U+DFFF as three bytes.
void replace_surrogates(std::string& text) {
    for (auto at = text.find('\xed'); at != text.npos; at = text.find('\xed', at + 1))
        if (text.size() - at >= 3 && byte_at(text, at + 1) >= 0xa0 &&
            (byte_at(text, at + 2) & 0xc0) == 0x80)
            text.replace(at, 3, "\xef\xbf\xbd");
}

}  // namespace

bool is_ascii(std::string_view text) noexcept {
    unsigned all = 0;
    for (auto const c : text) all |= static_cast<unsigned char>(c);
    return all < 0x80;
}

void append_text_twice(std::string& out, std::string_view text) {
    for (auto const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        if (byte >= 0x80) out.push_back(static_cast<char>(0xc0 | byte >> 6));
        out.push_back(byte < 0x80 ? c : static_cast<char>(0x80 | (byte & 0x3f)));
    }
}

bool append_repaired(std::string& out, std::string_view text, std::size_t most) {
    std::string some(text);
    replace_surrogates(some);
    return append_utf8_repaired(out, some, most);
}

bool decode_text_twice(std::string_view text, std::string& out) {
    out.clear();
    for (std::size_t at = 0; at < text.size(); ++at) {
        auto const byte = byte_at(text, at);
        if (byte < 0x80) {
            out.push_back(text[at]);
            continue;
        }
        // U+0080 to U+00FF: bytes as characters.
        if (byte > 0xc3 || ++at == text.size()) return false;
        out.push_back(static_cast<char>((byte & 3) << 6 | (byte_at(text, at) & 0x3f)));
    }
    if (is_utf8(out)) return true;
    replace_surrogates(out);
    return is_utf8(out);
}

}  // namespace anywire::engineio
