#include <anywire/socketio/parser.hpp>

#include "core/json_check.hpp"
#include "core/utf8.hpp"
#include "socketio/msgpack.hpp"
#include "socketio/packet.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire;
using namespace anywire::socketio;

namespace {

void require(bool claim) {
    if (!claim) std::abort();
}

struct value {
    std::string json{};
    std::vector<std::string> attachments{};
};

bool same(value const& a, value const& b) {
    return a.json == b.json && a.attachments == b.attachments;
}

// A value that was read once is the same when it is written and read again. One with an object
// that only looks like bytes is not: those are read as what they look like.
void round_trip(value const& first) {
    if (!wire::has_sound_placeholders(first.json, first.attachments.size())) return;
    if (first.attachments.empty() && first.json.find("_placeholder") != std::string::npos) return;
    if (!wire::check_placeholders(first.json, first.attachments)) return;
    std::string bytes;
    msgpack::append_json(bytes, first.json, first.attachments);
    value again;
    require(msgpack::to_json(bytes, {.max_depth = 1000}, again.json, again.attachments).empty());
    // A placeholder in the data, named by its place, may stand for another one of the same bytes.
    if (again.attachments.size() != first.attachments.size()) return;
    require(same(first, again));
}

void check_value(std::string_view bytes) {
    msgpack::limits const most;
    value v;
    auto const wrong = msgpack::to_json(bytes, most, v.json, v.attachments);
    // No more than what it takes to write it: a control character is six, and bytes are few.
    require(v.json.size() <= 6 * bytes.size() + 64 * most.max_attachments + 64);
    require(v.attachments.size() <= most.max_attachments);
    auto rest = bytes;
    auto const is_whole = msgpack::skip_value(rest) && rest.empty();
    if (!wrong.empty()) return;
    require(is_whole);
    require(!check_json(v.json, most.max_depth));
    require(is_utf8(v.json));
    round_trip(v);
}

void check_packet(std::string_view bytes) {
    auto const parser = msgpack_parser();
    decoded_packet p;
    if (!parser->decode(bytes, {}, p).empty()) return;
    require(p.payload.empty() || !check_json(p.payload));
    wire::packet packet{.type = static_cast<wire::packet_type>(p.kind),
                        .nsp = p.nsp,
                        .id = p.id,
                        .payload = p.payload};
    if (!wire::check_packet(packet, {}).empty()) return;
    require(packet.nsp.starts_with('/') && is_utf8(packet.nsp));
    if (packet.type == wire::packet_type::event) require(p.payload.starts_with('['));
    if (!p.attachments.empty()) return;
    std::string again;
    parser->encode(again, {.kind = p.kind, .nsp = p.nsp, .id = p.id, .payload = p.payload});
    decoded_packet back;
    require(parser->decode(again, {}, back).empty());
    require(back.kind == p.kind && back.nsp == p.nsp && back.id == p.id &&
            back.payload == p.payload);
}

// Any JSON is written, whatever it looks like, and read as JSON again.
void check_json_text(std::string_view text) {
    if (check_json(text)) return;
    value v;
    std::string bytes;
    msgpack::append_json(bytes, text);
    require(msgpack::to_json(bytes, {}, v.json, v.attachments).empty());
    require(!check_json(v.json));
    round_trip(v);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const bytes(reinterpret_cast<char const*>(data), size);
    check_value(bytes);
    check_packet(bytes);
    check_json_text(bytes);
    return 0;
}
