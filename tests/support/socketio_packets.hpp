#pragma once

#include "socketio/packet.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Packets of Socket.IO, decoded in one line.
namespace anywire::test {

using namespace anywire::socketio::wire;

inline decoded decode(std::string_view text,
                      protocol revision = protocol::v5,
                      decode_limits l = {}) {
    return decode_packet(text, revision, l);
}

// What must end the connection, in both revisions.
inline bool refused(std::string_view text) {
    auto const v4 = decode(text, protocol::v4);
    auto const v5 = decode(text, protocol::v5);
    return !v4.value && !v4.wrong.empty() && !v5.value && !v5.wrong.empty();
}

inline bool accepted(std::string_view text, protocol revision = protocol::v5) {
    auto const d = decode(text, revision);
    return d.value.has_value() && d.wrong.empty();
}

inline std::string repeated(std::string_view part, std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out.append(part);
    return out;
}

inline std::string nested(std::size_t depth) {
    return repeated("[", depth) + repeated("]", depth);
}

inline std::string head(packet_type type,
                        std::string_view nsp,
                        std::optional<std::uint64_t> id,
                        unsigned attachments) {
    std::string out;
    append_head(out, type, nsp, id, attachments);
    return out;
}

/// So many attachments of that size.
inline std::vector<std::string> some(std::size_t n, std::size_t bytes = 1) {
    return std::vector<std::string>(n, std::string(bytes, 'x'));
}

}  // namespace anywire::test
