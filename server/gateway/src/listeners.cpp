#include "settings.hpp"

#include <stdexcept>
#include <utility>

namespace anywire::gateway {

void complete(gateway_settings& s) {
    if (s.listeners.empty() && s.systemd.empty()) s.listeners.emplace_back();
    for (auto& r : s.routes)
        if (!r.backends.empty()) r.kind = kind_of(r.backends.front().url).value_or(r.kind);
}

std::vector<listener_options> listeners_of(gateway_settings const& s) {
    auto out = s.listeners;
    for (auto const& from : s.systemd) {
        auto passed = systemd_listeners(from.name);
        if (passed.empty())
            throw std::invalid_argument(
                from.name.empty()
                    ? "systemd has passed no socket: start the gateway by its socket unit"
                    : "systemd has passed no socket called '" + from.name +
                          "': write FileDescriptorName=" + from.name + " in the socket unit");
        for (auto& l : passed) {
            l.tls = from.tls;
            l.proxy_protocol = from.proxy_protocol;
            out.push_back(std::move(l));
        }
    }
    return out;
}

}  // namespace anywire::gateway
