#include "core/gzip.hpp"

#include <boost/assert.hpp>
#include <boost/beast/zlib/deflate_stream.hpp>
#include <boost/crc.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace anywire {
namespace {

namespace zlib = boost::beast::zlib;

/// The window that holds all of a text, and what the compressor looks ahead: for short texts far
/// less to allocate and clear than the largest.
int window_bits_for(std::size_t size) noexcept {
    constexpr std::size_t look_ahead = 262;
    return std::clamp(static_cast<int>(std::bit_width(size + look_ahead)), 9, 15);
}

void append_deflated(std::string& out, std::string_view bytes, int level) {
    auto const window_bits = window_bits_for(bytes.size());
    zlib::deflate_stream stream;
    stream.reset(level, window_bits, window_bits - 7, zlib::Strategy::normal);

    zlib::z_params zs;
    zs.next_in = bytes.data();
    zs.avail_in = bytes.size();
    for (boost::system::error_code ec; ec != zlib::error::end_of_stream;) {
        auto const size = out.size();
        auto const room = std::clamp<std::size_t>(zs.avail_in / 2, 256, 16384);
        out.resize(size + room);
        zs.next_out = out.data() + size;
        zs.avail_out = room;
        stream.write(zs, zlib::Flush::finish, ec);
        out.resize(out.size() - zs.avail_out);
        BOOST_ASSERT(!ec || ec == zlib::error::end_of_stream);
    }
}

void append_little_endian(std::string& out, std::uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>(value >> shift));
}

void append_big_endian(std::string& out, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

/// Spec: RFC 1950, section 8.2.
std::uint32_t adler32(std::string_view bytes) noexcept {
    constexpr std::uint32_t base = 65521;
    constexpr std::size_t run = 5552;  // as many as 32 bits take before the remainder is due
    std::uint32_t low = 1;
    std::uint32_t high = 0;
    while (!bytes.empty()) {
        auto const part = bytes.substr(0, run);
        for (auto const c : part) {
            low += static_cast<unsigned char>(c);
            high += low;
        }
        low %= base;
        high %= base;
        bytes.remove_prefix(part.size());
    }
    return high << 16 | low;
}

}  // namespace

void append_gzip(std::string& out, std::string_view bytes, int level) {
    // Deflate, no name, no time, an unknown file system.
    constexpr std::string_view header{"\x1f\x8b\x08\0\0\0\0\0\0\xff", 10};
    out.append(header);
    append_deflated(out, bytes, level);
    boost::crc_32_type crc;
    crc.process_bytes(bytes.data(), bytes.size());
    append_little_endian(out, crc.checksum());
    append_little_endian(out, static_cast<std::uint32_t>(bytes.size()));
}

void append_zlib(std::string& out, std::string_view bytes, int level) {
    out.append("\x78\x9c");  // a window of 32 KB, or less; the default level, as far as it matters
    append_deflated(out, bytes, level);
    append_big_endian(out, adler32(bytes));
}

}  // namespace anywire
