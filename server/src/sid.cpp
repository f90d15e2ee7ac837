#include "sid.hpp"

#include "core/base64.hpp"
#include "node_mark.hpp"
#include "other_nodes.hpp"
#include "service_core.hpp"
#include "shard.hpp"

#include <array>
#include <string>
#include <string_view>

namespace anywire {
namespace {

/// In the alphabet of base64url, which a URL has as it is.
std::string to_base64url(std::string_view bytes) {
    std::string out;
    append_base64(out, bytes);
    for (auto& c : out) c = c == '/' ? '_' : c == '+' ? '-' : c;
    return out;
}

}  // namespace

std::string draw_sid(service_core const& core, shard& owner) {
    std::array<unsigned char, 15> bytes{};
    owner.loop().fill_random(bytes);
    // The last one that stays where a mark takes the place of the last characters.
    auto& varied = bytes[11];
    for (;; ++varied) {
        if (varied == 0) owner.loop().fill_random(bytes);
        auto id = to_base64url({reinterpret_cast<char const*>(bytes.data()), bytes.size()});
        if (core.nodes) {
            id.resize(node_mark::drawn);
            core.nodes->append_mark(id);
        }
        if (&core.owner(id) == &owner) return id;
    }
}

}  // namespace anywire
