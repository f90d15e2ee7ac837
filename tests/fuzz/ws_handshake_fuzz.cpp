// The fields of an opening handshake, separated by newlines.
#include "core/base64.hpp"
#include "websocket/deflate.hpp"
#include "websocket/handshake.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire;
using namespace anywire::websocket;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

std::string_view take_line(std::string_view& in) {
    auto const n = std::min(in.find('\n'), in.size());
    auto const line = in.substr(0, n);
    in.remove_prefix(std::min(n + 1, in.size()));
    return line;
}

void check_negotiation(std::string_view extensions, deflate_options const& options) {
    std::string response;
    auto const agreed = negotiate_deflate(extensions, options, response);
    require(agreed.has_value() == !response.empty());
    if (!agreed) return;
    require(extensions.find("permessage-deflate") != extensions.npos);
    require(agreed->server_max_window_bits >= 9 && agreed->server_max_window_bits <= 15);
    require(agreed->client_max_window_bits >= 8 && agreed->client_max_window_bits <= 15);
    require(agreed->server_no_context_takeover || !options.server_no_context_takeover);

    // Our answer is itself an offer that can be met, by the same terms.
    std::string again;
    auto const same = negotiate_deflate(response, {.enabled = true}, again);
    require(same && again == response);
    require(same->client_max_window_bits == agreed->client_max_window_bits);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view in{reinterpret_cast<char const*>(data), size};
    handshake_headers h;
    h.extensions = take_line(in);
    h.protocols = take_line(in);
    h.key = take_line(in);
    h.connection = take_line(in);
    h.upgrade = take_line(in);
    h.version = take_line(in);
    h.method = "GET";

    auto const ec = check_handshake(h);
    require(!ec || ec == errc::bad_handshake || ec == errc::unsupported_version);
    require(accept_key(h.key).size() == 28);

    static std::array<std::string, 3> const known{"chat", "v2.stomp", "x"};
    std::vector<std::string_view> offered;
    append_offered(offered, h.protocols);
    for (auto const name : offered)
        require(!name.empty() && name.find_first_of(" \t,;\"\r\n") == name.npos);
    auto const chosen = choose_subprotocol(offered, known);
    require(chosen.empty() || h.protocols.find(chosen) != h.protocols.npos);

    check_negotiation(h.extensions, {.enabled = true});
    check_negotiation(h.extensions,
                      {.enabled = true,
                       .server_no_context_takeover = true,
                       .client_no_context_takeover = true,
                       .server_max_window_bits = 10,
                       .client_max_window_bits = 12});
    return 0;
}
