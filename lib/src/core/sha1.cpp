#include "core/sha1.hpp"

#include <boost/uuid/detail/sha1.hpp>

#include <cstddef>
#include <iterator>

namespace anywire {

std::array<unsigned char, 20> sha1(std::string_view bytes) noexcept {
    boost::uuids::detail::sha1 hash;
    hash.process_bytes(bytes.data(), bytes.size());
    boost::uuids::detail::sha1::digest_type digest;
    hash.get_digest(digest);

    // Five words up to Boost 1.85, twenty bytes from 1.86 on.
    constexpr std::size_t word = 20 / std::size(decltype(digest){});
    std::array<unsigned char, 20> out{};
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] =
            static_cast<unsigned char>(digest[i / word] >> (8 * (word - 1 - i % word)) & 0xffu);
    return out;
}

}  // namespace anywire
