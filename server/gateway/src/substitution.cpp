#include "substitution.hpp"

#include "core/ascii.hpp"

#include <algorithm>

namespace anywire::gateway {
namespace {

/// Of "NAME", as between the braces.
bool is_variable_name(std::string_view name) noexcept {
    return !name.empty() && !is_digit(name.front()) &&
           std::ranges::all_of(name, [](char c) { return is_alpha(c) || is_digit(c) || c == '_'; });
}

/// Appends the value of the "${NAME}" that `text` begins with, and takes it off.
bool substitute_first(std::string_view& text,
                      settings_source const& from,
                      std::string& out,
                      std::string& error,
                      std::string& remedy) {
    auto const end = text.find('}');
    auto const name = text.substr(2, end == text.npos ? end : end - 2);
    if (end == text.npos || !is_variable_name(name)) {
        error = "a '${' is not followed by a variable's name and '}'";
        remedy = "write ${NAME}, or $${ for the characters themselves";
        return false;
    }
    std::string value;
    if (!from.variable || !from.variable(std::string(name), value)) {
        error = "the environment has no variable " + std::string(name);
        remedy = "set it, or write $${ for the characters themselves";
        return false;
    }
    out.append(value);
    text.remove_prefix(end + 1);
    return true;
}

}  // namespace

bool substitute(std::string_view text,
                settings_source const& from,
                std::string& out,
                std::string& error,
                std::string& remedy) {
    out.clear();
    while (!text.empty()) {
        if (text.starts_with("$${")) {
            out.append("${");
            text.remove_prefix(3);
        } else if (text.starts_with("${")) {
            if (!substitute_first(text, from, out, error, remedy)) return false;
        } else {
            out.push_back(text.front());
            text.remove_prefix(1);
        }
    }
    return true;
}

}  // namespace anywire::gateway
