#include "port.hpp"

#include <array>
#include <cstring>

namespace anywire::redis {

std::string draw_id(port& from, std::size_t size, std::string_view alphabet) {
    std::vector<unsigned char> bytes(size);
    from.draw_random(bytes);
    std::string id;
    // 16 and 64 divide 256: no character is likelier than another.
    for (auto const b : bytes) id.push_back(alphabet[b % alphabet.size()]);
    return id;
}

siphash_key draw_key(port& from) {
    std::array<unsigned char, sizeof(siphash_key)> bytes{};
    from.draw_random(bytes);
    siphash_key key{};
    std::memcpy(key.data(), bytes.data(), bytes.size());
    return key;
}

}  // namespace anywire::redis
