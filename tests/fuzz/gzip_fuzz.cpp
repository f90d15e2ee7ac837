// What is compressed inflates to itself, at any level; gzip and zlib hold the same stream.
#include "core/gzip.hpp"
#include "websocket/deflate.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace anywire;

namespace {

void require(bool claim) {
    if (!claim) std::abort();
}

// Bit by bit, as RFC 1952 defines it.
std::uint32_t crc_of(std::string_view bytes) {
    std::uint32_t crc = 0xffffffff;
    for (auto const c : bytes) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) crc = crc % 2 != 0 ? crc / 2 ^ 0xedb88320u : crc / 2;
    }
    return ~crc;
}

std::uint32_t adler_of(std::string_view bytes) {
    std::uint32_t low = 1;
    std::uint32_t high = 0;
    for (auto const c : bytes) {
        low = (low + static_cast<unsigned char>(c)) % 65521;
        high = (high + low) % 65521;
    }
    return high * 65536 + low;
}

std::uint32_t number(std::string_view four, bool big_endian) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
        value = value * 256 + static_cast<unsigned char>(four[big_endian ? i : 3 - i]);
    return value;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size < 2) return 0;
    auto const level = data[0] % 10;
    std::string text(reinterpret_cast<char const*>(data) + 2, size - 2);
    // Repeated, so that short inputs reach the larger windows, too.
    auto const once = text;
    for (int i = data[1] % 32; i > 0 && text.size() < 100'000; --i) text += once;

    std::string gzip;
    append_gzip(gzip, text, level);
    std::string zlib;
    append_zlib(zlib, text, level);
    std::string_view const g = gzip;
    std::string_view const z = zlib;
    auto const stream = z.substr(2, z.size() - 6);
    require(g.substr(10, g.size() - 18) == stream);
    require(number(g.substr(g.size() - 8, 4), false) == crc_of(text));
    require(number(g.substr(g.size() - 4), false) == text.size());
    require(number(z.substr(z.size() - 4), true) == adler_of(text));
    require(number(std::string("\0\0", 2).append(z.substr(0, 2)), true) % 31 == 0);
    require(gzip.size() <= text.size() + text.size() / 100 + 64);

    websocket::inflater inflater{websocket::deflate_params{}};
    std::string back;
    require(!inflater.inflate(stream, back, text.size()));
    require(!inflater.finish(back, text.size()) && back == text);
    return 0;
}
