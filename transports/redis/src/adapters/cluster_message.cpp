#include "adapters/cluster_message.hpp"

#include "adapters/message_parts.hpp"
#include "core/base64.hpp"

#include <charconv>
#include <utility>

namespace anywire::redis {
namespace {

using namespace std::string_view_literals;
using std::string_view;
using kind = message_kind;

constexpr string_view no_event = "an event that is no array with a name";
constexpr string_view no_opts = "options that are not rooms and exceptions";

/// An event within an event's packet: `{"type":2,"data":[...]}`.
void write_packet(json_writer& out, cluster_message const& m) {
    out.begin_object();
    out.key("type");
    out.number(2);
    out.key("data");
    out.raw(json_view(m.packet.json, m.packet.attachments));
    out.end_object();
}

void write_request_id(json_writer& out, cluster_message const& m) {
    if (m.request_id.empty()) return;
    out.key("requestId");
    out.string(m.request_id);
}

void write_opts_member(json_writer& out, cluster_message const& m) {
    out.key("opts");
    write_opts(out, m.to, m.flags, opts_form::whole);
}

/// What all servers are told.
void write_told(json_writer& out, cluster_message const& m) {
    switch (m.kind) {
        case kind::broadcast:
            out.key("packet");
            write_packet(out, m);
            write_request_id(out, m);
            return write_opts_member(out, m);
        case kind::sockets_join:
        case kind::sockets_leave:
            write_opts_member(out, m);
            out.key("rooms");
            return write_strings(out, m.rooms);
        case kind::disconnect_sockets:
            write_opts_member(out, m);
            out.key("close");
            return out.boolean(m.close);
        case kind::fetch_sockets: write_opts_member(out, m); return write_request_id(out, m);
        default:
            write_request_id(out, m);
            out.key("packet");
            return out.raw(json_view(m.packet.json, m.packet.attachments));
    }
}

/// What one server answers another.
void write_answered(json_writer& out, cluster_message const& m, data_codec const& data) {
    write_request_id(out, m);
    switch (m.kind) {
        case kind::fetched_sockets: out.key("sockets"); return write_sockets(out, m.sockets, data);
        case kind::client_count: out.key("clientCount"); return out.number(m.clients);
        default: out.key("packet"); return write_answer(out, m.packet);
    }
}

bool is_answer(kind k) noexcept {
    return k == kind::fetched_sockets || k == kind::server_side_answer || k == kind::client_count ||
           k == kind::client_answer;
}

bool has_data(kind k) noexcept {
    return k != kind::initial_heartbeat && k != kind::heartbeat && k != kind::adapter_close;
}

struct members {
    std::optional<json_view> packet{};
    std::optional<json_view> request_id{};
    std::optional<json_view> opts{};
    std::optional<json_view> rooms{};
    std::optional<json_view> close{};
    std::optional<json_view> sockets{};
    std::optional<json_view> clients{};
};

string_view read_event(std::optional<json_view> const& value, cluster_message& m) {
    if (!value || !is_event(*value)) return no_event;
    m.packet = take_event(*value);
    return {};
}

string_view read_told(members const& in, cluster_message& m) {
    if (m.kind == kind::server_side_emit) return read_event(in.packet, m);
    if (!in.opts || !read_opts(*in.opts, m.to, m.flags)) return no_opts;
    switch (m.kind) {
        case kind::broadcast: return read_event(in.packet ? in.packet->find("data") : in.packet, m);
        case kind::sockets_join:
        case kind::sockets_leave:
            if (!in.rooms || !read_strings(*in.rooms, m.rooms)) return "rooms that are no strings";
            return {};
        case kind::disconnect_sockets:
            m.close = in.close && in.close->as_bool().value_or(false);
            return {};
        default: return m.request_id.empty() ? "a request without an id"sv : string_view{};
    }
}

string_view read_answered(members const& in, cluster_message& m, data_codec const& data) {
    if (m.request_id.empty()) return "an answer without the request's id";
    switch (m.kind) {
        case kind::fetched_sockets:
            if (!in.sockets || !read_sockets(*in.sockets, m.sockets, data))
                return "sockets that are none";
            return {};
        case kind::client_count: {
            auto const n = in.clients ? in.clients->as_uint64() : std::nullopt;
            if (!n) return "a count that is no number";
            m.clients = *n;
            return {};
        }
        default: m.packet = take_answer(in.packet); return {};
    }
}

bool is_known(std::uint64_t type) noexcept {
    return type >= static_cast<std::uint64_t>(kind::initial_heartbeat) &&
           type <= static_cast<std::uint64_t>(kind::adapter_close);
}

}  // namespace

void write_data(json_writer& out, cluster_message const& m, data_codec const& data) {
    out.begin_object();
    is_answer(m.kind) ? write_answered(out, m, data) : write_told(out, m);
    out.end_object();
}

string_view read_data(json_view in, cluster_message& m, data_codec const& data) {
    if (in.kind() != json_kind::object) return "data that is no object";
    auto const found = pick<7>(
        in,
        {"packet"sv, "requestId"sv, "opts"sv, "rooms"sv, "close"sv, "sockets"sv, "clientCount"sv});
    members const all{.packet = found[0],
                      .request_id = found[1],
                      .opts = found[2],
                      .rooms = found[3],
                      .close = found[4],
                      .sockets = found[5],
                      .clients = found[6]};
    m.request_id = text_of(all.request_id);
    return is_answer(m.kind) ? read_answered(all, m, data) : read_told(all, m);
}

socketio::encoded to_value(cluster_message const& m, data_codec const& data) {
    socketio::encoded value;
    json_writer out(value.json);
    out.begin_object();
    out.key("type");
    out.number(static_cast<unsigned>(m.kind));
    if (has_data(m.kind)) {
        out.key("data");
        write_data(out, m, data);
    }
    out.key("uid");
    out.string(m.uid);
    out.key("nsp");
    out.string(m.nsp);
    out.end_object();
    value.attachments = out.take_attachments();
    return value;
}

string_view read_message(json_view in, cluster_message& m, data_codec const& data) {
    if (in.kind() != json_kind::object) return "a message that is no object";
    auto const [type, content, uid, nsp] = pick<4>(in, {"type"sv, "data"sv, "uid"sv, "nsp"sv});
    auto const number = type ? type->as_uint64() : std::nullopt;
    if (!number || !is_known(*number)) return "an unknown type of message";
    m.kind = static_cast<kind>(*number);
    m.uid = text_of(uid);
    m.nsp = text_of(nsp);
    if (m.uid.empty()) return "a message without a sender";
    if (!has_data(m.kind)) return {};
    return content ? read_data(*content, m, data) : "a message without data"sv;
}

std::string encode_sharded(cluster_message const& m, data_codec const& data) {
    return to_either(to_value(m, data));
}

std::string encode_published(cluster_message const& m, data_codec const& data) {
    return to_msgpack(to_value(m, data));
}

string_view decode_message(string_view bytes,
                           wire_limits const& most,
                           cluster_message& m,
                           data_codec const& data) {
    socketio::encoded value;
    if (auto const wrong = decode_value(bytes, most, value); !wrong.empty()) return wrong;
    return read_message(json_view(value.json, value.attachments), m, data);
}

// -- entries of a stream --------------------------------------------------------------------------

entry_fields encode_entry(cluster_message const& m, data_codec const& data) {
    entry_fields fields{
        {"uid", m.uid}, {"nsp", m.nsp}, {"type", std::to_string(static_cast<unsigned>(m.kind))}};
    if (!has_data(m.kind)) return fields;
    socketio::encoded value;
    json_writer out(value.json);
    write_data(out, m, data);
    value.attachments = out.take_attachments();
    if (value.attachments.empty()) {
        fields.emplace_back("data", std::move(value.json));
    } else {
        fields.emplace_back("data", std::string{});
        append_base64(fields.back().second, to_msgpack(value));
    }
    return fields;
}

namespace {

/// 0, which is no type, where it is no number.
std::uint64_t number_of(string_view text) noexcept {
    std::uint64_t number = 0;
    auto const* const end = text.data() + text.size();
    auto const [stopped, ec] = std::from_chars(text.data(), end, number);
    return ec == std::errc{} && stopped == end ? number : 0;
}

/// Reads the data of an entry: JSON, or base64 of MessagePack.
string_view decode_content(std::string const* content,
                           wire_limits const& most,
                           socketio::encoded& out) {
    if (!content) return "a message without data";
    if (content->starts_with('{')) return decode_value(*content, most, out);
    auto const bytes = decode_base64(*content);
    return bytes ? decode_msgpack(*bytes, most, out) : "data that is neither JSON nor base64"sv;
}

}  // namespace

string_view decode_entry(entry_fields const& fields,
                         wire_limits const& most,
                         cluster_message& m,
                         data_codec const& data) {
    std::string const* content = nullptr;
    std::uint64_t type = 0;
    for (auto const& [key, value] : fields) {
        if (value.size() > most.max_bytes) return "a message that is too big";
        if (key == "uid") m.uid = value;
        if (key == "nsp") m.nsp = value;
        if (key == "data") content = &value;
        if (key == "type") type = number_of(value);
    }
    if (!is_known(type)) return "an unknown type of message";
    m.kind = static_cast<kind>(type);
    if (m.uid.empty()) return "a message without a sender";
    if (!has_data(m.kind)) return {};
    socketio::encoded value;
    if (auto const wrong = decode_content(content, most, value); !wrong.empty()) return wrong;
    return read_data(json_view(value.json, value.attachments), m, data);
}

}  // namespace anywire::redis
