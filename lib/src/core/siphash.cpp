#include "core/siphash.hpp"

#include <bit>
#include <cstring>

namespace anywire {
namespace {

struct state {
    std::uint64_t v0, v1, v2, v3;

    void round() noexcept {
        v0 += v1;
        v1 = std::rotl(v1, 13) ^ v0;
        v0 = std::rotl(v0, 32);
        v2 += v3;
        v3 = std::rotl(v3, 16) ^ v2;
        v0 += v3;
        v3 = std::rotl(v3, 21) ^ v0;
        v2 += v1;
        v1 = std::rotl(v1, 17) ^ v2;
        v2 = std::rotl(v2, 32);
    }
    void absorb(std::uint64_t word) noexcept {
        v3 ^= word;
        round();
        round();
        v0 ^= word;
    }
};

}  // namespace

std::uint64_t siphash(siphash_key const& key, std::string_view text) noexcept {
    state s{key[0] ^ 0x736f6d6570736575u,
            key[1] ^ 0x646f72616e646f6du,
            key[0] ^ 0x6c7967656e657261u,
            key[1] ^ 0x7465646279746573u};
    auto const size = static_cast<std::uint64_t>(text.size());
    for (; text.size() >= 8; text.remove_prefix(8)) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data(), 8);
        s.absorb(word);
    }
    std::uint64_t last = size << 56;
    for (std::size_t i = 0; i < text.size(); ++i)
        last |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << (8 * i);
    s.absorb(last);
    s.v2 ^= 0xff;
    for (int i = 0; i < 4; ++i) s.round();
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

}  // namespace anywire
