#include "sid.hpp"

#include "core/base64.hpp"
#include "node_mark.hpp"
#include "other_nodes.hpp"
#include "service_core.hpp"
#include "shard.hpp"

#include <array>

namespace anywire {

std::string draw_sid(service_core const& core, shard& owner) {
    std::array<unsigned char, 15> bytes{};
    owner.loop().fill_random(bytes);
    // The last one that stays where a mark takes the place of the last characters.
    auto& varied = bytes[11];
    for (;; ++varied) {
        if (varied == 0) owner.loop().fill_random(bytes);
        std::string id;
        append_base64(id, {reinterpret_cast<char const*>(bytes.data()), bytes.size()});
        for (auto& c : id) c = c == '/' ? '_' : c == '+' ? '-' : c;
        if (core.nodes) {
            id.resize(node_mark::drawn);
            core.nodes->append_mark(id);
        }
        if (&core.owner(id) == &owner) return id;
    }
}

}  // namespace anywire
