#include "quantity.hpp"

#include <array>
#include <charconv>
#include <iterator>
#include <system_error>

namespace anywire::gateway {
namespace {

using std::chrono::milliseconds;

struct unit {
    std::string_view name;
    std::uint64_t factor;
};
constexpr std::array<unit, 5> time_units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<unit, 3> size_units{{{"G", 1u << 30}, {"M", 1u << 20}, {"k", 1u << 10}}};
constexpr std::uint64_t max_time = 365 * time_units.front().factor;
constexpr std::uint64_t max_size = std::uint64_t{1} << 53;

/// Takes the digits at the beginning; they are all that `text` loses.
std::optional<std::uint64_t> take_number(std::string_view& text, std::uint64_t most) noexcept {
    std::uint64_t n = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (ec != std::errc{} || n > most) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return n;
}

std::optional<std::uint64_t> scaled(std::uint64_t n,
                                    std::uint64_t factor,
                                    std::uint64_t most) noexcept {
    return n <= most / factor ? std::optional(n * factor) : std::nullopt;
}

template <std::size_t N>
std::optional<std::uint64_t> factor_of(std::array<unit, N> const& units,
                                       std::string_view name) noexcept {
    for (auto const& u : units)
        if (u.name == name) return u.factor;
    return std::nullopt;
}

template <std::size_t N>
std::string in_largest_unit(std::array<unit, N> const& units, std::uint64_t n) {
    for (auto const& u : units)
        if (n != 0 && n % u.factor == 0) return std::to_string(n / u.factor).append(u.name);
    return std::to_string(n);
}

}  // namespace

std::optional<milliseconds> parse_duration(std::string_view text) noexcept {
    auto const n = take_number(text, max_time);
    if (!n) return std::nullopt;
    if (text.empty()) return *n == 0 ? std::optional(milliseconds(0)) : std::nullopt;
    auto const factor = factor_of(time_units, text);
    auto const all = factor ? scaled(*n, *factor, max_time) : std::nullopt;
    return all ? std::optional(milliseconds(*all)) : std::nullopt;
}

std::optional<std::uint64_t> parse_size(std::string_view text) noexcept {
    auto const n = take_number(text, max_size);
    if (!n || text.empty()) return n;
    if (text.size() == 3 && text.ends_with("iB")) text.remove_suffix(2);
    if (text == "K") text = "k";
    auto const factor = factor_of(size_units, text);
    return factor ? scaled(*n, *factor, max_size) : std::nullopt;
}

std::string duration_text(milliseconds d) {
    return d.count() <= 0 ? "0s"
                          : in_largest_unit(time_units, static_cast<std::uint64_t>(d.count()));
}

std::string size_text(std::uint64_t bytes) {
    return in_largest_unit(size_units, bytes);
}

}  // namespace anywire::gateway
