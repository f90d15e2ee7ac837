#pragma once

#include "websocket/frame.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace anywire::test {

using websocket::opcode;

/// A header as a client writes it, with any first byte and the length in any of the three forms.
inline std::string client_header(unsigned first_byte, std::uint64_t length, unsigned length_bytes) {
    std::string out{static_cast<char>(first_byte)};
    unsigned const small = length_bytes == 0   ? static_cast<unsigned>(length)
                           : length_bytes == 2 ? 126
                                               : 127;
    out.push_back(static_cast<char>(0x80u | small));
    for (unsigned i = length_bytes; i > 0; --i)
        out.push_back(static_cast<char>(length >> (8 * (i - 1)) & 0xff));
    return out.append("\x37\xfa\x21\x3d");
}

/// A frame as a client sends it: masked, its length in the shortest form.
inline std::string client_frame(unsigned first_byte, std::string_view payload) {
    auto const n = payload.size();
    auto out = client_header(first_byte, n, n < 126 ? 0 : n <= 0xffff ? 2 : 8);
    for (std::size_t i = 0; i < n; ++i)
        out.push_back(static_cast<char>(payload[i] ^ "\x37\xfa\x21\x3d"[i % 4]));
    return out;
}

inline std::string client_frame(opcode op, std::string_view payload, bool fin = true) {
    return client_frame((fin ? 0x80u : 0u) | static_cast<unsigned>(op), payload);
}

/// A message cut into frames of `size` bytes; `rsv1` marks the first as compressed.
inline std::string client_message(opcode op,
                                  std::string_view payload,
                                  std::size_t size,
                                  bool rsv1 = false) {
    std::string out;
    unsigned first = static_cast<unsigned>(op) | (rsv1 ? 0x40u : 0u);
    for (; payload.size() > size; payload.remove_prefix(size), first = 0)
        out += client_frame(first, payload.substr(0, size));
    return out + client_frame(0x80u | first, payload);
}

inline std::string close_payload(unsigned code, std::string_view reason = {}) {
    std::string out{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
    return out.append(reason);
}

}  // namespace anywire::test
