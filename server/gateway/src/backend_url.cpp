#include "backend_url.hpp"

#include "client/url.hpp"
#include "command_line.hpp"
#include "core/log_text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace anywire::gateway {
namespace {

using namespace std::literals;

constexpr std::size_t max_socket_path = 107;

struct scheme {
    std::string_view begin;  ///< What such a URL begins with.
    backend_kind kind;
    bool is_secure;
    std::string_view like;  ///< The scheme by which `parse_url` knows it.
    std::string_view example;
};
constexpr std::array<scheme, 10> schemes{{
    {"ws://", backend_kind::websocket, false, "ws://", "ws://127.0.0.1:9000/path"},
    {"wss://", backend_kind::websocket, true, "wss://", "wss://app.example/path"},
    {"ws+unix:", backend_kind::websocket, false, "", "ws+unix:/run/app.sock:/path"},
    {"engineio://", backend_kind::engineio, false, "ws://", "engineio://127.0.0.1:3000/socket.io/"},
    {"engineios://", backend_kind::engineio, true, "wss://", "engineios://app.example/socket.io/"},
    {"stdio:", backend_kind::program, false, "", "stdio:/usr/local/bin/program argument"},
    {"http://", backend_kind::hooks, false, "http://", "http://127.0.0.1:8000/events"},
    {"https://", backend_kind::hooks, true, "https://", "https://app.example/events"},
    {"tcp://", backend_kind::stream, false, "ws://", "tcp://127.0.0.1:6000"},
    {"unix:", backend_kind::stream, false, "", "unix:/run/app.sock"},
}};

scheme const* scheme_of(std::string_view url) noexcept {
    auto const found =
        std::ranges::find_if(schemes, [url](scheme const& s) { return url.starts_with(s.begin); });
    return found == schemes.end() ? nullptr : &*found;
}

backend_url_fault fault_like(scheme const& s, std::string text) {
    return {.text = std::move(text), .remedy = "write it as \"" + std::string(s.example) + "\""};
}

/// The text with a letter in place of each variable.
std::string without_variables(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        auto const begin = std::min(text.find('{'), text.size());
        out.append(text.substr(0, begin));
        text.remove_prefix(begin);
        if (text.empty()) break;
        out.push_back('x');
        auto const end = text.starts_with("{{") ? 1 : text.find('}');
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
    }
    return out;
}

backend_url_fault check_socket_path(scheme const& s, std::string_view path) {
    if (!path.starts_with('/') || path.size() < 2)
        return fault_like(s, "it names no socket by its whole path");
    if (path.size() > max_socket_path)
        return fault_like(s, "the path of a socket has at most 107 bytes");
    if (path.find('{') != path.npos)
        return {
            .text = "a variable stands in the path of the socket, which clients must not choose",
            .remedy = "name the socket; variables go into the path and query of the request"};
    return {};
}

/// "ws+unix:/run/app.sock:/path".
backend_url_fault check_unix_websocket(scheme const& s, std::string_view rest) {
    auto const colon = std::min(rest.find(':'), rest.size());
    if (auto wrong = check_socket_path(s, rest.substr(0, colon)); !wrong.text.empty()) return wrong;
    auto const path = rest.substr(colon);
    if (path.empty()) return {};
    return path.starts_with(":/") && parse_url("ws://x" + without_variables(path.substr(1)))
               ? backend_url_fault{}
               : fault_like(s, "what comes after the socket is no path that a request can have");
}

backend_url_fault check_network_url(scheme const& s, std::string_view url) {
    auto const rest = url.substr(s.begin.size());
    auto const end = std::min(rest.find_first_of("/?#"), rest.size());
    auto const authority = rest.substr(0, end);
    if (authority.find_first_of("{}") != authority.npos)
        return {.text = "a variable stands in host or port, which clients must not choose",
                .remedy = "name the host; variables go into path and query"};
    auto const parsed = parse_url(std::string(s.like).append(without_variables(rest)));
    if (!parsed) return fault_like(s, "it cannot be connected to: " + shown(url));
    if (s.kind == backend_kind::stream) {
        if (end != rest.size()) return fault_like(s, "it has more than a host and a port");
        auto const colon = authority.rfind(':');
        if (colon == authority.npos || colon + 1 == authority.size() || authority.ends_with(']') ||
            authority.find('@') != authority.npos)
            return fault_like(s, "it has no port, or more than a host and a port");
    }
    return {};
}

}  // namespace

std::optional<backend_kind> kind_of(std::string_view url) noexcept {
    auto const* const s = scheme_of(url);
    return s ? std::optional(s->kind) : std::nullopt;
}

bool is_secure_url(std::string_view url) noexcept {
    auto const* const s = scheme_of(url);
    return s && s->is_secure;
}

backend_url_fault check_backend_url(std::string_view url) {
    auto const* const s = scheme_of(url);
    if (!s)
        return {
            .text = url.empty() ? "it is empty" : "it begins with no known scheme: " + shown(url),
            .remedy =
                "begin with ws://, wss://, ws+unix:, engineio://, engineios://, stdio:, "
                "http://, https://, tcp:// or unix:"};
    auto const rest = url.substr(s->begin.size());
    if (s->begin == "stdio:"sv) {
        std::string error;
        return split_command(rest, error) ? backend_url_fault{} : fault_like(*s, std::move(error));
    }
    if (s->begin == "ws+unix:"sv) return check_unix_websocket(*s, rest);
    if (s->begin == "unix:"sv) return check_socket_path(*s, rest);
    return check_network_url(*s, url);
}

}  // namespace anywire::gateway
