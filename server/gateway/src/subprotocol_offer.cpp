#include "subprotocol_offer.hpp"

#include <algorithm>
#include <string_view>

namespace anywire::gateway {
namespace {

std::vector<std::string> offered_by(request const& from) {
    std::vector<std::string> all;
    for (auto const p : from.subprotocols()) all.emplace_back(p);
    if (!all.empty()) return all;
    auto rest = from.header("anywire-protocol");
    while (!rest.empty()) {
        auto const comma = rest.find(',');
        auto one = rest.substr(0, comma);
        while (one.starts_with(' ')) one.remove_prefix(1);
        while (one.ends_with(' ')) one.remove_suffix(1);
        auto const is_token =
            !one.empty() && one.find_first_of(" \t\"(),/:;<=>?@[\\]{}") == one.npos;
        if (is_token && std::find(all.begin(), all.end(), one) == all.end()) all.emplace_back(one);
        rest = comma == rest.npos ? std::string_view{} : rest.substr(comma + 1);
    }
    return all;
}

}  // namespace

std::vector<std::string> offered_for(link_opening const& what, forward_settings const& how) {
    if (!how.subprotocols) return {};
    auto all = offered_by(what.request);
    return all.empty() && what.dialect != "websocket" ? how.default_subprotocols : all;
}

}  // namespace anywire::gateway
