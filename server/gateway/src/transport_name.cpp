#include "transport_name.hpp"

#include <array>
#include <string>
#include <utility>

namespace anywire::gateway {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> sockjs_paths{{
    {"/websocket", "websocket"},
    {"/xhr", "xhr-polling"},
    {"/xhr_streaming", "xhr-streaming"},
    {"/eventsource", "eventsource"},
    {"/htmlfile", "htmlfile"},
    {"/jsonp", "jsonp-polling"},
}};

}  // namespace

std::string_view transport_of(std::string_view dialect,
                              std::string_view route,
                              request const& from) noexcept {
    if (dialect == "websocket") return "websocket";
    if (dialect == "engineio") {
        auto const query = from.query();
        return query.find("transport=websocket") == query.npos ? "polling" : "websocket";
    }
    auto below = from.path();
    if (route != "/") below.remove_prefix(route.size());
    if (below == "/websocket") return "websocket-raw";
    for (auto const& [path, name] : sockjs_paths)
        if (below.ends_with(path)) return name;
    return "none";
}

}  // namespace anywire::gateway
