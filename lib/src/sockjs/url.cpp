#include "sockjs/url.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <array>

namespace anywire::sockjs {
namespace {

struct named_endpoint {
    std::string_view name{};
    endpoint_kind kind = endpoint_kind::none;
};

// `<server>/<session>/` comes before these.
constexpr std::array session_endpoints{
    named_endpoint{"websocket", endpoint_kind::websocket},
    named_endpoint{"xhr", endpoint_kind::xhr},
    named_endpoint{"xhr_streaming", endpoint_kind::xhr_streaming},
    named_endpoint{"xhr_send", endpoint_kind::xhr_send},
    named_endpoint{"eventsource", endpoint_kind::eventsource},
    named_endpoint{"htmlfile", endpoint_kind::htmlfile},
    named_endpoint{"jsonp", endpoint_kind::jsonp},
    named_endpoint{"jsonp_send", endpoint_kind::jsonp_send},
};

// Below the prefix itself.
constexpr std::array single_endpoints{
    named_endpoint{"info", endpoint_kind::info},
    named_endpoint{"websocket", endpoint_kind::raw_websocket},
};

endpoint_kind find_session_endpoint(std::string_view name) noexcept {
    for (auto const& e : session_endpoints)
        if (e.name == name) return e.kind;
    return endpoint_kind::none;
}

// iframe[0-9a-z._-]*.html
bool is_iframe_page(std::string_view name) noexcept {
    constexpr std::string_view head = "iframe";
    constexpr std::string_view tail = ".html";
    if (name.size() < head.size() + tail.size()) return false;
    if (!name.starts_with(head) || !name.ends_with(tail)) return false;
    return std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.' || c == '_' || c == '-';
    });
}

endpoint_kind find_single(std::string_view name) noexcept {
    for (auto const& e : single_endpoints)
        if (e.name == name) return e.kind;
    return is_iframe_page(name) ? endpoint_kind::iframe : endpoint_kind::none;
}

bool is_segment(std::string_view text) noexcept {
    return !text.empty() && text.find('.') == text.npos;
}

}  // namespace

route parse_path(std::string_view path) noexcept {
    if (path.empty() || path == "/") return {endpoint_kind::greeting};
    if (path.front() != '/') return {};
    path.remove_prefix(1);
    if (path.back() == '/') path.remove_suffix(1);

    auto const first = path.find('/');
    if (first == path.npos) return {find_single(path)};
    auto const second = path.find('/', first + 1);
    if (second == path.npos) return {};

    auto const server = path.substr(0, first);
    auto const session = path.substr(first + 1, second - first - 1);
    auto const kind = find_session_endpoint(path.substr(second + 1));
    if (kind == endpoint_kind::none || !is_segment(server) || !is_segment(session)) return {};
    return {kind, server, session};
}

void append_path(std::string& out, route const& to) {
    for (auto const& e : single_endpoints)
        if (e.kind == to.kind) out.append("/").append(e.name);
    for (auto const& e : session_endpoints) {
        if (e.kind != to.kind) continue;
        BOOST_ASSERT(is_segment(to.server) && is_segment(to.session));
        out.append("/").append(to.server).append("/").append(to.session).append("/");
        out.append(e.name);
    }
}

std::string make_server_segment(std::uint32_t random) {
    auto const digits = std::to_string(1000 + random % 1000);
    return digits.substr(1);
}

std::string make_session_segment(std::span<std::uint8_t const> random) {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz012345";
    std::string out;
    for (auto const byte : random) out.push_back(letters[byte % letters.size()]);
    return out;
}

std::string_view allowed_methods(endpoint_kind kind) noexcept {
    switch (kind) {
        case endpoint_kind::greeting:
        case endpoint_kind::iframe:
        case endpoint_kind::raw_websocket:
        case endpoint_kind::websocket:
        case endpoint_kind::eventsource:
        case endpoint_kind::htmlfile:
        case endpoint_kind::jsonp: return "GET";
        case endpoint_kind::info: return "OPTIONS, GET";
        case endpoint_kind::xhr:
        case endpoint_kind::xhr_streaming:
        case endpoint_kind::xhr_send: return "POST, OPTIONS";
        case endpoint_kind::jsonp_send: return "POST";
        case endpoint_kind::none: break;
    }
    return {};
}

}  // namespace anywire::sockjs
