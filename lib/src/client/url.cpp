#include "client/url.hpp"

#include "core/ascii.hpp"
#include "core/percent.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace anywire {
namespace {

using namespace std::literals;

constexpr std::size_t max_url = 8'192;
constexpr std::size_t max_host = 253;

constexpr std::uint16_t default_port(bool secure) noexcept {
    return secure ? 443 : 80;
}

/// Whether it may stand in a path or a query. Brackets may not, but everybody sends them.
constexpr bool is_url_char(char c) noexcept {
    return c > ' ' && c < '\x7f' && "\"<>\\^`{|}#"sv.find(c) == ""sv.npos;
}

/// Cuts off what comes before `c`, and it; all of it where there is no `c`.
std::string_view take_until(std::string_view& text, char c) noexcept {
    auto const at = std::min(text.find(c), text.size());
    auto const head = text.substr(0, at);
    text.remove_prefix(std::min(at + 1, text.size()));
    return head;
}

std::optional<unsigned> to_number(std::string_view digits, std::size_t most, unsigned max) {
    if (digits.empty() || digits.size() > most) return std::nullopt;
    unsigned n = 0;
    for (auto const c : digits) {
        if (!is_digit(c)) return std::nullopt;
        n = n * 10 + static_cast<unsigned>(c - '0');
    }
    return n <= max ? std::optional(n) : std::nullopt;
}

bool is_ipv4(std::string_view text) {
    for (int i = 0; i < 4; ++i) {
        auto const part = take_until(text, '.');
        if (!to_number(part, 3, 255) || (part.size() > 1 && part.front() == '0')) return false;
        if (i < 3 && text.empty()) return false;
    }
    return text.empty();
}

/// How many 16-bit groups these are; nothing where one is not a group.
std::optional<int> count_groups(std::string_view text, bool may_end_in_ipv4) {
    int groups = 0;
    if (text.empty()) return groups;
    for (;;) {
        auto const end = std::min(text.find(':'), text.size());
        auto const group = text.substr(0, end);
        if (end == text.size() && may_end_in_ipv4 && is_ipv4(group)) return groups + 2;
        auto const is_hex = [](char c) {
            return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f');
        };
        if (group.empty() || group.size() > 4 || !std::ranges::all_of(group, is_hex))
            return std::nullopt;
        ++groups;
        if (end == text.size()) return groups;
        text.remove_prefix(end + 1);
    }
}

bool is_ipv6(std::string_view text) {
    auto const gap = text.find("::");
    if (gap == text.npos) return count_groups(text, true) == 8;
    auto const before = count_groups(text.substr(0, gap), false);
    auto const after = count_groups(text.substr(gap + 2), true);
    return before && after && *before + *after <= 7;
}

bool is_name(std::string_view host) {
    if (host.ends_with('.')) host.remove_suffix(1);
    if (host.empty() || host.size() > max_host) return false;
    auto last = host;
    for (auto rest = host;;) {
        auto const end = std::min(rest.find('.'), rest.size());
        last = rest.substr(0, end);
        auto const is_valid = [](char c) {
            return is_alpha(c) || is_digit(c) || c == '-' || c == '_';
        };
        if (last.empty() || last.size() > 63 || !std::ranges::all_of(last, is_valid)) return false;
        if (end == rest.size()) break;
        rest.remove_prefix(end + 1);
    }
    // Resolvers take "127.1" and the like for addresses, each in its own way.
    return !std::ranges::all_of(last, is_digit);
}

bool take_host(client_url& url, std::string_view host) {
    if (host.starts_with('[')) {
        host = host.substr(1, host.size() - 2);
        if (!is_ipv6(host)) return false;
        url.is_host_literal = true;
    } else if (is_ipv4(host)) {
        url.is_host_literal = true;
    } else if (!is_name(host)) {
        return false;
    }
    url.host.assign(host);
    std::ranges::transform(url.host, url.host.begin(), to_lower);
    return true;
}

/// What an `Authorization` can hold.
///
/// Spec: RFC 7617, section 2.
bool take_user(client_url& url, std::string_view text) {
    if (!std::ranges::all_of(text, is_url_char) || text.find('@') != text.npos) return false;
    url.user = percent_decoded(take_until(text, ':'));
    url.password = percent_decoded(text);
    auto const is_control = [](char c) {
        return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
    };
    return url.user.find(':') == url.user.npos && std::ranges::none_of(url.user, is_control) &&
           std::ranges::none_of(url.password, is_control);
}

/// What follows the host: nothing, or a colon and a port, which may be missing.
bool take_port(client_url& url, std::string_view text) {
    url.port = default_port(url.secure);
    if (text.empty()) return true;
    if (text.front() != ':') return false;
    text.remove_prefix(1);
    if (text.empty()) return true;
    auto const port = to_number(text, 5, 65'535);
    if (!port || *port == 0) return false;
    url.port = static_cast<std::uint16_t>(*port);
    return true;
}

bool take_authority(client_url& url, std::string_view text) {
    if (auto const at = text.rfind('@'); at != text.npos) {
        if (!take_user(url, text.substr(0, at))) return false;
        text.remove_prefix(at + 1);
    }
    auto const host_end = text.starts_with('[') ? text.find(']') + 1 : text.find(':');
    auto const host = text.substr(0, host_end);
    if (host.empty() || (host.starts_with('[') && !host.ends_with(']'))) return false;
    return take_port(url, text.substr(host.size())) && take_host(url, host);
}

/// Spec: RFC 3986, section 5.2.4.
std::string without_dots(std::string_view path) {
    std::string out;
    auto rest = path.substr(1);
    for (;;) {
        auto const end = std::min(rest.find('/'), rest.size());
        auto const segment = rest.substr(0, end);
        auto const is_last = end == rest.size();
        if (segment == "..")
            out.resize(std::min(out.rfind('/'), out.size()));
        else if (segment != ".")
            out.append("/").append(segment);
        if (is_last) {
            if (segment == ".." || segment == ".") out.push_back('/');
            return out;
        }
        rest.remove_prefix(end + 1);
    }
}

bool set_path(client_url& url, std::string_view path, std::string_view query) {
    if (!std::ranges::all_of(path, is_url_char) || !std::ranges::all_of(query, is_url_char))
        return false;
    if (path.size() + query.size() > max_url) return false;
    url.path = path.empty() ? "/" : without_dots(path);
    url.query.assign(query);
    return true;
}

/// The scheme that a text begins with; empty when it is a relative reference.
std::string_view scheme_of(std::string_view text) noexcept {
    auto const end = text.find(':');
    if (end == text.npos || end == 0 || !is_alpha(text.front())) return {};
    auto const scheme = text.substr(0, end);
    auto const is_valid = [](char c) {
        return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
    };
    return std::ranges::all_of(scheme, is_valid) ? scheme : std::string_view{};
}

/// What comes after "scheme:".
result<client_url> parse_rest(bool secure, std::string_view rest) {
    client_url url{.secure = secure};
    if (!rest.starts_with("//")) return make_error_code(errc::bad_option);
    rest.remove_prefix(2);
    auto const end = std::min(rest.find_first_of("/?"), rest.size());
    if (!take_authority(url, rest.substr(0, end))) return make_error_code(errc::bad_option);
    rest.remove_prefix(end);
    auto const path = take_until(rest, '?');
    if (!set_path(url, path, rest)) return make_error_code(errc::bad_option);
    return url;
}

}  // namespace

std::string client_url::target() const {
    return query.empty() ? path : path + '?' + query;
}

std::string client_url::authority() const {
    auto out = host.find(':') == host.npos ? host : '[' + host + ']';
    if (port != default_port(secure)) out += ':' + std::to_string(port);
    return out;
}

std::string client_url::origin() const {
    return (secure ? "https://" : "http://") + authority();
}

bool client_url::is_same_origin(client_url const& other) const noexcept {
    return secure == other.secure && port == other.port && host == other.host;
}

result<client_url> parse_url(std::string_view text) {
    auto const scheme = scheme_of(text);
    auto const secure = iequals(scheme, "https") || iequals(scheme, "wss");
    if (text.size() > max_url || (!secure && !iequals(scheme, "http") && !iequals(scheme, "ws")))
        return make_error_code(errc::bad_option);
    return parse_rest(secure, text.substr(scheme.size() + 1));
}

result<client_url> resolve_url(client_url const& base, std::string_view reference) {
    reference = reference.substr(0, reference.find('#'));
    if (reference.size() > max_url) return make_error_code(errc::bad_option);
    if (!scheme_of(reference).empty()) return parse_url(reference);
    if (reference.starts_with("//")) return parse_rest(base.secure, reference);

    auto url = base;
    if (reference.empty()) return url;
    auto const has_query = reference.find('?') != reference.npos;
    auto const path = take_until(reference, '?');
    std::string merged;
    if (path.empty())
        merged = base.path;
    else if (path.starts_with('/'))
        merged.assign(path);
    else
        merged = base.path.substr(0, base.path.rfind('/') + 1).append(path);
    if (!set_path(url, merged, has_query ? reference : std::string_view{}))
        return make_error_code(errc::bad_option);
    return url;
}

}  // namespace anywire
