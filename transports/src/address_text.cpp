#include "address_text.hpp"

#include <algorithm>
#include <arpa/inet.h>

namespace anywire::http {
namespace {

constexpr std::uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

std::optional<address_bytes> parse_address(std::string_view s, ip_version which) noexcept {
    s = s.substr(0, s.find('%'));
    char text[INET6_ADDRSTRLEN] = {};
    if (s.size() >= sizeof text || s.find('\0') != std::string_view::npos) return std::nullopt;
    std::copy(s.begin(), s.end(), text);
    address_bytes out{};
    if (which != ip_version::v4 && ::inet_pton(AF_INET6, text, out.data()) == 1) return out;
    std::copy(std::begin(mapped_prefix), std::end(mapped_prefix), out.begin());
    if (which != ip_version::v6 && ::inet_pton(AF_INET, text, out.data() + 12) == 1) return out;
    return std::nullopt;
}

address_bytes mapped(std::string_view v4) noexcept {
    address_bytes out{};
    std::copy(std::begin(mapped_prefix), std::end(mapped_prefix), out.begin());
    std::copy_n(v4.begin(), 4, out.begin() + 12);
    return out;
}

std::string to_text(address_bytes const& a) {
    char text[INET6_ADDRSTRLEN] = {};
    if (std::equal(std::begin(mapped_prefix), std::end(mapped_prefix), a.begin()))
        ::inet_ntop(AF_INET, a.data() + 12, text, sizeof text);
    else
        ::inet_ntop(AF_INET6, a.data(), text, sizeof text);
    return text;
}

}  // namespace anywire::http
