#include "forward_fields.hpp"

#include "address_text.hpp"
#include "ascii.hpp"

#include <algorithm>
#include <array>

namespace anywire::gateway {
namespace {

using namespace std::literals;

bool is_token(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), http::is_token_char);
}

/// Fields that tell a backend who a client is; a client's own are lies.
bool is_identity_field(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 6> names{"forwarded",
                                                    "x-forwarded-for",
                                                    "x-forwarded-proto",
                                                    "x-forwarded-host",
                                                    "x-forwarded-port",
                                                    "x-real-ip"};
    return istarts_with(name, "anywire-") ||
           std::any_of(names.begin(), names.end(), [&](auto n) { return iequals(n, name); });
}

/// Without control characters, and without the blanks around it.
std::string cleaned(std::string_view value) {
    std::string out;
    for (auto const c : value) {
        if (c == '\t')
            out.push_back(' ');
        else if (!http::is_control(c))
            out.push_back(c);
    }
    return std::string(trim(out));
}

/// The port that a client asked for: in "host:port", or the scheme's.
std::string_view port_of(std::string_view host, bool is_secure) noexcept {
    auto const colon = host.rfind(':');
    if (colon != host.npos && host.find(']', colon) == host.npos && colon + 1 < host.size())
        return host.substr(colon + 1);
    return is_secure ? "443" : "80";
}

/// Whether `text` is an address as it may stand in a field, and of which family.
bool is_address(std::string_view text, http::ip_version which) noexcept {
    return text.find('%') == text.npos && http::parse_address(text, which).has_value();
}

void append_number16(std::string& out, std::size_t n) {
    out.push_back(static_cast<char>(n >> 8 & 0xff));
    out.push_back(static_cast<char>(n & 0xff));
}

std::string preamble_v1(std::string_view address) {
    std::string out = "PROXY ";
    if (is_address(address, http::ip_version::v4))
        out.append("TCP4 ").append(address).append(" 0.0.0.0 0 0");
    else if (is_address(address, http::ip_version::v6))
        out.append("TCP6 ").append(address).append(" :: 0 0");
    else
        out.append("UNKNOWN");
    return out.append("\r\n");
}

std::string preamble_v2(std::string_view address, bool is_secure) {
    constexpr auto signature = "\r\n\r\n\0\r\nQUIT\n"sv;
    // PP2_TYPE_SSL, 5 bytes: PP2_CLIENT_SSL, and that no certificate of the client was verified.
    constexpr auto tls_field = "\x20\0\x05\x01\0\0\0\x01"sv;
    constexpr char local = '\x20';
    constexpr char proxied = '\x21';
    constexpr char tcp_over_v4 = '\x11';
    constexpr char tcp_over_v6 = '\x21';

    auto const bytes =
        is_address(address, http::ip_version::any) ? http::parse_address(address) : std::nullopt;
    std::string out(signature);
    if (!bytes) return out.append(1, local).append(3, '\0');
    auto const is_v4 = is_address(address, http::ip_version::v4);
    std::size_t const skipped = is_v4 ? 12 : 0;  // of the IPv6 that IPv4 is mapped into
    auto const size = bytes->size() - skipped;
    std::string rest(bytes->begin() + static_cast<std::ptrdiff_t>(skipped), bytes->end());
    rest.append(size, '\0').append(4, '\0');  // where it has come to, and both ports
    if (is_secure) rest.append(tls_field);
    out.append({proxied, is_v4 ? tcp_over_v4 : tcp_over_v6});
    append_number16(out, rest.size());
    return out.append(rest);
}

}  // namespace

bool is_connection_field(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 13> names{"connection",
                                                     "content-length",
                                                     "expect",
                                                     "host",
                                                     "http2-settings",
                                                     "keep-alive",
                                                     "proxy-authenticate",
                                                     "proxy-authorization",
                                                     "proxy-connection",
                                                     "te",
                                                     "trailer",
                                                     "transfer-encoding",
                                                     "upgrade"};
    return istarts_with(name, "sec-websocket-") ||
           std::any_of(names.begin(), names.end(), [&](auto n) { return iequals(n, name); });
}

std::optional<forward_fields> forward_fields::make(forward_settings const& settings,
                                                   std::string& error) {
    forward_fields made;
    for (auto const& name : settings.headers)
        if (!is_connection_field(name) && !is_identity_field(name)) made.listed_.push_back(name);
    for (auto const& [name, text] : settings.set) {
        if (!is_token(name) || is_connection_field(name)) {
            error = "\"" + name + "\" cannot be set: " +
                    (is_token(name) ? "the handshake writes it by itself"
                                    : "write a name of letters, digits and \"-\"");
            return std::nullopt;
        }
        auto parsed = text_template::parse(text, error);
        if (!parsed) {
            error.insert(0, name + ": ");
            return std::nullopt;
        }
        made.set_.emplace_back(name, std::move(*parsed));
    }
    made.x_forwarded_ = settings.x_forwarded;
    made.forwarded_ = settings.forwarded;
    made.session_fields_ = settings.session_fields;
    return made;
}

bool forward_fields::is_set(std::string_view name) const noexcept {
    return std::any_of(
        set_.begin(), set_.end(), [&](auto const& each) { return iequals(each.first, name); });
}

void forward_fields::add_listed(std::vector<client_field>& out, request const& r) const {
    r.for_each_header([&](std::string_view name, std::string_view value) {
        auto const is_listed = std::any_of(
            listed_.begin(), listed_.end(), [&](auto const& l) { return iequals(l, name); });
        if (is_listed && is_token(name) && !is_set(name))
            out.push_back({std::string(name), cleaned(value)});
    });
}

void forward_fields::add(std::vector<client_field>& out,
                         std::string_view name,
                         std::string value) const {
    if (!value.empty() && !is_set(name)) out.push_back({std::string(name), std::move(value)});
}

std::optional<std::vector<client_field>> forward_fields::of(link_opening const& from) const {
    auto const& r = from.request;
    auto const host = asked_host(r);
    std::vector<client_field> out;
    add_listed(out, r);
    if (x_forwarded_) {
        auto const is_known = is_address(r.remote_address(), http::ip_version::any);
        add(out, "X-Forwarded-For", std::string(is_known ? r.remote_address() : ""));
        add(out, "X-Forwarded-Proto", r.is_secure() ? "https" : "http");
        add(out, "X-Forwarded-Host", std::string(host));
        add(out, "X-Forwarded-Port", std::string(port_of(host, r.is_secure())));
    }
    if (forwarded_)
        add(out, "Forwarded", forwarded_element(r.remote_address(), host, r.is_secure()));
    if (session_fields_) {
        add(out, "Anywire-Session", cleaned(from.session));
        add(out, "Anywire-Transport", cleaned(from.transport));
        add(out, "Anywire-Dialect", cleaned(from.dialect));
        if (from.resumption > 0) add(out, "Anywire-Resume", std::to_string(from.resumption));
    }
    for (auto const& [name, text] : set_) {
        auto value = text.expand(from, template_use::field);
        if (!value) return std::nullopt;
        *value = cleaned(*value);
        if (!value->empty()) out.push_back({name, std::move(*value)});
    }
    return out;
}

std::string forwarded_element(std::string_view address, std::string_view host, bool is_secure) {
    std::string out = "for=";
    if (is_address(address, http::ip_version::v4))
        out.append(address);
    else if (is_address(address, http::ip_version::v6))
        out.append("\"[").append(address).append("]\"");
    else
        out.append("unknown");
    if (is_token(host))
        out.append(";host=").append(host);
    else if (!host.empty() && host.find_first_of("\"\\") == host.npos)
        out.append(";host=\"").append(host).append("\"");
    return out.append(is_secure ? ";proto=https" : ";proto=http");
}

std::string proxy_preamble(proxy_header version, std::string_view address, bool is_secure) {
    switch (version) {
        case proxy_header::none: break;
        case proxy_header::v1: return preamble_v1(address);
        case proxy_header::v2: return preamble_v2(address, is_secure);
    }
    return {};
}

}  // namespace anywire::gateway
