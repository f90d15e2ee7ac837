#include <anywire/server.hpp>

namespace anywire {

std::string url_of(std::string_view address, std::uint16_t port, bool secure) {
    std::string out(secure ? "https://" : "http://");
    // The colons of an IPv6 address would be taken for the one before the port.
    auto const is_ipv6 = address.find(':') != std::string_view::npos;
    out.append(is_ipv6 ? "[" : "").append(address).append(is_ipv6 ? "]:" : ":");
    return out.append(std::to_string(port));
}

}  // namespace anywire
