#include "node_mark.hpp"

namespace anywire {
namespace {

constexpr std::string_view letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

std::string node_id_of(node_number n) {
    std::string out;
    for (unsigned i = node_id_size; i-- > 0;) out.push_back(letters[n >> (6 * i) & 63]);
    return out;
}

std::optional<node_number> node_number_of(std::string_view id) noexcept {
    if (id.size() != node_id_size) return std::nullopt;
    node_number n = 0;
    for (auto const c : id) {
        auto const at = letters.find(c);
        if (at == std::string_view::npos) return std::nullopt;
        n = n << 6 | static_cast<node_number>(at);
    }
    return n;
}

void node_mark::append(std::string& id, node_number node) const {
    id.append(node_id_of(node ^ mask(id)));
}

std::optional<node_number> node_mark::read(std::string_view id) const noexcept {
    if (id.size() < drawn + node_id_size) return std::nullopt;
    auto const before = id.substr(0, id.size() - node_id_size);
    auto const masked = node_number_of(id.substr(before.size()));
    if (!masked) return std::nullopt;
    return *masked ^ mask(before);
}

}  // namespace anywire
