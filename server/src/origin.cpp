#include "origin.hpp"

#include "ascii.hpp"

#include <algorithm>
#include <charconv>

namespace anywire::http {
namespace {

/// An origin taken apart. Spec: RFC 6454, 4 and 7.
struct origin_parts {
    std::string_view scheme{};
    std::string_view host{};
    unsigned port = 0;  // 0 where the scheme has none of its own
    bool has_port = false;
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
    if (scheme == "http") return 80;
    return scheme == "https" ? 443 : 0;
}

/// ws is http and wss is https: what differs is what is spoken, not where.
std::string_view canonical_scheme(std::string_view scheme) noexcept {
    if (iequals(scheme, "http") || iequals(scheme, "ws")) return "http";
    return iequals(scheme, "https") || iequals(scheme, "wss") ? "https" : scheme;
}

/// "host" or "host:port"; nothing else, and nothing after it. Schemes of a program's own also have
/// origins without a host: "file://", "qrc://".
std::optional<origin_parts> parse_authority(std::string_view scheme, std::string_view s) noexcept {
    scheme = canonical_scheme(scheme);
    origin_parts parts{scheme, s, default_port(scheme)};
    if (s.empty() && parts.port == 0) return parts;
    auto const colon = s.rfind(':');
    if (colon != std::string_view::npos && !s.ends_with(']')) {
        parts.host = s.substr(0, colon);
        parts.has_port = true;
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

/// The part of a page's URL that is its origin; empty where it is no such URL.
std::string_view origin_of_url(std::string_view url) noexcept {
    auto const colon = url.find("://");
    if (colon == std::string_view::npos) return {};
    return url.substr(0, url.find_first_of("/?#", colon + 3));
}

struct pattern {
    origin_parts origin{};
    bool below = false;     // names below the host, not the host
    bool any_port = false;  // whatever the port
};

std::optional<pattern> parse_pattern(std::string_view entry) noexcept {
    auto const colon = entry.find("://");
    if (colon == std::string_view::npos || !is_scheme(entry.substr(0, colon))) return std::nullopt;
    auto authority = entry.substr(colon + 3);
    bool const below = authority.starts_with("*.");
    if (below) authority.remove_prefix(2);
    bool const any_port = authority.ends_with(":*");
    if (any_port) authority.remove_suffix(2);
    auto const parts = parse_authority(entry.substr(0, colon), authority);
    if (!parts || ((below || any_port) && parts->host.empty())) return std::nullopt;
    if (any_port && parts->has_port) return std::nullopt;
    // "app://." is a whole origin; else a dot in front is a slip of the pen.
    bool const is_dot = parts->host == "." && default_port(parts->scheme) == 0 && !below;
    if (parts->host.starts_with('.') && !is_dot) return std::nullopt;
    if (below && parts->host.starts_with('[')) return std::nullopt;
    return pattern{*parts, below, any_port};
}

bool is_same(origin_parts const& a, origin_parts const& b) noexcept {
    return iequals(a.scheme, b.scheme) && iequals(a.host, b.host) && a.port == b.port;
}

bool matches(pattern const& p, origin_parts const& o) noexcept {
    if (!iequals(p.origin.scheme, o.scheme)) return false;
    if (!p.any_port && p.origin.port != o.port) return false;
    if (!p.below) return iequals(p.origin.host, o.host);
    auto const& base = p.origin.host;
    if (o.host.size() < base.size() + 2) return false;  // at least a letter and the dot
    auto const dot = o.host.size() - base.size() - 1;
    return o.host[dot] == '.' && o.host.front() != '.' && iequals(o.host.substr(dot + 1), base);
}

bool allows_all(origin_policy const& policy) noexcept {
    return std::any_of(policy.allowed.begin(), policy.allowed.end(), [](std::string const& entry) {
        return entry == "*";
    });
}

/// The origin that a request was sent to.
std::optional<origin_parts> own_origin(origin_request const& r) noexcept {
    if (r.host.empty()) return std::nullopt;
    auto own = parse_authority(r.scheme, r.host);
    if (own && !own->has_port && r.port != 0) own->port = r.port;
    return own;
}

/// Whether the page's origin is the request's own or a listed one.
bool is_allowed(origin_policy const& policy, origin_request const& r, std::string_view page) {
    auto const from = parse_origin(page);
    if (from)
        if (auto const own = own_origin(r); own && is_same(*own, *from)) return true;
    return std::any_of(policy.allowed.begin(), policy.allowed.end(), [&](std::string const& entry) {
        if (entry == "null") return page == "null";
        auto const p = from ? parse_pattern(entry) : std::nullopt;
        return p && matches(*p, *from);
    });
}

/// `s` for a log: short, and nothing that a terminal would take for a command.
std::string printable(std::string_view s) {
    constexpr std::size_t most = 128;
    std::string out(s.substr(0, most));
    for (char& c : out)
        if (c < ' ' || c > '~') c = '?';
    return s.size() > most ? out.append("...") : out;
}

void append_source(std::string& out, std::string_view entry) {
    auto const p = parse_pattern(entry);
    if (!p) return;
    out.append(" ").append(p->origin.scheme);
    if (p->origin.host.empty() || p->origin.host == ".")
        out.append(":");
    else
        out.append(entry.substr(entry.find("://")));
}

}  // namespace

bool allows_origin(origin_policy const& policy, origin_request const& r) noexcept {
    if (!r.has_origin || allows_all(policy)) return true;
    return is_allowed(policy, r, r.origin_header);
}

bool allows_originless_get(origin_policy const& policy, origin_request const& r) noexcept {
    if (r.has_origin || allows_all(policy)) return allows_origin(policy, r);
    if (r.sec_fetch_site == "same-origin") return true;
    return is_allowed(policy, r, origin_of_url(r.referer));
}

std::string_view page_origin(origin_request const& r, bool originless) noexcept {
    auto page = r.origin_header;
    if (!r.has_origin) page = originless ? origin_of_url(r.referer) : std::string_view{};
    return page == "null" || parse_origin(page) ? page : std::string_view{};
}

[[gnu::cold]] std::string explain_refusal(origin_request const& r,
                                          bool originless,
                                          std::string_view peer,
                                          bool trusted) {
    std::string out;
    if (r.has_origin || !r.referer.empty() || !originless)
        out.append("'").append(printable(r.has_origin ? r.origin_header : r.referer)).append("'");
    else
        out.append("a script's or frame's request that tells no Referer");
    out.append(" is not '").append(r.scheme).append("://").append(printable(r.host));
    auto const own = own_origin(r);
    if (own && !own->has_port && r.port != 0) out.append(":").append(std::to_string(r.port));
    out.append("' (as ").append(trusted ? "the trusted proxy before " : "").append(peer);
    out.append(trusted ? " forwarded it" : ", no trusted proxy, sent it");
    out.append(
        "), nor in the mount's `origins`. Behind a proxy, have it pass the Host with its port "
        "(nginx: `proxy_set_header Host $http_host`) and X-Forwarded-Proto, and name it in "
        "`trusted_proxies`; a page of another site belongs into `origins`");
    return out;
}

std::optional<std::string> check_origin_option(std::string_view entry) {
    if (entry == "*" || entry == "null" || parse_pattern(entry)) return std::nullopt;
    return "The origin \"" + std::string(entry) +
           "\" is not valid: write \"*\", \"https://example.com\", "
           "\"https://example.com:8443\", \"https://*.example.com\", \"http://localhost:*\", "
           "\"null\" or \"file://\", without a path.";
}

std::string frame_ancestors(origin_policy const& policy, std::string_view more) {
    if (allows_all(policy)) return "*";
    std::string out = "'self'";
    for (auto const& entry : policy.allowed) append_source(out, entry);
    append_source(out, more);
    return out;
}

}  // namespace anywire::http
