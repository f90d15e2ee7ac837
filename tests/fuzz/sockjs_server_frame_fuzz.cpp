// A frame as a server sends it, or its info; what was read survives being written.
#include "core/utf8.hpp"
#include "sockjs/client.hpp"
#include "sockjs/text.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

using namespace anywire;
using namespace anywire::sockjs;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

void check_messages(std::span<std::string_view const> messages) {
    std::string body;
    append_send_body(body, messages);
    json_messages store;
    require(!store.decode_array(body));
    require(std::vector<std::string_view>(messages.begin(), messages.end()) ==
            std::vector<std::string_view>(store.messages().begin(), store.messages().end()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    // A heap copy of the exact size, so that AddressSanitizer sees every step outside.
    std::vector<char> const exact(data, data + size);
    std::string_view const in{exact.data(), exact.size()};
    json_messages store;
    auto const frame = decode_server_frame(in, store);
    require(frame.value.has_value() == frame.wrong.empty());
    if (frame.value) {
        auto const& f = *frame.value;
        for (auto const message : f.messages) require(is_utf8(message));
        if (f.what == server_frame::kind::messages) check_messages(f.messages);
        if (f.what == server_frame::kind::close) {
            require(is_utf8(f.reason) && f.reason.size() <= 1024);
            std::string text;
            append_close_frame(text, f.code, f.reason);
            json_messages other;
            auto const again = decode_server_frame(text, other).value;
            require(again && again->code == f.code && again->reason == f.reason);
        }
    }
    if (auto const info = decode_info(in)) {
        require(info->base_url.size() <= 2048);
        auto const again =
            decode_info(info_json(info->websocket, info->cookie_needed, 0, info->base_url));
        require(again && again->websocket == info->websocket);
        require(again->cookie_needed == info->cookie_needed && again->base_url == info->base_url);
    }
    return 0;
}
