// What one node finds in another's bytes: ends of frames are the same however they were cut, and
// what says whose a request is, or where a session is, is something or nothing.
#include "frame_edges.hpp"
#include "node_mark.hpp"
#include "relay_field.hpp"
#include "relay_ticket.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire;

namespace {

void require(bool held) {
    if (!held) std::abort();
}

/// Where frames end among `bytes`, fed so many at a time.
std::vector<std::size_t> edges_in(std::string_view bytes, std::size_t most_at_once) {
    relay::frame_edges edges;
    std::vector<std::size_t> out;
    for (std::size_t at = 0; at < bytes.size();) {
        // Over the first byte of each frame first, as it would stop before it.
        auto const begin = edges.feed(bytes.substr(at, 1), false);
        require(begin == 1);
        at += 1;
        while (!edges.is_edge() && at < bytes.size()) {
            auto const piece = bytes.substr(at, most_at_once);
            auto const used = edges.feed(piece, true);
            require(used > 0 && used <= piece.size());
            require(used == piece.size() || edges.is_edge());
            at += used;
        }
        if (edges.is_edge()) out.push_back(at);
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    std::size_t const cut = data[0] % 64 + 1;
    std::string_view const bytes(reinterpret_cast<char const*>(data) + 1, size - 1);
    auto const whole = edges_in(bytes, bytes.size() + 1);
    require(edges_in(bytes, cut) == whole);
    require(edges_in(bytes, 1) == whole);

    if (auto const peer = read_relay_value(bytes)) require(relay_value(*peer) == bytes);

    static node_mark const mark({1, 2});
    if (auto const node = mark.read(bytes)) {
        require(*node < most_nodes);
        std::string again(bytes.substr(0, bytes.size() - node_id_size));
        mark.append(again, *node);
        require(again == bytes);
    }

    static relay::shared_secret const secret("of the fuzz target's own");
    if (secret.accepts(bytes, 7)) require(bytes.substr(12, 4) == node_id_of(7));
    return 0;
}
