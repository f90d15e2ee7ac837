#include "core/cookie.hpp"

#include "core/ascii.hpp"
#include "core/percent.hpp"

#include <algorithm>

namespace anywire {
namespace {

bool is_cookie_octet(char c) noexcept {
    return c > ' ' && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
}

}  // namespace

std::string_view cookie_value(std::string_view cookie_header, std::string_view name) noexcept {
    while (!cookie_header.empty()) {
        auto const pair = take_element(cookie_header, ';');
        auto const equals = pair.find('=');
        if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
        auto value = pair.substr(equals + 1);
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
            value = value.substr(1, value.size() - 2);
        return std::all_of(value.begin(), value.end(), is_cookie_octet) ? value
                                                                        : std::string_view{};
    }
    return {};
}

std::optional<std::string> cookie_decoded(std::string_view cookie_header, std::string_view name) {
    auto const value = cookie_value(cookie_header, name);
    if (value.empty()) return std::nullopt;
    return percent_decoded(value);
}

}  // namespace anywire
