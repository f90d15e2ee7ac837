// However a server's bytes are cut, a client's reader hears the same, and holds no more than its
// limits.
#include "ws_reading.hpp"

using namespace anywire::websocket;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    fuzz::run({reinterpret_cast<char const*>(data), size}, role::client, [](std::string_view in) {
        return std::string{in};
    });
    return 0;
}
