#include "nearest_name.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

namespace anywire::gateway {
namespace {

/// '-' and '_' are the same to whoever writes a name from memory, and so are case and number.
std::string plain(std::string_view word) {
    std::string out(word);
    for (auto& c : out) {
        if (c == '-') c = '_';
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

/// Letters to be put in, left out, changed, or changed with their neighbour (Damerau-Levenshtein,
/// optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            auto const cost = a[i - 1] == b[j - 1] ? 0u : 1u;
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + cost});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

}  // namespace

std::string_view nearest_name(std::string_view word, std::span<std::string const> names) {
    constexpr std::size_t max_word = 64;
    if (word.size() > max_word) return {};
    auto const wanted = plain(word);
    std::string_view best;
    auto least = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (std::string_view const name : names) {
        auto const d = distance(wanted, plain(name));
        if (d >= least) continue;
        least = d;
        best = name;
    }
    return best;
}

}  // namespace anywire::gateway
