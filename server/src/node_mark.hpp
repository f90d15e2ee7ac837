#pragma once

#include "core/siphash.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace anywire {

/// A node of a cluster: the number behind its four characters.
using node_number = std::uint32_t;

inline constexpr std::size_t node_id_size = 4;
inline constexpr node_number most_nodes = 1u << 24;  ///< Numbers are below.

/// Four characters of A-Za-z0-9-_.
[[nodiscard]] std::string node_id_of(node_number n);
/// Nothing for what no node is called.
[[nodiscard]] std::optional<node_number> node_number_of(std::string_view id) noexcept;

/// Has session ids say which node their session is on, to other nodes and to nobody else: the last
/// four characters are the node's, masked by a keyed hash of those before them. Whoever has not the
/// key sees characters as random as the others, and has to guess all of them.
///
/// Thread: constant.
class node_mark {
public:
    /// The characters before the mark of an id that the library draws: 96 random bits.
    static constexpr std::size_t drawn = 16;

    explicit node_mark(siphash_key const& key) noexcept : key_(key) {}

    /// Appends the mark of a node.
    void append(std::string& id, node_number node) const;
    /// The node in an id, if there is one: for an id without a mark it is any.
    std::optional<node_number> read(std::string_view id) const noexcept;

private:
    node_number mask(std::string_view before) const noexcept {
        return static_cast<node_number>(siphash(key_, before) % most_nodes);
    }

    siphash_key key_;
};

}  // namespace anywire
