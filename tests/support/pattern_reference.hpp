#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::test {

/// The characters of a text, as UTF-8 has them.
inline std::vector<std::string> characters_of(std::string_view text) {
    std::vector<std::string> out;
    for (auto const c : text) {
        if (!out.empty() && (static_cast<unsigned char>(c) & 0xc0u) == 0x80)
            out.back() += c;
        else
            out.emplace_back(1, c);
    }
    return out;
}

/// The segments of a destination; nothing where one is empty.
inline std::optional<std::vector<std::string>> segments_of(std::string_view text, char separator) {
    if (text.empty() || text.front() != '/') return std::nullopt;
    std::vector<std::string> out(1);
    for (auto const c : text.substr(1)) {
        if (c == (out.size() == 1 ? '/' : separator))
            out.emplace_back();
        else
            out.back() += c;
    }
    for (auto const& s : out)
        if (s.empty()) return std::nullopt;
    return out;
}

/// Whether a list fits another, by a table of all pairs of their rests: `is_star(p)` takes any
/// number of things, others the one that `fits(p, t)`.
template <class Things, class IsStar, class Fits>
bool fits_by_table(Things const& pattern, Things const& given, IsStar is_star, Fits fits) {
    std::vector<std::vector<bool>> table(pattern.size() + 1,
                                         std::vector<bool>(given.size() + 1, false));
    table[pattern.size()][given.size()] = true;
    for (auto p = pattern.size(); p-- > 0;)
        for (auto g = given.size() + 1; g-- > 0;) {
            auto const is_last = g == given.size();
            table[p][g] = is_star(pattern[p])
                              ? table[p + 1][g] || (!is_last && table[p][g + 1])
                              : !is_last && fits(pattern[p], given[g]) && table[p + 1][g + 1];
        }
    return table[0][0];
}

/// The same as `stomp::destination_pattern`, of a text that is a pattern.
inline bool fits_slowly(std::string_view pattern,
                        std::string_view destination,
                        char separator = '/') {
    auto const wanted = segments_of(pattern, separator);
    auto const given = segments_of(destination, separator);
    if (!wanted || !given) return false;
    auto const fits_character = [](std::string const& p, std::string const& c) {
        return p == "?" || p == c;
    };
    auto const fits_segment = [&](std::string const& p, std::string const& s) {
        if (p.front() == '{') return true;
        if (p.find_first_of("*?") == std::string::npos) return p == s;
        return fits_by_table(
            characters_of(p),
            characters_of(s),
            [](std::string const& c) { return c == "*"; },
            fits_character);
    };
    return fits_by_table(
        *wanted, *given, [](std::string const& s) { return s == "**"; }, fits_segment);
}

}  // namespace anywire::test
