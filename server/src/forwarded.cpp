#include "forwarded.hpp"

#include "ascii.hpp"
#include "request_guard.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>

namespace anywire::http {
namespace {

using address_bytes = std::array<std::uint8_t, 16>;

constexpr unsigned mapped_bits = 96;  // ::ffff:0:0/96

/// An address as IPv6, IPv4 mapped into it; a zone is ignored.
std::optional<address_bytes> parse_address(std::string_view s) noexcept {
    s = s.substr(0, s.find('%'));
    char text[INET6_ADDRSTRLEN] = {};
    if (s.size() >= sizeof text || s.find('\0') != std::string_view::npos) return std::nullopt;
    std::memcpy(text, s.data(), s.size());
    address_bytes out{};
    if (::inet_pton(AF_INET6, text, out.data()) == 1) return out;
    out[10] = out[11] = 0xff;
    if (::inet_pton(AF_INET, text, out.data() + 12) == 1) return out;
    return std::nullopt;
}

bool is_mapped(address_bytes const& a) noexcept {
    constexpr std::uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return std::equal(std::begin(prefix), std::end(prefix), a.begin());
}

std::string to_text(address_bytes const& a) {
    char text[INET6_ADDRSTRLEN] = {};
    if (is_mapped(a))
        ::inet_ntop(AF_INET, a.data() + 12, text, sizeof text);
    else
        ::inet_ntop(AF_INET6, a.data(), text, sizeof text);
    return text;
}

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

/// The elements of a list, the last one first, across all fields of that name.
class backward_list {
public:
    backward_list(request_view const& request, std::string_view name) noexcept
        : name_(name), fields_(request.fields) {}

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
        auto const comma = rest_.rfind(',');
        in_field_ = comma != std::string_view::npos;
        auto const element = in_field_ ? rest_.substr(comma + 1) : rest_;
        rest_ = rest_.substr(0, in_field_ ? comma : 0);
        return trim(element);
    }

private:
    std::string_view name_;
    std::span<field const> fields_;
    std::string_view rest_{};
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

}  // namespace

std::optional<address_ranges> address_ranges::parse(std::span<std::string const> entries) {
    address_ranges out;
    for (std::string_view const entry : entries) {
        auto const slash = entry.find('/');
        auto const text = entry.substr(0, slash);
        auto const address = parse_address(text);
        if (!address || text.find('%') != std::string_view::npos) return std::nullopt;
        unsigned const most = text.find(':') == std::string_view::npos ? 32 : 128;
        unsigned bits = most;
        if (slash != std::string_view::npos) {
            auto const number = entry.substr(slash + 1);
            auto const* const end = number.data() + number.size();
            auto const [at, ec] = std::from_chars(number.data(), end, bits);
            if (ec != std::errc{} || at != end || bits > most) return std::nullopt;
        }
        out.ranges_.push_back({*address, most == 32 ? bits + mapped_bits : bits});
    }
    return out;
}

bool address_ranges::contains(std::string_view address) const noexcept {
    if (ranges_.empty()) return false;
    auto const a = parse_address(address);
    return a && std::any_of(ranges_.begin(), ranges_.end(), [&](range const& r) {
               return is_within(*a, r.network, r.bits);
           });
}

client_info resolve_client(std::string_view peer,
                           std::string_view scheme,
                           request_view const& request,
                           address_ranges const& trusted) {
    client_info client{std::string(peer), scheme, request.host};
    if (!trusted.contains(peer)) return client;

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
    if (auto const s = known_scheme(element_at(request, "X-Forwarded-Proto", hops)); !s.empty())
        client.scheme = s;
    if (auto const h = element_at(request, "X-Forwarded-Host", hops); is_valid_host(h))
        client.host = h;
    return client;
}

}  // namespace anywire::http
