// How a server answers a client that joins; the first byte chooses the revision.
#include "core/json_check.hpp"
#include "core/utf8.hpp"
#include "socketio/connect.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace anywire;
using namespace anywire::socketio::wire;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    std::string_view const text{reinterpret_cast<char const*>(data) + 1, size - 1};
    auto const revision = data[0] % 2 == 0 ? protocol::v4 : protocol::v5;
    auto const decoded = decode_packet(text, revision, {});
    if (!decoded.value) return 0;
    auto const& packet = *decoded.value;
    if (packet.type == packet_type::connect) {
        auto const joined = decode_connected(packet, revision);
        require(joined.value.has_value() == joined.wrong.empty());
        if (joined.value) {
            require(is_utf8(joined.value->sid) && joined.value->sid.size() <= 256);
            require(is_utf8(joined.value->pid) && joined.value->pid.size() <= 256);
            require(!joined.value->sid.empty() || revision == protocol::v4);
        }
        // As a client would have asked for that namespace with that payload.
        if (revision == protocol::v5) {
            std::string again;
            append_connect(again, revision, packet.nsp, packet.payload);
            auto const same = decode_packet(again, revision, {}).value;
            require(same && same->nsp == packet.nsp && same->payload == packet.payload);
        }
    }
    if (packet.type == packet_type::connect_error) {
        auto const error = decode_connect_error(packet, revision);
        require(is_utf8(error.message) && error.message.size() <= 1024);
        require(error.data.empty() || !check_json(error.data));
    }
    return 0;
}
