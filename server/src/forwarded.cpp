#include "forwarded.hpp"

#include "address_text.hpp"
#include "ascii.hpp"
#include "request_guard.hpp"

#include <algorithm>
#include <charconv>

namespace anywire::http {
namespace {

constexpr unsigned mapped_bits = 96;  // ::ffff:0:0/96

bool is_within(address_bytes const& a, address_bytes const& network, unsigned bits) noexcept {
    auto const whole = bits / 8;
    if (!std::equal(network.begin(), network.begin() + whole, a.begin())) return false;
    if (bits % 8 == 0) return true;
    auto const mask = static_cast<std::uint8_t>(0xff << (8 - bits % 8));
    return ((a[whole] ^ network[whole]) & mask) == 0;
}

/// One element of X-Forwarded-For: an address; some proxies add the port.
std::optional<address_bytes> parse_hop(std::string_view s) noexcept {
    if (s.starts_with('[')) return parse_address(s.substr(1, s.find(']') - 1));
    if (std::count(s.begin(), s.end(), ':') == 1) s = s.substr(0, s.find(':'));
    return parse_address(s);
}

/// The last comma of `s`; `quoted`: outside of quoted strings, read from the right, so that what a
/// client has left open further left swallows nothing that a proxy has appended.
std::size_t last_comma(std::string_view s, bool quoted) noexcept {
    if (!quoted) return s.rfind(',');
    auto in_quotes = false;
    for (auto i = s.size(); i-- > 0;) {
        if (s[i] == ',' && !in_quotes) return i;
        if (s[i] != '"') continue;
        auto const before = s.substr(0, i);
        auto const run = i - (before.find_last_not_of('\\') + 1);  // npos + 1 is 0
        if (!in_quotes || run % 2 == 0) in_quotes = !in_quotes;
    }
    return std::string_view::npos;
}

/// The elements of a list, the last one first, across all fields of that name.
class backward_list {
public:
    backward_list(request_view const& request, std::string_view name, bool quoted = false) noexcept
        : name_(name), fields_(request.fields), quoted_(quoted) {}

    /// The next element further left, or nothing.
    std::optional<std::string_view> next() noexcept {
        while (!in_field_) {
            if (fields_.empty()) return std::nullopt;
            if (iequals(fields_.back().name, name_)) {
                rest_ = fields_.back().value;
                in_field_ = true;
            }
            fields_ = fields_.first(fields_.size() - 1);
        }
        auto const comma = last_comma(rest_, quoted_);
        in_field_ = comma != std::string_view::npos;
        auto const element = in_field_ ? rest_.substr(comma + 1) : rest_;
        rest_ = rest_.substr(0, in_field_ ? comma : 0);
        return trim(element);
    }

private:
    std::string_view name_;
    std::span<field const> fields_;
    std::string_view rest_{};
    bool quoted_;
    bool in_field_ = false;
};

/// The element `hops` from the right, or the left-most; empty without the field.
std::string_view element_at(request_view const& request, std::string_view name, unsigned hops) {
    backward_list list(request, name);
    std::string_view found;
    for (unsigned i = 0; i < hops; ++i) {
        auto const element = list.next();
        if (!element) break;
        found = *element;
    }
    return found;
}

std::string_view known_scheme(std::string_view s) noexcept {
    if (iequals(s, "https") || iequals(s, "wss")) return "https";
    return iequals(s, "http") || iequals(s, "ws") ? "http" : "";
}

/// One element of `Forwarded`, as far as it is understood.
struct forwarded_element {
    std::string_view address{};
    std::string_view proto{};
    std::string_view host{};
};

/// A value without its quotes; nothing where the quotes are wrong. What is looked for needs no
/// escapes, so that one is as wrong.
std::optional<std::string_view> unquoted(std::string_view value) noexcept {
    if (value.starts_with('"')) {
        if (value.size() < 2 || !value.ends_with('"')) return std::nullopt;
        value = value.substr(1, value.size() - 2);
    }
    if (value.find_first_of("\"\\") != std::string_view::npos) return std::nullopt;
    return value;
}

/// Nothing where the element is malformed, or says the same thing twice.
/// Null for a pair that says nothing of interest.
std::string_view* member_for(forwarded_element& of, std::string_view name) noexcept {
    if (iequals(name, "for")) return &of.address;
    if (iequals(name, "proto")) return &of.proto;
    if (iequals(name, "host")) return &of.host;
    return nullptr;
}

std::optional<forwarded_element> parse_element(std::string_view s) noexcept {
    forwarded_element out;
    while (!s.empty()) {
        // No value of interest holds a ';': in quotes it makes two pairs, and both are malformed.
        auto const pair = take_element(s, ';');
        if (pair.empty()) continue;
        auto const equals = pair.find('=');
        if (equals == std::string_view::npos) return std::nullopt;
        auto const value = unquoted(pair.substr(equals + 1));
        if (!value) return std::nullopt;
        auto* const to = member_for(out, pair.substr(0, equals));
        if (!to) continue;
        if (to->data() != nullptr) return std::nullopt;
        *to = *value;
    }
    return out;
}

void read_forwarded(client_info& client,
                    request_view const& request,
                    address_ranges const& trusted) {
    backward_list list(request, "Forwarded", true);
    while (auto const element = list.next()) {
        auto const said = parse_element(*element);
        if (!said) return;
        if (auto const s = known_scheme(said->proto); !s.empty()) client.scheme = s;
        if (is_valid_host(said->host)) client.host = said->host;
        auto const hop = parse_hop(said->address);
        if (!hop) return;
        client.address = to_text(*hop);
        if (!trusted.contains(client.address)) return;
    }
}

/// The scheme, from fields that know only "on" and "off"; empty where they do not say.
std::string_view scheme_of_switches(request_view const& request) noexcept {
    for (std::string_view const name : {"X-Forwarded-Ssl", "Front-End-Https"}) {
        auto const last = element_at(request, name, 1);
        if (iequals(last, "on")) return "https";
        if (iequals(last, "off")) return "http";
    }
    return {};
}

std::uint16_t port_number(std::string_view s) noexcept {
    std::uint16_t port = 0;
    auto const [end, ec] = std::from_chars(s.data(), s.data() + s.size(), port);
    return ec == std::errc{} && end == s.data() + s.size() ? port : std::uint16_t{0};
}

void read_x_forwarded(client_info& client,
                      request_view const& request,
                      address_ranges const& trusted) {
    unsigned hops = 0;
    backward_list list(request, "X-Forwarded-For");
    while (auto const element = list.next()) {
        auto const hop = parse_hop(*element);
        if (!hop) break;
        client.address = to_text(*hop);
        ++hops;
        if (!trusted.contains(client.address)) break;
    }
    hops = std::max(hops, 1U);
    auto scheme = known_scheme(element_at(request, "X-Forwarded-Proto", hops));
    if (scheme.empty()) scheme = scheme_of_switches(request);
    if (!scheme.empty()) client.scheme = scheme;
    if (auto const h = element_at(request, "X-Forwarded-Host", hops); is_valid_host(h))
        client.host = h;
    client.port = port_number(element_at(request, "X-Forwarded-Port", hops));
}

/// The bits after the slash of a range: all of the address where there is no slash.
std::optional<unsigned> parse_bits(std::string_view entry, std::size_t slash, unsigned most) {
    if (slash == std::string_view::npos) return most;
    auto const number = entry.substr(slash + 1);
    auto const* const end = number.data() + number.size();
    unsigned bits = 0;
    auto const [at, ec] = std::from_chars(number.data(), end, bits);
    if (ec != std::errc{} || at != end || bits > most) return std::nullopt;
    return bits;
}

/// Which kind of fields counts for a request.
bool is_rfc7239(request_view const& request, proxy_fields believed) noexcept {
    if (believed != proxy_fields::any) return believed == proxy_fields::forwarded;
    return !request.has_header("X-Forwarded-For") && request.has_header("Forwarded");
}

}  // namespace

std::optional<address_ranges> address_ranges::parse(std::span<std::string const> entries) {
    address_ranges out;
    for (std::string_view const entry : entries) {
        if (entry == unix_address) {
            out.has_unix_ = true;
            continue;
        }
        auto const slash = entry.find('/');
        auto const text = entry.substr(0, slash);
        auto const address = parse_address(text);
        if (!address || text.find('%') != std::string_view::npos) return std::nullopt;
        unsigned const most = text.find(':') == std::string_view::npos ? 32 : 128;
        auto const bits = parse_bits(entry, slash, most);
        if (!bits) return std::nullopt;
        out.ranges_.push_back({*address, most == 32 ? *bits + mapped_bits : *bits});
    }
    return out;
}

bool address_ranges::contains(std::string_view address) const noexcept {
    if (address == unix_address) return has_unix_;
    if (ranges_.empty()) return false;
    auto const a = parse_address(address);
    return a && std::any_of(ranges_.begin(), ranges_.end(), [&](range const& r) {
               return is_within(*a, r.network, r.bits);
           });
}

std::string asked_host(client_info const& client) {
    std::string out(client.host);
    auto const colon = out.rfind(':');
    auto const has_port = colon != out.npos && out.find(']', colon) == out.npos;
    auto const usual = client.scheme == "https" ? 443 : 80;
    if (!out.empty() && !has_port && client.port != 0 && client.port != usual)
        out.append(":").append(std::to_string(client.port));
    return out;
}

client_info resolve_client(std::string_view peer,
                           std::string_view scheme,
                           request_view const& request,
                           address_ranges const& trusted,
                           proxy_fields believed) {
    client_info client{.address = std::string(peer), .scheme = scheme, .host = request.host};
    if (!trusted.contains(peer)) return client;
    client.trusted = true;
    if (is_rfc7239(request, believed))
        read_forwarded(client, request, trusted);
    else
        read_x_forwarded(client, request, trusted);
    return client;
}

}  // namespace anywire::http
