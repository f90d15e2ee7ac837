#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace anywire::test {

/// Big-endian, in `bytes` bytes.
inline std::string number(std::size_t value, unsigned bytes) {
    std::string out;
    for (auto n = bytes; n-- > 0;) out.push_back(static_cast<char>(value >> (8 * n) & 0xff));
    return out;
}

/// One field after the addresses of a header of version 2.
inline std::string proxy_field(unsigned type, std::string_view value) {
    return number(type, 1) + number(value.size(), 2) + std::string(value);
}

/// A header of the PROXY protocol, version 2. `what` is the byte of version and command, `family`
/// that of address family and protocol.
inline std::string proxy_v2(unsigned what, unsigned family, std::string_view rest) {
    return std::string("\r\n\r\n\0\r\nQUIT\n", 12) + number(what, 1) + number(family, 1) +
           number(rest.size(), 2) + std::string(rest);
}

/// For the client 192.0.2.7, which has come to port 443 of 198.51.100.1.
inline std::string const proxy_addresses_v4{"\xc0\x00\x02\x07\xc6\x33\x64\x01\x30\x39\x01\xbb", 12};

inline std::string proxy_v2_of_v4(std::string_view fields = {}) {
    return proxy_v2(0x21, 0x11, proxy_addresses_v4 + std::string(fields));
}

/// That the client speaks TLS with the proxy, or does not.
inline std::string proxy_tls_field(bool is_secure) {
    return proxy_field(0x20, std::string(1, is_secure ? '\x01' : '\x00') + number(0, 4));
}

/// CRC-32C, by the book: the polynomial of 33 bits, most significant first, reflected at the ends.
inline std::uint32_t slow_crc32c(std::string_view bytes) {
    auto const reflect = [](std::uint64_t v, unsigned bits) {
        std::uint64_t out = 0;
        for (unsigned i = 0; i < bits; ++i) out |= (v >> i & 1) << (bits - 1 - i);
        return out;
    };
    std::uint64_t rest = 0xffff'ffff;
    for (char const c : bytes) {
        rest ^= reflect(static_cast<unsigned char>(c), 8) << 24;
        for (int bit = 0; bit < 8; ++bit) {
            rest <<= 1;
            if ((rest >> 32 & 1) != 0) rest ^= 0x1'1edc'6f41;
        }
    }
    return static_cast<std::uint32_t>(reflect(rest, 32) ^ 0xffff'ffff);
}

/// A header for the client 192.0.2.7 with a checksum, which is good if `by` is 0.
inline std::string proxy_v2_with_crc(std::uint32_t by = 0) {
    auto header = proxy_v2_of_v4(proxy_field(0x04, "padding") + proxy_field(0x03, number(0, 4)));
    auto const crc = slow_crc32c(header) ^ by;
    return header.replace(header.size() - 4, 4, number(crc, 4));
}

}  // namespace anywire::test
