#include "adapters/pubsub_codec.hpp"

#include "adapters/message_parts.hpp"

#include <array>
#include <utility>

namespace anywire::redis::pubsub {
namespace {

using namespace std::string_view_literals;
using std::string_view;
using kind = message_kind;

/// By their number on the wire.
constexpr std::array requests{kind::fetch_ids,
                              kind::fetch_rooms,
                              kind::sockets_join,
                              kind::sockets_leave,
                              kind::disconnect_sockets,
                              kind::fetch_sockets,
                              kind::server_side_emit,
                              kind::broadcast};
constexpr unsigned type_server_side_emit = 6;
constexpr unsigned type_client_count = 8;
constexpr unsigned type_client_answer = 9;

unsigned type_of(kind k) noexcept {
    unsigned type = 0;
    while (type < requests.size() && requests[type] != k) ++type;
    return type;
}

void write_member(json_writer& out, string_view key, string_view text) {
    if (text.empty()) return;
    out.key(key);
    out.string(text);
}

void write_type(json_writer& out, unsigned type) {
    out.key("type");
    out.number(type);
}

void write_packet(json_writer& out, cluster_message const& m) {
    out.begin_object();
    write_type(out, 2);
    out.key("data");
    out.raw(json_view(m.packet.json, m.packet.attachments));
    out.key("nsp");
    out.string(m.nsp);
    out.end_object();
}

/// What follows the type of a request.
void write_request(json_writer& out, cluster_message const& m) {
    switch (m.kind) {
        case kind::fetch_rooms: return;
        case kind::broadcast:
            out.key("packet");
            write_packet(out, m);
            out.key("opts");
            return write_opts(out, m.to, m.flags, opts_form::whole);
        case kind::server_side_emit:
            out.key("data");
            return out.raw(json_view(m.packet.json, m.packet.attachments));
        case kind::fetch_ids: break;
        default: out.key("opts"); write_opts(out, m.to, m.flags, opts_form::without_flags);
    }
    if (m.kind == kind::disconnect_sockets) {
        out.key("close");
        out.boolean(m.close);
    } else if (m.kind != kind::fetch_sockets) {
        out.key("rooms");
        write_strings(out, m.kind == kind::fetch_ids ? m.to.rooms : m.rooms);
    }
}

struct members {
    std::optional<json_view> type{};
    std::optional<json_view> uid{};
    std::optional<json_view> request_id{};
    std::optional<json_view> packet{};
    std::optional<json_view> opts{};
    std::optional<json_view> rooms{};
    std::optional<json_view> close{};
    std::optional<json_view> data{};
    std::optional<json_view> sid{};
    std::optional<json_view> room{};
};

members find_members(json_view in) {
    auto const f = pick<10>(in,
                            {"type"sv,
                             "uid"sv,
                             "requestId"sv,
                             "packet"sv,
                             "opts"sv,
                             "rooms"sv,
                             "close"sv,
                             "data"sv,
                             "sid"sv,
                             "room"sv});
    return {.type = f[0],
            .uid = f[1],
            .request_id = f[2],
            .packet = f[3],
            .opts = f[4],
            .rooms = f[5],
            .close = f[6],
            .data = f[7],
            .sid = f[8],
            .room = f[9]};
}

std::optional<std::uint64_t> number_of(std::optional<json_view> const& value) {
    return value ? value->as_uint64() : std::nullopt;
}

string_view read_packet(json_view in, cluster_message& m) {
    auto const [data, nsp] = pick<2>(in, {"data"sv, "nsp"sv});
    if (!data || !is_event(*data)) return "an event that is no array with a name";
    m.packet = take_event(*data);
    if (nsp) m.nsp = text_of(nsp);
    return {};
}

/// How servers of old asked for one socket: `sid` and `room` instead of `opts`.
string_view read_one_socket(members const& in, cluster_message& m) {
    if (!in.sid || in.sid->kind() != json_kind::string) return "a request for no socket";
    m.sid = text_of(in.sid);
    if (in.room) m.rooms.push_back(text_of(in.room));
    m.close = in.close && in.close->as_bool().value_or(false);
    m.kind = m.kind == kind::sockets_join    ? kind::join_one
             : m.kind == kind::sockets_leave ? kind::leave_one
                                             : kind::disconnect_one;
    return {};
}

constexpr string_view no_rooms = "rooms that are no strings";

/// A request to all sockets that `opts` says.
string_view read_many_sockets(members const& in, cluster_message& m) {
    if (!in.opts || !read_opts(*in.opts, m.to, m.flags))
        return "options that are not rooms and exceptions";
    if (m.kind == kind::broadcast)
        return in.packet ? read_packet(*in.packet, m) : "a broadcast without a packet"sv;
    m.close = in.close && in.close->as_bool().value_or(false);
    auto const has_rooms = m.kind == kind::sockets_join || m.kind == kind::sockets_leave;
    if (has_rooms && (!in.rooms || !read_strings(*in.rooms, m.rooms))) return no_rooms;
    return {};
}

string_view read_request(members const& in, cluster_message& m) {
    auto const asks = m.kind == kind::fetch_ids || m.kind == kind::fetch_rooms ||
                      m.kind == kind::fetch_sockets || m.kind == kind::broadcast;
    if (asks && m.request_id.empty()) return "a request without an id";
    switch (m.kind) {
        case kind::fetch_rooms: return {};
        case kind::fetch_ids:
            if (in.rooms && !read_strings(*in.rooms, m.to.rooms)) return no_rooms;
            return {};
        case kind::server_side_emit:
            if (!in.data || !is_event(*in.data)) return "an event that is no array with a name";
            m.packet = take_event(*in.data);
            return {};
        default: break;
    }
    auto const is_of_old = m.kind != kind::fetch_sockets && m.kind != kind::broadcast && !in.opts;
    return is_of_old ? read_one_socket(in, m) : read_many_sockets(in, m);
}

void append_escaped(std::string& out, string_view text) {
    for (auto const c : text) {
        if ("*?[]\\^"sv.find(c) != string_view::npos) out.push_back('\\');
        out.push_back(c);
    }
}

}  // namespace

// -- channels -------------------------------------------------------------------------------------

channels::channels(string_view key, string_view nsp) {
    auto const rest = "#" + std::string(nsp) + "#";
    broadcast.append(key).append(rest);
    request.append(key).append("-request").append(rest);
    response.append(key).append("-response").append(rest);
}

std::string channels::of_broadcast(audience const& to) const {
    return to.rooms.size() == 1 ? broadcast + to.rooms.front() + "#" : broadcast;
}

std::string channels::pattern() const {
    std::string out;
    append_escaped(out, broadcast);
    return out + "*";
}

std::string channels::response_to(string_view uid) const {
    return response + std::string(uid) + "#";
}

channels::match channels::find(string_view channel) const noexcept {
    if (!channel.starts_with(broadcast)) return {};
    channel.remove_prefix(broadcast.size());
    if (channel.empty()) return {true, {}};
    if (!channel.ends_with('#')) return {};
    channel.remove_suffix(1);
    return {true, channel};
}

// -- broadcasts -----------------------------------------------------------------------------------

std::string encode_broadcast(cluster_message const& m, bool is_emitter) {
    socketio::encoded value;
    json_writer out(value.json);
    out.begin_array();
    out.string(m.uid);
    write_packet(out, m);
    write_opts(out, m.to, m.flags, is_emitter ? opts_form::of_emitter : opts_form::whole);
    out.end_array();
    value.attachments = out.take_attachments();
    return to_msgpack(value);
}

string_view decode_broadcast(string_view bytes, wire_limits const& most, cluster_message& m) {
    socketio::encoded value;
    if (auto const wrong = decode_msgpack(bytes, most, value); !wrong.empty()) return wrong;
    json_view const in(value.json, value.attachments);
    if (in.kind() != json_kind::array) return "a broadcast that is no array";
    std::array<json_view, 3> parts{};
    std::size_t n = 0;
    for (auto const each : in.elements()) {
        if (n < parts.size()) parts[n] = each;
        ++n;
    }
    if (n < parts.size()) return "a broadcast of less than three parts";
    m.kind = kind::broadcast;
    m.uid = text_of(parts[0]);
    if (m.uid.empty()) return "a message without a sender";
    // What is not said is the main namespace.
    m.nsp = "/";
    if (auto const wrong = read_packet(parts[1], m); !wrong.empty()) return wrong;
    if (parts[2].is_null() || read_opts(parts[2], m.to, m.flags)) return {};
    return "options that are not rooms and exceptions";
}

// -- requests -------------------------------------------------------------------------------------

std::string encode_request(cluster_message const& m) {
    socketio::encoded value;
    json_writer out(value.json);
    out.begin_object();
    write_member(out, "uid", m.uid);
    write_member(out, "requestId", m.request_id);
    write_type(out, type_of(m.kind));
    write_request(out, m);
    out.end_object();
    value.attachments = out.take_attachments();
    return m.kind == kind::broadcast ? to_msgpack(value) : to_plain_json(std::move(value));
}

string_view decode_request(string_view bytes, wire_limits const& most, cluster_message& m) {
    socketio::encoded value;
    if (auto const wrong = decode_value(bytes, most, value); !wrong.empty()) return wrong;
    json_view const in(value.json, value.attachments);
    if (in.kind() != json_kind::object) return "a request that is no object";
    auto const all = find_members(in);
    auto const type = number_of(all.type);
    if (!type || *type >= requests.size()) return "an unknown type of request";
    m.kind = requests[static_cast<std::size_t>(*type)];
    m.uid = text_of(all.uid);
    m.request_id = text_of(all.request_id);
    return read_request(all, m);
}

// -- responses ------------------------------------------------------------------------------------

std::string encode_response(cluster_message const& m, data_codec const& data) {
    socketio::encoded value;
    json_writer out(value.json);
    out.begin_object();
    auto const type = m.kind == kind::server_side_answer ? type_server_side_emit
                      : m.kind == kind::client_count     ? type_client_count
                      : m.kind == kind::client_answer    ? type_client_answer
                                                         : 0;
    if (type != 0) write_type(out, type);
    write_member(out, "requestId", m.request_id);
    switch (m.kind) {
        case kind::fetched_sockets:
            out.key("sockets");
            write_sockets(out, m.sockets, data);
            break;
        case kind::fetch_ids: {
            out.key("sockets");
            std::vector<std::string> ids;
            for (auto const& s : m.sockets) ids.push_back(s.id);
            write_strings(out, ids);
            break;
        }
        case kind::fetched_rooms:
            out.key("rooms");
            write_strings(out, m.rooms);
            break;
        case kind::client_count:
            out.key("clientCount");
            out.number(m.clients);
            break;
        case kind::server_side_answer:
        case kind::client_answer:
            out.key(m.kind == kind::client_answer ? "packet" : "data");
            write_answer(out, m.packet);
            break;
        default: break;
    }
    out.end_object();
    value.attachments = out.take_attachments();
    return m.kind == kind::client_answer ? to_msgpack(value) : to_plain_json(std::move(value));
}

string_view decode_response(string_view bytes,
                            wire_limits const& most,
                            cluster_message& m,
                            data_codec const& data) {
    socketio::encoded value;
    if (auto const wrong = decode_value(bytes, most, value); !wrong.empty()) return wrong;
    json_view const in(value.json, value.attachments);
    if (in.kind() != json_kind::object) return "an answer that is no object";
    auto const [type, request_id, sockets, rooms, answer, clients, packet] = pick<7>(
        in,
        {"type"sv, "requestId"sv, "sockets"sv, "rooms"sv, "data"sv, "clientCount"sv, "packet"sv});
    m.request_id = text_of(request_id);
    if (m.request_id.empty()) return "an answer without the request's id";
    auto const number = number_of(type).value_or(0);
    if (number == type_server_side_emit) {
        m.kind = kind::server_side_answer;
        m.packet = take_answer(answer);
    } else if (number == type_client_answer) {
        m.kind = kind::client_answer;
        m.packet = take_answer(packet);
    } else if (number == type_client_count) {
        auto const n = number_of(clients);
        if (!n) return "a count that is no number";
        m.kind = kind::client_count;
        m.clients = *n;
    } else if (sockets) {
        m.kind = kind::fetched_sockets;
        if (!read_sockets(*sockets, m.sockets, data)) return "sockets that are none";
    } else if (rooms) {
        m.kind = kind::fetched_rooms;
        if (!read_strings(*rooms, m.rooms)) return "rooms that are no strings";
    } else {
        m.kind = kind::done;
    }
    return {};
}

}  // namespace anywire::redis::pubsub
