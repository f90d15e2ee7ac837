#include "websocket_events.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <utility>

namespace anywire::gateway {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::size_t longest_name = 32;

constexpr std::array<std::pair<std::string_view, event_kind>, 5> names{{
    {"OPEN", event_kind::open},
    {"TEXT", event_kind::text},
    {"BINARY", event_kind::binary},
    {"CLOSE", event_kind::close},
    {"DISCONNECT", event_kind::disconnect},
}};

bool is_name(std::string_view text) noexcept {
    return !text.empty() && text.size() <= longest_name &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

event_kind kind_of_event(std::string_view name) noexcept {
    for (auto const& [known, kind] : names)
        if (name == known) return kind;
    return event_kind::other;
}

}  // namespace

void append_event(std::string& out, std::string_view name) {
    out.append(name).append(line_end);
}

void append_event(std::string& out, std::string_view name, std::string_view content) {
    std::array<char, 16> digits;
    auto const end =
        std::to_chars(digits.data(), digits.data() + digits.size(), content.size(), 16).ptr;
    out.append(name).append(" ").append(digits.data(), end).append(line_end);
    out.append(content).append(line_end);
}

std::optional<websocket_event> event_reader::next() noexcept {
    auto const end = rest_.substr(0, longest_name + 20).find(line_end);
    if (end == rest_.npos) return std::nullopt;
    auto const line = rest_.substr(0, end);
    auto const blank = line.find(' ');
    auto const name = line.substr(0, blank);
    if (!is_name(name)) return std::nullopt;
    websocket_event e{kind_of_event(name), {}};
    auto rest = rest_.substr(end + line_end.size());
    if (blank != line.npos) {
        auto const digits = line.substr(blank + 1);
        std::size_t size = 0;
        auto const [at, ec] =
            std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
        if (ec != std::errc{} || at != digits.data() + digits.size() || digits.empty())
            return std::nullopt;
        if (size > rest.size() || !rest.substr(size).starts_with(line_end)) return std::nullopt;
        e.content = rest.substr(0, size);
        rest.remove_prefix(size + line_end.size());
    }
    rest_ = rest;
    return e;
}

bool are_events(std::string_view body) noexcept {
    event_reader r(body);
    while (r.next()) {
    }
    return r.is_at_end();
}

}  // namespace anywire::gateway
