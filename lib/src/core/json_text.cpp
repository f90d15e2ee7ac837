#include "core/json_text.hpp"

namespace anywire::detail {
namespace {

using std::string_view;

// The length of the string that `text` starts with, quotes included.
std::size_t string_length(string_view text) noexcept {
    std::size_t at = 1;
    while (at < text.size()) {
        at += anywire::detail::plain_run(text.substr(at));
        if (at >= text.size()) break;
        if (text[at] == '"') return at + 1;
        at += text[at] == '\\' ? 2 : 1;
    }
    return text.size();
}

std::size_t nested_length(string_view text) noexcept {
    std::size_t depth = 0;
    std::size_t at = 0;
    while (at < text.size()) {
        switch (text[at]) {
            case '"': at += string_length(text.substr(at)); continue;
            case '[':
            case '{': ++depth; break;
            case ']':
            case '}':
                if (--depth == 0) return at + 1;
                break;
            default: break;
        }
        ++at;
    }
    return text.size();
}

constexpr bool ends_scalar(char c) noexcept {
    return c == ',' || c == ']' || c == '}' || c == ':' || c == ' ' || (c >= '\t' && c <= '\r');
}

}  // namespace

string_view trimmed(string_view text) noexcept {
    skip_space(text);
    if (!text.empty() && text.back() > ' ') return text;
    return text.substr(0, text.find_last_not_of(json_space) + 1);
}

std::size_t value_length(string_view text) noexcept {
    if (text.empty()) return 0;
    switch (text[0]) {
        case '"': return string_length(text);
        case '[':
        case '{': return nested_length(text);
        default: break;
    }
    std::size_t at = 0;
    while (at < text.size() && !ends_scalar(text[at])) ++at;
    return at;
}

string_view take_value(string_view& rest) noexcept {
    auto const value = rest.substr(0, value_length(rest));
    rest.remove_prefix(value.size());
    skip_space(rest);
    // At least one byte goes, so that walking ends even on what is not JSON.
    if (!rest.empty() && (rest[0] == ',' || value.empty())) rest.remove_prefix(1);
    skip_space(rest);
    return value;
}

string_view take_key(string_view& rest) noexcept {
    auto const key = rest.substr(0, value_length(rest));
    rest.remove_prefix(key.size());
    skip_space(rest);
    if (!rest.empty() && rest[0] == ':') rest.remove_prefix(1);
    skip_space(rest);
    return key;
}

string_view inside(string_view value) noexcept {
    if (value.size() < 2) return {};
    return trimmed(value.substr(1, value.size() - 2));
}

}  // namespace anywire::detail
