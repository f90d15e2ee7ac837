#include <anywire/response_headers.hpp>

#include "core/ascii.hpp"

#include <algorithm>

namespace anywire {
namespace {

bool is_value_char(char c) noexcept {
    auto const byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || c == '\t';
}

}  // namespace

void response_headers::add(std::string_view name, std::string_view value) {
    if (name.empty() || !std::all_of(name.begin(), name.end(), is_token_char)) return;
    if (!std::all_of(value.begin(), value.end(), is_value_char)) return;
    text_.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace anywire
