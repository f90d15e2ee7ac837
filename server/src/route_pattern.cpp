#include "route_pattern.hpp"

#include "ascii.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace anywire::http {
namespace {

bool is_name(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return is_alpha(c) || is_digit(c) || c == '_';
    });
}

/// Cuts the next segment off a path that begins with '/'.
std::string_view take_segment(std::string_view& path) noexcept {
    path.remove_prefix(1);
    auto const segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    return segment;
}

}  // namespace

std::optional<route_pattern> route_pattern::parse(std::string_view text) {
    if (!text.starts_with('/') || text.find_first_of("?#") != text.npos) return std::nullopt;
    route_pattern p;
    p.ends_with_slash_ = text.ends_with('/');
    if (p.ends_with_slash_) text.remove_suffix(1);
    while (!text.empty()) {
        auto const segment = take_segment(text);
        if (segment.empty()) return std::nullopt;
        if (segment.front() != ':') {
            p.segments_.emplace_back(segment);
            continue;
        }
        auto name = std::string(segment.substr(1));
        if (!is_name(name) || std::find(p.names_.begin(), p.names_.end(), name) != p.names_.end())
            return std::nullopt;
        p.segments_.emplace_back();
        p.names_.push_back(std::move(name));
    }
    return p;
}

bool route_pattern::match(std::string_view path, values* found) const {
    if (found) found->clear();
    for (auto const& wanted : segments_) {
        if (!path.starts_with('/')) return false;
        auto const segment = take_segment(path);
        if (segment.empty() || (!wanted.empty() && segment != wanted)) return false;
        if (wanted.empty() && found) found->push_back(segment);
    }
    return path == (ends_with_slash_ ? "/" : "");
}

bool route_pattern::goes_before(route_pattern const& other) const noexcept {
    for (std::size_t i = 0; i < segments_.size() && i < other.segments_.size(); ++i)
        if (segments_[i].empty() != other.segments_[i].empty()) return !segments_[i].empty();
    return false;
}

}  // namespace anywire::http
