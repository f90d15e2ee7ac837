#include "session/eio3_text.hpp"

#include "core/json_string.hpp"
#include "engineio/text_twice.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

namespace anywire {
namespace {

using engineio::outgoing;
using engineio::revision;

/// Clients 1.x give each byte of a text's payload to a function as an argument, and fail where
/// these are too many: engines take 65 535 at least.
constexpr std::size_t most_text = 32'768;

bool is_short_ascii(std::span<outgoing const> packets) noexcept {
    std::size_t size = 0;
    for (auto const& p : packets) {
        size += p.data.size();
        if (size > most_text || !engineio::is_ascii(p.data)) return false;
    }
    return true;
}

/// A Socket.IO packet in ASCII, but for the name of its namespace.
void append_ascii_packet(std::string& out, std::string_view packet) {
    auto const json = std::min(packet.find_first_of("[{\""), packet.size());
    out.append(packet.substr(0, json));
    append_ascii_json(out, packet.substr(json));
}

}  // namespace

void read_eio3_text(engineio::packet& p, eio3_text_encoding& known, std::string& room) {
    if (known == eio3_text_encoding::once || p.binary || engineio::is_ascii(p.data)) return;
    if (!engineio::decode_text_twice(p.data, room)) {
        known = eio3_text_encoding::once;
        return;
    }
    known = eio3_text_encoding::twice;
    p.data = room;
}

bool append_eio3_payload(std::string& out,
                         std::span<outgoing const> packets,
                         eio3_reader const& reader) {
    auto const has_binary = engineio::needs_binary_payload(revision::v3, packets);
    auto const knows_once = reader.text == eio3_text_encoding::once;
    if (has_binary || (reader.takes_binary && !knows_once && !is_short_ascii(packets))) {
        engineio::append_counted_bytes(out, packets);
        return true;
    }
    // What a client is taken for may be wrong; JSON does without.
    if (knows_once || (!reader.has_json && reader.text != eio3_text_encoding::twice)) {
        engineio::append_payload(out, revision::v3, packets);
        return false;
    }
    std::vector<std::string> texts(packets.size());
    std::vector<outgoing> coded;
    for (std::size_t n = 0; n < packets.size(); ++n) {
        if (reader.has_json)
            append_ascii_packet(texts[n], packets[n].data);
        else
            engineio::append_text_twice(texts[n], packets[n].data);
        coded.push_back({texts[n]});
    }
    engineio::append_payload(out, revision::v3, coded);
    return false;
}

}  // namespace anywire
