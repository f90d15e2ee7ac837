#include "origin.hpp"

#include "ascii.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace anywire::http {
namespace {

/// An origin taken apart. Spec: RFC 6454, 4 and 7.
struct origin_parts {
    std::string_view scheme{};
    std::string_view host{};
    unsigned port = 0;  // 0 where the scheme has none of its own
};

bool is_scheme(std::string_view s) noexcept {
    return !s.empty() && is_alpha(s.front()) && std::all_of(s.begin(), s.end(), [](char c) {
        return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
    });
}

bool is_host_name(std::string_view s) noexcept {
    return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) {
        return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
    });
}

bool is_bracketed_address(std::string_view s) noexcept {
    if (s.size() < 4 || s.front() != '[' || s.back() != ']') return false;
    return std::all_of(s.begin() + 1, s.end() - 1, [](char c) {
        return hex_value(c) >= 0 || c == ':' || c == '.';
    });
}

unsigned default_port(std::string_view scheme) noexcept {
    if (iequals(scheme, "http")) return 80;
    return iequals(scheme, "https") ? 443 : 0;
}

/// "host" or "host:port"; nothing else, and nothing behind it.
std::optional<origin_parts> parse_authority(std::string_view scheme, std::string_view s) noexcept {
    origin_parts parts{scheme, s, default_port(scheme)};
    auto const colon = s.rfind(':');
    if (colon != std::string_view::npos && !s.ends_with(']')) {
        parts.host = s.substr(0, colon);
        auto const digits = s.substr(colon + 1);
        std::uint16_t port = 0;
        auto const [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
        if (ec != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
        parts.port = port;
    }
    if (!is_host_name(parts.host) && !is_bracketed_address(parts.host)) return std::nullopt;
    return parts;
}

std::optional<origin_parts> parse_origin(std::string_view s) noexcept {
    auto const colon = s.find("://");
    if (colon == std::string_view::npos || !is_scheme(s.substr(0, colon))) return std::nullopt;
    return parse_authority(s.substr(0, colon), s.substr(colon + 3));
}

/// The origin of the page a Referer names.
std::optional<origin_parts> parse_referer(std::string_view url) noexcept {
    auto const colon = url.find("://");
    if (colon == std::string_view::npos) return std::nullopt;
    return parse_origin(url.substr(0, url.find_first_of("/?#", colon + 3)));
}

struct pattern {
    origin_parts origin{};
    bool below = false;  // names below the host, not the host
};

std::optional<pattern> parse_pattern(std::string_view entry) noexcept {
    auto const colon = entry.find("://");
    if (colon == std::string_view::npos || !is_scheme(entry.substr(0, colon))) return std::nullopt;
    auto authority = entry.substr(colon + 3);
    bool const below = authority.starts_with("*.");
    if (below) authority.remove_prefix(2);
    auto const parts = parse_authority(entry.substr(0, colon), authority);
    if (!parts || parts->host.starts_with('.') || (below && parts->host.starts_with('[')))
        return std::nullopt;
    return pattern{*parts, below};
}

bool is_same(origin_parts const& a, origin_parts const& b) noexcept {
    return iequals(a.scheme, b.scheme) && iequals(a.host, b.host) && a.port == b.port;
}

bool matches(pattern const& p, origin_parts const& o) noexcept {
    if (!p.below) return is_same(p.origin, o);
    auto const& base = p.origin.host;
    if (o.host.size() < base.size() + 2) return false;  // at least a letter and the dot
    auto const dot = o.host.size() - base.size() - 1;
    return o.host[dot] == '.' && o.host.front() != '.' && iequals(o.host.substr(dot + 1), base) &&
           iequals(p.origin.scheme, o.scheme) && p.origin.port == o.port;
}

bool allows_all(origin_policy const& policy) noexcept {
    return std::any_of(policy.allowed.begin(), policy.allowed.end(), [](std::string const& entry) {
        return entry == "*";
    });
}

/// Whether `from` is the request's own origin or a listed one.
bool is_allowed(origin_policy const& policy,
                origin_request const& r,
                std::optional<origin_parts> const& from) noexcept {
    if (!from) return false;
    auto const own = parse_authority(r.scheme, r.host);
    if (own && is_same(*own, *from)) return true;
    return std::any_of(policy.allowed.begin(), policy.allowed.end(), [&](std::string const& entry) {
        auto const p = parse_pattern(entry);
        return p && matches(*p, *from);
    });
}

}  // namespace

bool allows_origin(origin_policy const& policy, origin_request const& r) noexcept {
    if (!r.has_origin || allows_all(policy)) return true;
    return is_allowed(policy, r, parse_origin(r.origin_header));
}

bool allows_originless_get(origin_policy const& policy, origin_request const& r) noexcept {
    if (r.has_origin || allows_all(policy)) return allows_origin(policy, r);
    if (r.sec_fetch_site == "same-origin") return true;
    return is_allowed(policy, r, parse_referer(r.referer));
}

std::optional<std::string> check_origin_option(std::string_view entry) {
    if (entry == "*" || parse_pattern(entry)) return std::nullopt;
    return "\"" + std::string(entry) +
           "\" is not a valid origin: write \"*\", \"https://example.com\", "
           "\"https://example.com:8443\" or "
           "\"https://*.example.com\", without a path.";
}

std::string frame_ancestors(origin_policy const& policy) {
    if (allows_all(policy)) return "*";
    std::string out = "'self'";
    for (auto const& entry : policy.allowed)
        if (parse_pattern(entry)) out.append(" ").append(entry);
    return out;
}

}  // namespace anywire::http
