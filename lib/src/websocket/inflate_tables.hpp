#pragma once

#include "websocket/inflate.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace anywire::websocket {

inline constexpr unsigned end_of_block = 256;
inline constexpr std::size_t code_length_symbols = 19;

/// The codes of one block, and what is known of them while its head is read.
struct inflate_stream::tables {
    // Set before they are read.
    literal_code literals;
    distance_code distances;
    huffman_code<7, code_length_symbols> code_lengths;
    std::array<std::uint8_t, 320> lengths;
    unsigned literal_count;
    unsigned distance_count;
    unsigned code_length_count;
    unsigned known;  // of what is being read
};

}  // namespace anywire::websocket
