#include "collisions.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <vector>

namespace bench::costs {
namespace {

// libstdc++ hashes with MurmurHash64A and a seed that everybody knows. What it does with a block of
// eight bytes can be undone: so of two blocks the first is free, and the second follows from it.
constexpr std::uint64_t factor = 0xC6A4'A793'5BD1'E995u;
constexpr std::uint64_t seed = 0xC70F'6907u;
constexpr std::size_t block = 8;
constexpr std::size_t names = 16'000;
constexpr std::string_view letters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

constexpr std::uint64_t inverse_of(std::uint64_t odd) {
    std::uint64_t x = odd;
    for (int i = 0; i < 6; ++i) x *= 2 - odd * x;
    return x;
}

constexpr std::uint64_t shift_mix(std::uint64_t v) {
    return v ^ v >> 47;  // its own inverse
}

constexpr std::uint64_t mixed(std::uint64_t data) {
    return shift_mix(data * factor) * factor;
}

constexpr std::uint64_t unmixed(std::uint64_t data) {
    return shift_mix(data * inverse_of(factor)) * inverse_of(factor);
}

std::uint64_t load(char const* at) {
    std::uint64_t value = 0;
    std::memcpy(&value, at, sizeof value);
    return value;
}

bool can_be_sent(char c) {
    return c > ' ' && c < '\x7f' && c != '"' && c != '\\' && c != ',' && c != '?';
}

std::vector<std::string> find_names(std::string_view prefix) {
    // Whole blocks: the prefix, letters that count, and the block that makes the hash.
    auto const head_size = (prefix.size() + 5 + block) / block * block;
    auto const size = head_size + block;
    std::string head(prefix);
    head.resize(head_size, 'a');
    std::uint64_t const target = 0x0123'4567'89AB'CDEFu;
    std::vector<std::string> found;
    for (std::uint64_t n = 0; found.size() < names; ++n) {
        auto digits = n;
        for (auto i = head_size; i > prefix.size(); --i, digits /= 64)
            head[i - 1] = letters[digits % 64];
        auto hash = seed ^ size * factor;
        for (std::size_t i = 0; i < head_size; i += block)
            hash = (hash ^ mixed(load(head.data() + i))) * factor;
        auto const last = unmixed(hash ^ target * inverse_of(factor));
        char bytes[block];
        std::memcpy(bytes, &last, block);
        if (std::all_of(bytes, bytes + block, can_be_sent))
            found.push_back(head + std::string(bytes, block));
    }
    return found;
}

}  // namespace

std::string const& colliding_name(std::string_view prefix, std::size_t i) {
    static std::map<std::string, std::vector<std::string>, std::less<>> known;
    auto at = known.find(prefix);
    if (at == known.end()) at = known.emplace(prefix, find_names(prefix)).first;
    return at->second[i % names];
}

}  // namespace bench::costs
