#include "relay_field.hpp"

#include "address_text.hpp"

namespace anywire {

std::string relay_value(request_peer const& client) {
    return std::string(client.is_secure ? "https" : "http").append(" ").append(client.address);
}

std::optional<request_peer> read_relay_value(std::string_view value) noexcept {
    auto const blank = value.find(' ');
    if (blank == std::string_view::npos) return std::nullopt;
    auto const scheme = value.substr(0, blank);
    auto const address = value.substr(blank + 1);
    if (scheme != "http" && scheme != "https") return std::nullopt;
    auto const is_address =
        address.empty() || address == http::unix_address || http::parse_address(address);
    if (!is_address) return std::nullopt;
    return request_peer{address, scheme == "https"};
}

}  // namespace anywire
