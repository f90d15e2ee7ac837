#include "engineio/utf16.hpp"

namespace anywire::engineio {
namespace {

std::size_t units_of(char c) noexcept {
    auto const byte = static_cast<unsigned char>(c);
    return std::size_t{(byte & 0xc0u) != 0x80u} + std::size_t{byte >= 0xf0u};
}

}  // namespace

std::size_t utf16_length(std::string_view text) noexcept {
    std::size_t units = 0;
    for (auto const c : text) units += units_of(c);
    return units;
}

std::optional<std::size_t> size_of_utf16(std::string_view text, std::uint64_t units) noexcept {
    constexpr std::size_t block = 64;  // counted at once, which compilers do with vectors

    if (units > text.size()) return std::nullopt;
    std::size_t at = 0;
    while (units >= block && text.size() - at >= block) {
        auto const here = utf16_length(text.substr(at, block));
        if (here > units) break;
        units -= here;
        at += block;
    }
    // Goes on after the last unit, to the end of its code point.
    for (; at < text.size(); ++at) {
        auto const here = units_of(text[at]);
        if (here > units) break;
        units -= here;
    }
    if (units != 0) return std::nullopt;
    return at;
}

}  // namespace anywire::engineio
