#include "core/log_text.hpp"

#include <cstddef>

namespace anywire {

std::string shown(std::string_view name) {
    constexpr std::size_t most = 64;
    std::string text(name.substr(0, most));
    // No half of a character at the end.
    auto const is_inside = [](char c) { return (c & 0xc0) == 0x80; };
    if (name.size() > most && is_inside(name[most])) {
        while (!text.empty() && is_inside(text.back())) text.pop_back();
        if (!text.empty()) text.pop_back();
    }
    for (auto& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    return name.size() > most ? text + "..." : text;
}

std::string more_like_it(std::uint32_t left_out) {
    return left_out == 0 ? std::string() : "; " + std::to_string(left_out) + " more like it";
}

}  // namespace anywire
