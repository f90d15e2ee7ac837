// The fields of a server's answer to an opening handshake, separated by newlines.
#include "websocket/client_handshake.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

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

void check(handshake_response const& response, deflate_options const& options) {
    static std::array<std::string, 3> const known{"chat", "v2.stomp", "x"};
    handshake_request const request{.host = "example.com",
                                    .key = "dGhlIHNhbXBsZSBub25jZQ==",
                                    .protocols = known,
                                    .deflate = options};
    auto const result = check_handshake_response(response, request);
    require(result.error.failed() != result.why.empty());
    require(!result.error || result.error == errc::bad_handshake);
    if (result.error) {
        require(result.protocol.empty() && !result.deflate);
        return;
    }
    require(result.protocol.empty() ||
            std::find(known.begin(), known.end(), result.protocol) != known.end());
    if (!result.deflate) return;
    auto const& agreed = *result.deflate;
    require(options.enabled);
    require(agreed.server_max_window_bits >= 8 &&
            agreed.server_max_window_bits <= options.server_max_window_bits);
    require(agreed.client_max_window_bits >= 8 &&
            agreed.client_max_window_bits <= options.client_max_window_bits);
    require(agreed.server_no_context_takeover || !options.server_no_context_takeover);
    require(agreed.client_no_context_takeover || !options.client_no_context_takeover);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view in{reinterpret_cast<char const*>(data), size};
    handshake_response response{.status = 101};
    response.extensions = take_line(in);
    response.protocol = take_line(in);
    response.accept = take_line(in);
    response.connection = take_line(in);
    response.upgrade = take_line(in);
    check(response, {});
    check(response, {.enabled = true});
    check(response,
          {.enabled = true,
           .server_no_context_takeover = true,
           .client_no_context_takeover = true,
           .server_max_window_bits = 10,
           .client_max_window_bits = 12});
    // The rest in order, so that the list of extensions decides.
    response.accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    response.connection = "Upgrade";
    response.upgrade = "websocket";
    response.protocol = {};
    check(response, {.enabled = true});
    return 0;
}
