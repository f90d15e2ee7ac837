#include "substitution.hpp"

#include "core/ascii.hpp"

#include <algorithm>

namespace anywire::gateway {

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
            auto const end = text.find('}');
            auto const name = text.substr(2, end == text.npos ? end : end - 2);
            auto const is_of_name = [](char c) { return is_alpha(c) || is_digit(c) || c == '_'; };
            if (end == text.npos || name.empty() || is_digit(name.front()) ||
                !std::ranges::all_of(name, is_of_name)) {
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
        } else {
            out.push_back(text.front());
            text.remove_prefix(1);
        }
    }
    return true;
}

}  // namespace anywire::gateway
