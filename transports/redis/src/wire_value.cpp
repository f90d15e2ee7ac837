#include "wire_value.hpp"

#include "core/json_check.hpp"
#include "core/json_placeholder.hpp"
#include "core/utf8.hpp"
#include "socketio/msgpack.hpp"
#include "socketio/packet.hpp"

#include <utility>

namespace anywire::redis {
namespace {

using std::string_view;

constexpr string_view too_big = "a message that is too big";

string_view decode_json(string_view text, wire_limits const& most, socketio::encoded& out) {
    // What is in it goes to clients as text.
    if (!is_utf8(text)) return "a message that is not UTF-8";
    if (check_json(text, most.max_depth)) return "a message that is no JSON, or nested too deep";
    out.json = text;
    return {};
}

/// As `JSON.stringify` writes a Buffer of Node.
void append_buffer(std::string& out, string_view bytes) {
    out.append(R"({"type":"Buffer","data":[)");
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i != 0) out.push_back(',');
        out.append(std::to_string(static_cast<unsigned char>(bytes[i])));
    }
    out.append("]}");
}

}  // namespace

string_view decode_value(string_view bytes, wire_limits const& most, socketio::encoded& out) {
    if (bytes.size() > most.max_bytes) return too_big;
    if (bytes.starts_with('{')) return decode_json(bytes, most, out);
    return decode_msgpack(bytes, most, out);
}

string_view decode_msgpack(string_view bytes, wire_limits const& most, socketio::encoded& out) {
    if (bytes.size() > most.max_bytes) return too_big;
    auto const wrong = socketio::msgpack::to_json(bytes,
                                                  {.max_attachments = most.max_attachments,
                                                   .max_depth = most.max_depth,
                                                   .max_bytes = most.max_bytes},
                                                  out.json,
                                                  out.attachments);
    if (!wrong.empty()) return wrong;
    // An object that only looks like bytes would cost the receivers their connections.
    auto const n = out.attachments.size();
    if (n != 0 && !socketio::wire::has_sound_placeholders(out.json, n))
        return "a message with an object that only looks like bytes";
    return {};
}

std::string to_msgpack(socketio::encoded const& value) {
    std::string out;
    socketio::msgpack::append_json(out, value.json, value.attachments);
    return out;
}

std::string to_either(socketio::encoded value) {
    return value.attachments.empty() ? std::move(value.json) : to_msgpack(value);
}

std::string to_plain_json(socketio::encoded value) {
    if (value.attachments.empty()) return std::move(value.json);
    anywire::detail::reference_list references{.attachments = value.attachments.size()};
    anywire::detail::reference_finder(value.json, references);
    std::string out;
    std::size_t at = 0;
    for (auto const& r : references.found) {
        out.append(value.json, at, r.begin - at);
        append_buffer(out, value.attachments[static_cast<std::size_t>(*r.number)]);
        at = r.end;
    }
    return out.append(value.json, at);
}

}  // namespace anywire::redis
