#pragma once

#include "stomp/destination_pattern.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::stomp {

/// What the application has registered by patterns of destinations: the most specific that fits
/// counts. Filled before it is asked.
template <class Value>
class pattern_table {
public:
    /// Throws: `std::invalid_argument` for one that is there.
    void add(destination_pattern pattern, Value value) {
        auto const is_there = [&](entry const& e) { return e.pattern.text() == pattern.text(); };
        if (find_plain(pattern.text()) || std::any_of(entries_.begin(), entries_.end(), is_there))
            throw std::invalid_argument("stomp: " + pattern.text() + " is there already");
        if (pattern.is_plain()) return (void)plain_.emplace(pattern.text(), std::move(value));
        entry made{std::move(pattern), std::move(value)};
        auto const before = [](entry const& a, entry const& b) {
            return destination_pattern::more_specific(a.pattern, b.pattern);
        };
        auto const at = std::upper_bound(entries_.begin(), entries_.end(), made, before);
        entries_.insert(at, std::move(made));
    }

    /// Null where none fits; `variables` gets what the pattern's stand for.
    Value const* find(std::string_view destination,
                      std::vector<std::string_view>& variables) const {
        if (auto const* const exact = find_plain(destination)) return exact;
        for (auto const& e : entries_) {
            variables.clear();
            if (e.pattern.match(destination, &variables)) return &e.value;
        }
        variables.clear();
        return nullptr;
    }
    /// The one that was registered by that very pattern.
    Value const* find_pattern(std::string_view text) const {
        for (auto const& e : entries_)
            if (e.pattern.text() == text) return &e.value;
        return find_plain(text);
    }
    bool empty() const noexcept { return plain_.empty() && entries_.empty(); }

private:
    struct entry {
        destination_pattern pattern;
        Value value;
    };
    Value const* find_plain(std::string_view destination) const {
        auto const found = plain_.find(destination);
        return found == plain_.end() ? nullptr : &found->second;
    }

    std::map<std::string, Value, std::less<>> plain_{};
    std::vector<entry> entries_{};
};

}  // namespace anywire::stomp
