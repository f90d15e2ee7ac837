// However a client's bytes are cut, the reader hears the same, and holds no more than its limits.
#include "ws_reading.hpp"

using namespace anywire::websocket;

namespace {

/// Masks the frames of `bytes` where a client would have, that more of them get past the header.
std::string with_mask_bits(std::string_view bytes) {
    std::string out{bytes};
    if (out.size() > 1) out[1] = static_cast<char>(out[1] | '\x80');
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    fuzz::run({reinterpret_cast<char const*>(data), size}, role::server, with_mask_bits);
    return 0;
}
