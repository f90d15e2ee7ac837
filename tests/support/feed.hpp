#pragma once

#include <catch2/catch.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace anywire::test {

/// Runs an incremental parser over `bytes` whole, byte by byte, and in two halves at every cut up
/// to 64. `run` gets a callable that yields the next piece, or an empty view at the end.
template <class Run>
void feed_every_way(std::string_view bytes, Run run) {
    auto const in_pieces_of = [&](std::size_t first, std::size_t rest) {
        CAPTURE(first, rest);
        std::size_t at = 0;
        run([&, first, rest]() mutable {
            auto const n = at == 0 ? first : rest;
            auto const piece = bytes.substr(at < bytes.size() ? at : bytes.size(), n);
            at += piece.size();
            return piece;
        });
    };
    in_pieces_of(bytes.size(), bytes.size());
    in_pieces_of(1, 1);
    for (std::size_t cut = 1; cut < bytes.size() && cut <= 64; ++cut)
        in_pieces_of(cut, bytes.size());
}

}  // namespace anywire::test
