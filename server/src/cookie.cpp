#include "cookie.hpp"

#include "ascii.hpp"

#include <algorithm>

namespace anywire::http {
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

}  // namespace anywire::http
