#include "pass_fields.hpp"

#include "core/ascii.hpp"
#include "hop_fields.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace anywire::gateway {
namespace {

/// What a server would believe of a proxy, and must not believe of a client.
constexpr std::array<std::string_view, 10> of_proxies{"forwarded",
                                                      "front-end-https",
                                                      "proxy",  // becomes HTTP_PROXY of a CGI
                                                      "x-forwarded-for",
                                                      "x-forwarded-host",
                                                      "x-forwarded-port",
                                                      "x-forwarded-proto",
                                                      "x-forwarded-server",
                                                      "x-forwarded-ssl",
                                                      "x-real-ip"};

/// CGI and its heirs take '-' and '_' in names for the same.
bool is_same_to_servers(std::string_view name, std::string_view known) noexcept {
    return std::equal(name.begin(), name.end(), known.begin(), known.end(), [](char a, char b) {
        return (a == '_' ? '-' : to_lower(a)) == b;
    });
}

bool is_of_proxy(std::string_view name) noexcept {
    return std::any_of(of_proxies.begin(), of_proxies.end(), [name](auto const known) {
        return is_same_to_servers(name, known);
    });
}

std::string_view port_of(passed_client const& client) noexcept {
    auto const colon = client.host.rfind(':');
    auto const is_port = colon != std::string_view::npos && colon + 1 < client.host.size() &&
                         client.host.find(']', colon) == std::string_view::npos;
    if (is_port) return client.host.substr(colon + 1);
    return client.is_secure ? "443" : "80";
}

void add(std::vector<client_field>& out, std::string_view name, std::string_view value) {
    out.push_back({std::string(name), std::string(value)});
}

}  // namespace

std::vector<client_field> fields_to_pass(std::span<http_field const> of,
                                         passed_client const& client) {
    std::vector<client_field> out;
    out.reserve(of.size() + 5);
    if (!client.host.empty()) add(out, "Host", client.host);
    for (auto const& f : of) {
        if (is_same_to_servers(f.name, "host") || is_same_to_servers(f.name, "expect")) continue;
        if (relay::is_of_connection(f.name) || is_of_proxy(f.name)) continue;
        if (relay::is_nominated(f.name, of)) continue;
        add(out, f.name, f.value);
    }
    if (!client.address.empty() && client.address != "unix:")
        add(out, "X-Forwarded-For", client.address);
    if (!client.host.empty()) add(out, "X-Forwarded-Host", client.host);
    add(out, "X-Forwarded-Port", port_of(client));
    add(out, "X-Forwarded-Proto", client.is_secure ? "https" : "http");
    return out;
}

}  // namespace anywire::gateway
