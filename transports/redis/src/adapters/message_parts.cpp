#include "adapters/message_parts.hpp"

#include <anywire/json.hpp>

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace anywire::redis {
namespace {

using namespace std::string_view_literals;
using socketio::emit_flags;
using socketio::remote_socket;
using pairs = std::vector<std::pair<std::string, std::string>>;

void write_flags(json_writer& out, emit_flags const& flags) {
    out.begin_object();
    if (flags.is_volatile) {
        out.key("volatile");
        out.boolean(true);
    }
    if (!flags.is_compressed) {
        out.key("compress");
        out.boolean(false);
    }
    if (flags.timeout) {
        out.key("timeout");
        out.number(flags.timeout->count());
    }
    // Of this library: other servers do not look at it.
    if (!flags.key.empty()) {
        out.key("latest");
        out.string(flags.key);
    }
    out.end_object();
}

void read_flags(json_view in, emit_flags& flags) {
    auto const [is_volatile, compress, timeout, latest] =
        pick<4>(in, {"volatile"sv, "compress"sv, "timeout"sv, "latest"sv});
    flags.is_volatile = is_volatile && is_volatile->as_bool().value_or(false);
    flags.is_compressed = !compress || compress->as_bool().value_or(true);
    // A day is long for an answer, and no sum with it overflows.
    constexpr double longest = 86'400'000;
    if (auto const ms = timeout ? timeout->as_double() : std::nullopt; ms && *ms >= 0)
        flags.timeout =
            std::chrono::milliseconds(static_cast<std::int64_t>(std::min(*ms, longest)));
    flags.key = text_of(latest);
}

std::string text_or_number(json_view value) {
    auto const kind = value.kind();
    if (kind == json_kind::number || kind == json_kind::boolean) return std::string(value.text());
    return value.as_string().value_or("");
}

/// Values that are strings, or arrays of them.
void read_pairs(std::optional<json_view> const& in, pairs& out) {
    if (!in) return;
    for (auto const member : in->members()) {
        auto const key = member.key.as_string().value_or("");
        if (member.value.kind() != json_kind::array) {
            out.emplace_back(key, text_or_number(member.value));
            continue;
        }
        for (auto const each : member.value.elements()) out.emplace_back(key, text_or_number(each));
    }
}

bool truth(std::optional<json_view> const& value) noexcept {
    return value && value->as_bool().value_or(false);
}

void read_handshake(json_view in, socketio::handshake& out) {
    auto const [headers, time, address, xdomain, secure, issued, url, query, auth] =
        pick<9>(in,
                {"headers"sv,
                 "time"sv,
                 "address"sv,
                 "xdomain"sv,
                 "secure"sv,
                 "issued"sv,
                 "url"sv,
                 "query"sv,
                 "auth"sv});
    read_pairs(headers, out.headers);
    read_pairs(query, out.query);
    out.time = text_of(time);
    out.address = text_of(address);
    out.xdomain = truth(xdomain);
    out.secure = truth(secure);
    out.issued = issued ? issued->as_int64().value_or(0) : 0;
    out.url = text_of(url);
    out.auth = json_value(auth ? *auth : json_view("{}"sv));
}

bool read_socket(json_view in, remote_socket& out, data_codec const& how) {
    if (auto id = in.as_string()) {
        out.id = std::move(*id);
        return true;
    }
    auto const [id, handshake, rooms, data] =
        pick<4>(in, {"id"sv, "handshake"sv, "rooms"sv, "data"sv});
    if (!id || id->kind() != json_kind::string) return false;
    out.id = text_of(id);
    if (handshake) read_handshake(*handshake, out.handshake);
    if (rooms && !read_strings(*rooms, out.rooms)) return false;
    if (data) out.data = data_from_json(*data, how);
    return true;
}

template <class T>
bool write_as(std::any const& value, json_value& out) {
    auto const* const found = std::any_cast<T>(&value);
    if (found) {
        std::string text;
        json_writer to(text);
        write_value(to, *found);
        out = json_value(std::move(text), to.take_attachments());
    }
    return found != nullptr;
}

}  // namespace

void write_strings(json_writer& out, std::vector<std::string> const& all) {
    out.begin_array();
    for (auto const& each : all) out.string(each);
    out.end_array();
}

bool read_strings(json_view in, std::vector<std::string>& out) {
    if (in.kind() != json_kind::array) return false;
    for (auto const each : in.elements()) {
        auto const kind = each.kind();
        if (kind != json_kind::string && kind != json_kind::number) return false;
        out.push_back(text_or_number(each));
    }
    return true;
}

void write_opts(json_writer& out, audience const& to, emit_flags const& flags, opts_form form) {
    out.begin_object();
    out.key("rooms");
    write_strings(out, to.rooms);
    if (form == opts_form::of_emitter) {
        out.key("flags");
        write_flags(out, flags);
    }
    out.key("except");
    write_strings(out, to.except);
    if (form == opts_form::whole) {
        out.key("flags");
        write_flags(out, flags);
    }
    out.end_object();
}

bool read_opts(json_view in, audience& to, emit_flags& flags) {
    if (in.kind() != json_kind::object) return false;
    auto const [rooms, except, found] = pick<3>(in, {"rooms"sv, "except"sv, "flags"sv});
    if (found) read_flags(*found, flags);
    return (!rooms || rooms->is_null() || read_strings(*rooms, to.rooms)) &&
           (!except || except->is_null() || read_strings(*except, to.except));
}

void write_sockets(json_writer& out,
                   std::vector<remote_socket> const& all,
                   data_codec const& data) {
    out.begin_array();
    for (auto const& s : all) {
        out.begin_object();
        out.key("id");
        out.string(s.id);
        out.key("handshake");
        to_json(out, s.handshake);
        out.key("rooms");
        write_strings(out, s.rooms);
        out.key("data");
        auto const kept = data_to_json(s.data, data);
        out.raw(kept.view());
        out.end_object();
    }
    out.end_array();
}

bool read_sockets(json_view in, std::vector<remote_socket>& out, data_codec const& data) {
    if (in.kind() != json_kind::array) return false;
    for (auto const each : in.elements())
        if (!read_socket(each, out.emplace_back(), data)) return false;
    return true;
}

json_value data_to_json(std::any const& value, data_codec const& data) {
    if (data.write) return data.write(value);
    json_value out(json_view("{}"sv));
    if (auto const* const known = std::any_cast<json_value>(&value)) return *known;
    (void)(write_as<std::string>(value, out) || write_as<bool>(value, out) ||
           write_as<int>(value, out) || write_as<std::int64_t>(value, out) ||
           write_as<std::uint64_t>(value, out) || write_as<double>(value, out) ||
           write_as<json_object>(value, out));
    return out;
}

std::any data_from_json(json_view value, data_codec const& data) {
    if (data.read) return data.read(json_value(value));
    return json_value(value);
}

bool is_event(json_view value) {
    if (value.kind() != json_kind::array) return false;
    auto const all = value.elements();
    auto const first = all.begin();
    if (first == json_elements::end()) return false;
    auto const kind = (*first).kind();
    return kind == json_kind::string || kind == json_kind::number;
}

socketio::encoded take_event(json_view value) {
    socketio::encoded out;
    json_writer to(out.json);
    to.raw(value);
    out.attachments = to.take_attachments();
    return out;
}

socketio::encoded take_answer(std::optional<json_view> const& value) {
    socketio::encoded out;
    json_writer to(out.json);
    to.begin_array();
    if (value) to.raw(*value);
    to.end_array();
    out.attachments = to.take_attachments();
    return out;
}

void write_answer(json_writer& out, socketio::encoded const& answer) {
    socketio::arguments const all(answer.json, answer.attachments);
    out.raw(all[0]);
}

}  // namespace anywire::redis
