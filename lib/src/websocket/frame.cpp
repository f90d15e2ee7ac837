#include "websocket/frame.hpp"

#include "core/utf8.hpp"

#include <cstring>

namespace anywire::websocket {
namespace {

constexpr unsigned fin_bit = 0x80, rsv1_bit = 0x40, rsv23_bits = 0x30, opcode_bits = 0x0f;
constexpr unsigned mask_bit = 0x80, length_bits = 0x7f;
constexpr std::uint8_t length_in_2_bytes = 126, length_in_8_bytes = 127;

void write_big_endian(char* to, std::uint64_t value, std::size_t bytes) noexcept {
    for (; bytes > 0; value >>= 8) to[--bytes] = static_cast<char>(value & 0xffu);
}

std::uint64_t read_big_endian(char const* from, std::size_t bytes) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i)
        value = value << 8 | static_cast<unsigned char>(from[i]);
    return value;
}

template <bool Masked>
char const* problem_of_first_two(unsigned first, unsigned second) noexcept {
    auto const op = first & opcode_bits;
    auto const control = op >= 8;
    if ((first & rsv23_bits) != 0) return "a reserved bit is set";
    if (op > 10 || (op > 2 && op < 8)) return "the opcode is reserved";
    if (((second & mask_bit) != 0) != Masked)
        return Masked ? "the client's frame is not masked" : "the server's frame is masked";
    if (!control) return nullptr;
    if ((first & rsv1_bit) != 0) return "a control frame is marked as compressed";
    if ((first & fin_bit) == 0) return "a control frame is fragmented";
    if ((second & length_bits) > max_control_payload) return "a control frame is over 125 bytes";
    return nullptr;
}

char const* problem_of_length(std::uint64_t length, std::size_t bytes) noexcept {
    if ((bytes == 2 && length < length_in_2_bytes) || (bytes == 8 && length <= 0xffff))
        return "a length is not in its shortest form";
    if (length >> 63 != 0) return "a length has its highest bit set";
    return nullptr;
}

/// Writes a header before `end`, leaving `gap` bytes between the two; returns its length without
/// them.
std::size_t write_header(
    char* end, unsigned first, unsigned mask, std::size_t payload_size, std::size_t gap) noexcept {
    auto const extra = payload_size < length_in_2_bytes ? 0u : payload_size <= 0xffff ? 2u : 8u;
    auto const size = 2 + extra;
    char* const header = end - gap - size;
    header[0] = static_cast<char>(first);
    header[1] = static_cast<char>(mask | (extra == 0   ? payload_size
                                          : extra == 2 ? length_in_2_bytes
                                                       : length_in_8_bytes));
    write_big_endian(header + 2, payload_size, extra);
    return size;
}

unsigned first_byte(opcode op, bool rsv1) noexcept {
    return fin_bit | (rsv1 ? rsv1_bit : 0u) | static_cast<unsigned>(op);
}

template <bool Masked>
frame_header decode_header(std::string_view in) noexcept {
    frame_header h;
    if (in.size() < 2) return h;
    unsigned const first = static_cast<unsigned char>(in[0]);
    unsigned const second = static_cast<unsigned char>(in[1]);
    h.problem = problem_of_first_two<Masked>(first, second);
    if (h.problem != nullptr) return h;
    h.op = static_cast<opcode>(first & opcode_bits);
    h.fin = (first & fin_bit) != 0;
    h.rsv1 = (first & rsv1_bit) != 0;

    auto const length = second & length_bits;
    auto const extra = length < length_in_2_bytes ? 0u : length == length_in_2_bytes ? 2u : 8u;
    auto const size = 2 + extra + (Masked ? sizeof(mask_key) : 0);
    if (in.size() < size) return h;
    h.payload_size = extra == 0 ? length : read_big_endian(in.data() + 2, extra);
    h.problem = problem_of_length(h.payload_size, extra);
    if constexpr (Masked) std::memcpy(&h.mask, in.data() + size - sizeof h.mask, sizeof h.mask);
    h.size = static_cast<std::uint8_t>(size);
    return h;
}

}  // namespace

std::size_t write_header_before(char* payload,
                                opcode op,
                                std::size_t payload_size,
                                bool rsv1) noexcept {
    return write_header(payload, first_byte(op, rsv1), 0, payload_size, 0);
}

std::size_t mask_frame_before(
    char* payload, opcode op, std::size_t payload_size, mask_key mask, bool rsv1) noexcept {
    std::memcpy(payload - sizeof mask, &mask, sizeof mask);
    apply_mask(payload, payload_size, mask);
    auto const first = first_byte(op, rsv1);
    return sizeof mask + write_header(payload, first, mask_bit, payload_size, sizeof mask);
}

frame_header decode_client_header(std::string_view in) noexcept {
    return decode_header<true>(in);
}

frame_header decode_server_header(std::string_view in) noexcept {
    return decode_header<false>(in);
}

void append_close_payload(std::string& out, std::uint16_t code, std::string_view reason) {
    if (code == 1005 || code == 1006 || code == 1015) return;
    char bytes[2];
    write_big_endian(bytes, code, sizeof bytes);
    out.append(bytes, sizeof bytes);

    std::string repaired;
    if (!is_utf8(reason)) {
        append_utf8_repaired(repaired, reason);
        reason = repaired;
    }
    auto size = reason.size();
    if (size > max_control_payload - sizeof bytes) {
        size = max_control_payload - sizeof bytes;
        while (size > 0 && (static_cast<unsigned char>(reason[size]) & 0xc0u) == 0x80u) --size;
    }
    out.append(reason.substr(0, size));
}

}  // namespace anywire::websocket
