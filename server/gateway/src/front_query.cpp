#include "front_query.hpp"

#include "core/form.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace anywire::gateway {
namespace {

std::span<std::string_view const> names_of(std::string_view dialect) noexcept {
    static constexpr std::array<std::string_view, 6> engineio{
        "EIO", "transport", "sid", "t", "b64", "j"};
    static constexpr std::array<std::string_view, 3> sockjs{"t", "c", "callback"};
    if (dialect == "engineio") return engineio;
    if (dialect == "sockjs") return sockjs;
    return {};
}

}  // namespace

std::string query_for_backend(link_opening const& from) {
    auto const own = names_of(from.dialect);
    auto rest = from.request.query();
    if (own.empty()) return std::string(rest);
    std::string out;
    while (!rest.empty()) {
        auto const pair = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
        auto const name = pair.substr(0, pair.find('='));
        if (std::ranges::any_of(own, [&](auto n) { return is_form_name(name, n); })) continue;
        out.append(out.empty() ? "" : "&").append(pair);
    }
    return out;
}

}  // namespace anywire::gateway
