#include "engineio/packet.hpp"

#include "core/base64.hpp"

namespace anywire::engineio {
namespace {

/// Stands in front of base64 where packets are text.
constexpr char base64_mark = 'b';
/// What a binary message begins with in v3: its type by value.
constexpr char v3_message_byte = static_cast<char>(packet_type::message);

std::optional<packet> decode_base64_message(revision r,
                                            std::string_view coded,
                                            std::string& scratch) {
    if (r == revision::v3) {
        if (!coded.starts_with(digit_of(packet_type::message))) return std::nullopt;
        coded.remove_prefix(1);
    }
    if (decode_base64(coded, scratch)) return std::nullopt;
    return packet{packet_type::message, scratch, true};
}

std::optional<packet> decode_text(revision r, std::string_view text, std::string& scratch) {
    if (text.empty()) return std::nullopt;
    auto const first = text.front();
    text.remove_prefix(1);
    if (first == base64_mark) return decode_base64_message(r, text, scratch);
    if (first < digit_of(packet_type::open) || first > digit_of(packet_type::noop))
        return std::nullopt;
    return packet{static_cast<packet_type>(first - '0'), text, false};
}

}  // namespace

std::optional<packet> decode_frame(revision r,
                                   std::string_view message,
                                   bool binary,
                                   std::string& scratch) {
    if (!binary) return decode_text(r, message, scratch);
    if (r == revision::v3) {
        if (!message.starts_with(v3_message_byte)) return std::nullopt;
        message.remove_prefix(1);
    }
    return packet{packet_type::message, message, true};
}

void append_base64_packet(std::string& out, revision r, std::string_view bytes) {
    out.push_back(base64_mark);
    if (r == revision::v3) out.push_back(digit_of(packet_type::message));
    append_base64(out, bytes);
}

}  // namespace anywire::engineio
