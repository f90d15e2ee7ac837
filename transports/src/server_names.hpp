#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace anywire {

/// Finds what belongs to the host that a TLS client names: exact names before wildcards, of equal
/// names the first. A wildcard ("*.example") stands for exactly one label.
template <class Value>
class server_names {
public:
    /// False for what is no name.
    bool add(std::string_view name, Value value) {
        char room[longest];
        auto const clean = cleaned(name, room);
        auto const plain = clean.starts_with("*.") ? clean.substr(2) : clean;
        if (plain.empty() || plain.find_first_of("*/: ") != std::string_view::npos ||
            plain.find("..") != std::string_view::npos || plain.starts_with('.'))
            return false;
        values_.emplace(clean, std::move(value));
        return true;
    }

    /// Null when the name is nobody's.
    Value const* find(std::string_view name) const noexcept {
        char room[longest];
        auto const clean = cleaned(name, room);
        if (clean.starts_with('*')) return nullptr;
        if (auto const exact = values_.find(clean); exact != values_.end()) return &exact->second;
        auto const dot = clean.find('.');
        if (dot == std::string_view::npos || dot == 0) return nullptr;
        // The first label becomes the '*', in the same room.
        room[dot - 1] = '*';
        auto const wild = values_.find(clean.substr(dot - 1));
        return wild == values_.end() ? nullptr : &wild->second;
    }

    bool empty() const noexcept { return values_.empty(); }

private:
    static constexpr std::size_t longest = 255;

    /// In lower case, without the dot of the root; empty when too long.
    static std::string_view cleaned(std::string_view name, char (&room)[longest]) noexcept {
        if (name.ends_with('.')) name.remove_suffix(1);
        if (name.size() > longest) return {};
        std::transform(name.begin(), name.end(), room, [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        });
        return {room, name.size()};
    }

    std::map<std::string, Value, std::less<>> values_{};  // the operator's names, not clients'
};

}  // namespace anywire
