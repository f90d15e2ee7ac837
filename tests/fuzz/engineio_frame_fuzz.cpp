// One WebSocket message; the first byte chooses revision (bit 0) and kind of frame (bit 1).
#include "core/base64.hpp"
#include "engineio_packets.hpp"

#include <cstdint>

using namespace anywire;
using namespace anywire::engineio;
using namespace anywire::test;

namespace {

// The frame that carries the packet, as a peer would write it.
std::string rewritten(revision r, packet const& p) {
    if (!p.binary) return digit_of(p.type) + std::string(p.data);
    return (r == revision::v3 ? "\x04" : "") + std::string(p.data);
}

void check_packet(revision r, std::string_view message, packet const& p) {
    require(p.type <= packet_type::noop && p.data.size() <= message.size());
    require(!p.binary || p.type == packet_type::message);
    std::string const data(p.data);
    std::string again;
    auto const frame = rewritten(r, p);
    auto const back = decode_frame(r, frame, p.binary, again);
    require(back && back->type == p.type && back->binary == p.binary && back->data == data);
    require(again.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    auto const r = data[0] % 2 == 0 ? revision::v4 : revision::v3;
    auto const binary = data[0] / 2 % 2 != 0;
    std::string_view const message{reinterpret_cast<char const*>(data) + 1, size - 1};

    std::string scratch;
    auto const p = decode_frame(r, message, binary, scratch);
    require(scratch.size() <= message.size() * 3 / 4);
    if (p) {
        check_packet(r, message, *p);
        if (!p->binary || binary) require(rewritten(r, *p) == message);
    } else {
        auto const first = message.empty() ? ' ' : message[0];
        require(binary ? r == revision::v3 && first != 4 : first < '0' || first > '6');
    }

    // Whatever the bytes, base64 carries them.
    std::string coded;
    append_base64_packet(coded, r, message);
    auto const back = decode_frame(r, coded, false, scratch);
    require(back && back->binary && back->data == message);
    return 0;
}
