#include "settings_change.hpp"

#include "settings_origins.hpp"
#include "written_settings.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

namespace anywire::gateway {
namespace {

constexpr std::string_view all_of_it{};

using value_map = std::map<std::string, std::string, std::less<>>;

value_map values_of(gateway_settings const& s) {
    value_map out;
    for (auto& w : written(s))
        if (w.what == written_setting::kind::value)
            out.emplace(std::move(w.key), std::move(w.value));
    return out;
}

/// All keys of a table whose values differ; `table` empty: of all.
std::vector<std::string> differing(value_map const& a, value_map const& b, std::string_view table) {
    std::vector<std::string> out;
    auto const is_in = [table](std::string_view key) {
        return table.empty() || is_within(key, table);
    };
    for (auto const& [key, value] : a) {
        auto const other = b.find(key);
        if (is_in(key) && (other == b.end() || other->second != value)) out.push_back(key);
    }
    for (auto const& [key, value] : b)
        if (is_in(key) && !a.contains(key)) out.push_back(key);
    std::ranges::sort(out);
    return out;
}

std::string joined(std::vector<std::string> const& all) {
    constexpr std::size_t most = 8;
    std::string out;
    for (std::size_t i = 0; i < std::min(all.size(), most); ++i)
        out.append(i == 0 ? "" : ", ").append(all[i]);
    if (all.size() > most) out.append(" and " + std::to_string(all.size() - most) + " more");
    return out;
}

/// The values of one route, whose keys begin below it.
value_map values_of(route_settings const& r) {
    gateway_settings alone;
    alone.routes.push_back(r);
    constexpr std::string_view begin = "route[0].";
    value_map out;
    for (auto& [key, value] : values_of(alone))
        if (key.starts_with(begin)) out.emplace(key.substr(begin.size()), value);
    return out;
}

std::size_t find_route(gateway_settings const& s, std::string const& path) {
    auto const found = std::ranges::find(s.routes, path, &route_settings::path);
    return static_cast<std::size_t>(found - s.routes.begin());
}

/// The admin listener has what applications publish with from the beginning.
std::string publishing_of(route_settings const& r) {
    return "takes a restart: how the application of route " + r.path + " publishes";
}

/// What of a table that is carried out at once takes a restart all the same: loggers have their
/// level and format, and a route for a script stays.
bool takes_restart(std::string_view key) noexcept {
    return key == "log.format" || key == "log.level" || key == "site.shim";
}

void compare_routes(settings_change& to,
                    gateway_settings const& before,
                    gateway_settings const& after) {
    for (std::size_t i = 0; i < before.routes.size(); ++i) {
        auto const& path = before.routes[i].path;
        if (find_route(after, path) < after.routes.size()) continue;
        to.routes.push_back({.what = route_change::kind::removed, .before = i});
        to.now.push_back("route " + path + " is removed");
    }
    for (std::size_t i = 0; i < after.routes.size(); ++i) {
        auto const& r = after.routes[i];
        auto const old = find_route(before, r.path);
        if (old == before.routes.size()) {
            to.routes.push_back({.what = route_change::kind::added, .after = i});
            to.now.push_back("route " + r.path + " is added");
            if (!r.hooks.publish_path.empty()) to.later.push_back(publishing_of(r));
            continue;
        }
        auto const& was = before.routes[old].hooks;
        if (was.publish_path != r.hooks.publish_path ||
            was.publish_secret != r.hooks.publish_secret)
            to.later.push_back(publishing_of(r));
        auto keys = differing(values_of(before.routes[old]), values_of(r), all_of_it);
        if (keys.empty()) continue;
        to.now.push_back("route " + r.path + " is changed: " + joined(keys));
        to.routes.push_back({.what = route_change::kind::changed,
                             .before = old,
                             .after = i,
                             .keys = std::move(keys)});
    }
}

std::string old_and_new(value_map const& a, value_map const& b, std::string const& key) {
    auto const text = [&key](value_map const& m) {
        auto const found = m.find(key);
        return found == m.end() ? std::string("nothing") : found->second;
    };
    return key + " from " + text(a) + " to " + text(b);
}

}  // namespace

settings_change difference(gateway_settings const& before, gateway_settings const& after) {
    settings_change out;
    auto const a = values_of(before);
    auto const b = values_of(after);
    compare_routes(out, before, after);
    for (auto const& [table, flag] : {std::pair{"limits", &out.limits},
                                      std::pair{"log", &out.log},
                                      std::pair{"site", &out.site},
                                      std::pair{"drain", &out.drain},
                                      std::pair{"drain_spread", &out.drain},
                                      std::pair{"drain_delay", &out.drain}})
        for (auto const& key : differing(a, b, table)) {
            if (takes_restart(key)) {
                out.later.push_back("takes a restart: " + old_and_new(a, b, key));
                continue;
            }
            *flag = true;
            out.now.push_back("changed: " + old_and_new(a, b, key));
        }
    for (auto const table : {"threads", "trusted_proxies", "proxy_style", "hosts", "admin"})
        for (auto const& key : differing(a, b, table))
            out.later.push_back("takes a restart: " + old_and_new(a, b, key));
    for (auto const table : {"listen", "systemd"})
        if (auto const keys = differing(a, b, table); !keys.empty())
            out.later.push_back("takes a restart: " + joined(keys));
    return out;
}

gateway_settings reloaded(gateway_settings const& before, gateway_settings after) {
    after.listeners = before.listeners;
    after.systemd = before.systemd;
    after.threads = before.threads;
    after.trusted_proxies = before.trusted_proxies;
    after.proxy_style = before.proxy_style;
    after.hosts = before.hosts;
    after.admin = before.admin;
    after.log.format = before.log.format;
    after.log.level = before.log.level;
    after.site.shim = before.site.shim;
    return after;
}

}  // namespace anywire::gateway
