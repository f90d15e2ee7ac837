#include "bus/bus_message.hpp"

#include "adapters/message_parts.hpp"
#include "core/utf8.hpp"

#include <array>
#include <span>

namespace anywire::redis {
namespace {

using std::string_view;

/// The longest of them has so many parts.
constexpr std::size_t most_parts = 8;
using parts = std::array<json_view, most_parts>;

string_view read_broadcast(parts const& p, bus_message& m) {
    auto const bytes = p[7].as_bytes();
    auto const is_binary = p[6].as_bool();
    if (!bytes || !is_binary) return "a message without bytes";
    if (!read_strings(p[3], m.to.rooms) || !read_strings(p[4], m.to.except))
        return "groups that are no strings";
    m.key = p[5].as_string().value_or("");
    m.is_binary = *is_binary;
    m.bytes.assign(reinterpret_cast<char const*>(bytes->data()), bytes->size());
    if (!m.is_binary && !is_utf8(m.bytes)) return "a text that is not UTF-8";
    return {};
}

string_view read_question(parts const& p, bus_message& m) {
    if (!read_strings(p[4], m.to.rooms) || !read_strings(p[5], m.to.except))
        return "groups that are no strings";
    m.member = p[6].as_string().value_or("");
    return {};
}

string_view read_answer(parts const& p, bus_message& m) {
    if (!read_strings(p[4], m.names)) return "names that are no strings";
    auto const count = p[5].as_uint64();
    if (!count) return "a count that is no number";
    m.count = *count;
    return {};
}

void write_broadcast(json_writer& out, bus_message const& m) {
    write_strings(out, m.to.rooms);
    write_strings(out, m.to.except);
    out.string(m.key);
    out.boolean(m.is_binary);
    out.bytes(std::as_bytes(std::span(m.bytes)));
}

}  // namespace

std::string encode_bus(bus_message const& m) {
    socketio::encoded value;
    json_writer out(value.json);
    out.begin_array();
    out.number(bus_version);
    out.number(static_cast<unsigned>(m.kind));
    out.string(m.uid);
    if (m.kind == bus_kind::broadcast) {
        write_broadcast(out, m);
    } else {
        out.string(m.request_id);
        write_strings(out, m.kind == bus_kind::answer ? m.names : m.to.rooms);
        if (m.kind == bus_kind::answer) {
            out.number(m.count);
        } else {
            write_strings(out, m.to.except);
            out.string(m.member);
        }
    }
    out.end_array();
    value.attachments = out.take_attachments();
    return to_msgpack(value);
}

string_view decode_bus(string_view bytes, wire_limits const& most, bus_message& m) {
    socketio::encoded value;
    if (auto const wrong = decode_msgpack(bytes, most, value); !wrong.empty()) return wrong;
    json_view const in(value.json, value.attachments);
    if (in.kind() != json_kind::array) return "a message that is no array";
    parts p{};
    std::size_t n = 0;
    for (auto const each : in.elements())
        if (n < p.size()) p[n++] = each;
    auto const kind = p[1].as_uint64();
    if (p[0].as_uint64() != bus_version || !kind ||
        *kind > static_cast<std::uint64_t>(bus_kind::answer))
        return "a message of another version";
    m.kind = static_cast<bus_kind>(*kind);
    m.uid = p[2].as_string().value_or("");
    if (m.uid.empty()) return "a message without a sender";
    if (m.kind == bus_kind::broadcast) return read_broadcast(p, m);
    m.request_id = p[3].as_string().value_or("");
    if (m.request_id.empty()) return "a message without the request's id";
    return m.kind == bus_kind::answer ? read_answer(p, m) : read_question(p, m);
}

}  // namespace anywire::redis
