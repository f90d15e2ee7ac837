#include "core/siphash.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cstdint>
#include <set>
#include <string>

using namespace anywire;

namespace {

constexpr siphash_key zero_to_fifteen{0x0706050403020100u, 0x0f0e0d0c0b0a0908u};

/// The bytes 00, 01, 02 ... of that length.
std::string counted(std::size_t size) {
    std::string out;
    for (std::size_t i = 0; i < size; ++i) out.push_back(static_cast<char>(i));
    return out;
}

}  // namespace

TEST_CASE("SipHash-2-4 gives the values its authors published") {
    constexpr std::array<std::uint64_t, 16> expected{0x726fdb47dd0e0e31u,
                                                     0x74f839c593dc67fdu,
                                                     0x0d6c8009d9a94f5au,
                                                     0x85676696d7fb7e2du,
                                                     0xcf2794e0277187b7u,
                                                     0x18765564cd99a68du,
                                                     0xcbc9466e58fee3ceu,
                                                     0xab0200f58b01d137u,
                                                     0x93f5f5799a932462u,
                                                     0x9e0082df0ba9e4b0u,
                                                     0x7a5dbbc594ddb9f3u,
                                                     0xf4b32f46226bada7u,
                                                     0x751e8fbc860ee5fbu,
                                                     0x14ea5627c0843d90u,
                                                     0xf723ca908e7af2eeu,
                                                     0xa129ca6149be45e5u};
    for (std::size_t size = 0; size < expected.size(); ++size) {
        CAPTURE(size);
        CHECK(siphash(zero_to_fifteen, counted(size)) == expected[size]);
    }
    CHECK(siphash(zero_to_fifteen, counted(63)) == 0x958a324ceb064572u);
}

TEST_CASE("another key is another hash, and so is a byte more of zeros") {
    siphash_key const other{0x0706050403020101u, 0x0f0e0d0c0b0a0908u};
    CHECK(siphash(zero_to_fifteen, "abc") != siphash(other, "abc"));
    std::set<std::uint64_t> seen;
    for (std::size_t size = 0; size < 40; ++size)
        seen.insert(siphash(zero_to_fifteen, std::string(size, '\0')));
    CHECK(seen.size() == 40);
}

TEST_CASE("bytes above 127 count as themselves") {
    CHECK(siphash(zero_to_fifteen, "\xff") != siphash(zero_to_fifteen, "\x7f"));
    CHECK(siphash(zero_to_fifteen, "\xff\x01") != siphash(zero_to_fifteen, "\xff\xff"));
}
