#include "host_list.hpp"

#include "ascii.hpp"
#include "request_guard.hpp"

#include <algorithm>

namespace anywire::http {
namespace {

/// Where the port begins, its colon included; the size where there is none.
std::size_t port_start(std::string_view host) noexcept {
    auto const colon = host.rfind(':');
    return colon == std::string_view::npos || host.ends_with(']') ? host.size() : colon;
}

bool matches(std::string_view entry, std::string_view host) noexcept {
    auto const port = port_start(entry);
    if (port == entry.size()) host = host.substr(0, port_start(host));
    if (!entry.starts_with("*.")) return iequals(entry, host);
    entry.remove_prefix(1);
    return host.size() > entry.size() && iequals(host.substr(host.size() - entry.size()), entry);
}

}  // namespace

bool is_host_option(std::string_view entry) noexcept {
    if (entry.starts_with("*.")) {
        entry.remove_prefix(2);
        if (entry.starts_with('[')) return false;
    }
    return is_valid_host(entry) && !entry.starts_with('.') && !entry.ends_with(':');
}

bool is_served_host(std::span<std::string const> hosts, std::string_view host) noexcept {
    if (hosts.empty() || host.empty()) return true;
    return std::any_of(
        hosts.begin(), hosts.end(), [&](std::string const& entry) { return matches(entry, host); });
}

}  // namespace anywire::http
