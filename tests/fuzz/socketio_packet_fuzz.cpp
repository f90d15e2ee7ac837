#include <anywire/socketio/json.hpp>

#include "core/json_check.hpp"
#include "core/utf8.hpp"
#include "socketio/packet.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace anywire;
using namespace anywire::socketio::wire;

namespace {

void require(bool claim) {
    if (!claim) std::abort();
}

bool is_event(packet_type type) {
    return type == packet_type::event || type == packet_type::binary_event;
}

bool is_binary(packet_type type) {
    return type == packet_type::binary_event || type == packet_type::binary_ack;
}

bool same(packet const& a, packet const& b) {
    return a.type == b.type && a.nsp == b.nsp && a.query == b.query && a.id == b.id &&
           a.attachments == b.attachments && a.payload == b.payload && a.event == b.event;
}

void check_event(packet const& p) {
    if (!is_event(p.type)) return require(p.event.empty());
    socketio::arguments const all(p.payload);
    require(!all.empty());
    if (auto const name = all[0].as_string())
        require(*name == p.event);
    else
        require(all[0].kind() == socketio::json_kind::number && all[0].text() == p.event);
    for (auto const* reserved : {"connect", "disconnect", "newListener"})
        require(p.event != reserved);
    require(is_utf8(p.event) || !is_utf8(p.payload));
}

void check_payload(packet const& p, protocol revision) {
    auto const first = p.payload.empty() ? '\0' : p.payload[0];
    if (first != '\0') require(!check_json(p.payload));
    switch (p.type) {
        case packet_type::connect:
            return require(first == '\0' || (first == '{' && revision == protocol::v5));
        case packet_type::disconnect: return require(first == '\0');
        case packet_type::event:
        case packet_type::binary_event: return require(first == '[');
        case packet_type::ack:
        case packet_type::binary_ack: return require(first == '\0' || first == '[');
        case packet_type::connect_error:
            return require(revision == protocol::v4 || first == '{' || first == '"');
    }
}

// What was decoded encodes to what decodes to the same.
void round_trip(packet const& p, protocol revision) {
    // The payload of a v4 ERROR may be a number, which only a space tells from an id.
    if (!p.payload.empty() && p.payload[0] >= '0' && p.payload[0] <= '9') return;
    std::string nsp(p.nsp);
    if (!p.query.empty()) nsp.append("?").append(p.query);
    std::string text;
    append_head(text, p.type, nsp, p.id, p.attachments);
    text.append(p.payload);
    auto const again = decode_packet(text, revision, {});
    require(again.value && same(*again.value, p));
}

decoded check(std::string_view text, protocol revision) {
    decode_limits const limits;
    auto d = decode_packet(text, revision, limits);
    require(d.value.has_value() == d.wrong.empty());
    if (!d.value) return d;
    auto const& p = *d.value;
    require(p.nsp.starts_with('/') && p.nsp.size() <= limits.max_namespace && is_utf8(p.nsp));
    require(p.nsp.find(',') == p.nsp.npos && p.query.find(',') == p.query.npos);
    require(revision == protocol::v4 ? p.nsp.find('?') == p.nsp.npos : p.query.empty());
    require(is_binary(p.type) == (p.attachments != 0) && p.attachments <= limits.max_attachments);
    check_payload(p, revision);
    check_event(p);
    round_trip(p, revision);
    return d;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const text(reinterpret_cast<char const*>(data), size);
    auto const v4 = check(text, protocol::v4);
    auto const v5 = check(text, protocol::v5);
    // The revisions differ in queries, in what a CONNECT and an ERROR hold, and in nothing else.
    if (text.find('?') == text.npos && !text.starts_with('0') && !text.starts_with('4')) {
        require(v4.wrong == v5.wrong);
        if (v4.value) require(same(*v4.value, *v5.value));
    }
    return 0;
}
