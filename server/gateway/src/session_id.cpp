#include "session_id.hpp"

#include <array>
#include <new>
#include <openssl/rand.h>
#include <string_view>

namespace anywire::gateway {

std::string make_session_id() {
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::array<unsigned char, 22> random{};
    if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) throw std::bad_alloc();
    std::string id;
    for (auto const byte : random) id.push_back(alphabet[byte % 64u]);
    return id;
}

}  // namespace anywire::gateway
