// What another node may send over the bus: what is read is written as it was.
#include "stomp/server/bus_packet.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace anywire::stomp;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const bytes(reinterpret_cast<char const*>(data), size);
    auto const p = decode_packet(bytes);
    if (!p) return 0;
    auto const again = decode_packet(encode_packet(*p));
    if (!again || encode_packet(*again) != encode_packet(*p) || encode_packet(*p).size() != size)
        std::abort();
    return 0;
}
