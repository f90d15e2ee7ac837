#include "heart_beat.hpp"

#include <algorithm>
#include <cstdint>

namespace anywire::stomp {
namespace {

constexpr std::int64_t day = std::int64_t{24} * 60 * 60 * 1000;

std::optional<std::chrono::milliseconds> parse_time(std::string_view text) noexcept {
    if (text.empty()) return std::nullopt;
    std::int64_t value = 0;
    for (auto const c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = std::min(day, value * 10 + (c - '0'));
    }
    return std::chrono::milliseconds{value};
}

}  // namespace

std::optional<heart_beat> parse_heart_beat(std::string_view text) noexcept {
    auto const comma = text.find(',');
    if (comma == text.npos) return std::nullopt;
    auto const sends = parse_time(text.substr(0, comma));
    auto const wants = parse_time(text.substr(comma + 1));
    if (!sends || !wants) return std::nullopt;
    return heart_beat{*sends, *wants};
}

}  // namespace anywire::stomp
