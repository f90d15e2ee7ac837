// What the fault proxy finds in a stream of messages does not depend on the pieces it comes in.
#include "http_framing.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace anywire::testing;

namespace {

void require(bool is_true) {
    if (!is_true) std::abort();
}

std::size_t take_all(body_scanner body, std::string_view bytes, std::size_t step) {
    std::size_t sum = 0;
    while (sum < bytes.size() && !body.is_done()) {
        auto const piece = bytes.substr(sum, step);
        auto const n = body.take(piece);
        require(n <= piece.size());
        require(n == piece.size() || body.is_done());
        sum += n;
    }
    return sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size < 2) return 0;
    std::string_view const bytes(reinterpret_cast<char const*>(data) + 1, size - 1);
    auto const is_request = (data[0] & 1) != 0;
    auto const step = std::size_t{1} + (data[0] >> 4);
    message_head head;
    auto const state =
        is_request ? read_request_head(bytes, head) : read_response_head(bytes, head);
    if (state != head_state::complete) return 0;
    require(head.size >= 4 && head.size <= bytes.size());
    require(bytes.substr(head.size - 4, 4) == "\r\n\r\n");
    auto const kind =
        is_request ? body_of_request(head) : body_of_response(head, (data[0] & 2) != 0);
    body_scanner body;
    body.start(kind, head.content_length.value_or(0));
    auto const rest = bytes.substr(head.size);
    require(take_all(body, rest, rest.size() + 1) == take_all(body, rest, step));
    return 0;
}
