#include "adapters/session_codec.hpp"

#include "adapters/message_parts.hpp"
#include "core/base64.hpp"

#include <charconv>

namespace anywire::redis {

using namespace std::string_view_literals;
using std::string_view;

std::string encode_session(socketio::stored_session const& s, data_codec const& data) {
    socketio::encoded value;
    json_writer out(value.json);
    out.begin_object();
    out.key("sid");
    out.string(s.id);
    out.key("pid");
    out.string(s.pid);
    out.key("rooms");
    write_strings(out, s.rooms);
    out.key("data");
    auto const kept = data_to_json(s.data, data);
    out.raw(kept.view());
    out.end_object();
    value.attachments = out.take_attachments();
    std::string text;
    append_base64(text, to_msgpack(value));
    return text;
}

string_view decode_session(string_view text,
                           wire_limits const& most,
                           socketio::stored_session& out,
                           data_codec const& data) {
    if (text.size() > most.max_bytes) return "a session that is too big";
    auto const bytes = decode_base64(text);
    if (!bytes) return "a session that is not base64";
    socketio::encoded value;
    if (auto const wrong = decode_msgpack(*bytes, most, value); !wrong.empty()) return wrong;
    json_view const in(value.json, value.attachments);
    auto const [sid, pid, rooms, kept] = pick<4>(in, {"sid"sv, "pid"sv, "rooms"sv, "data"sv});
    out.id = text_of(sid);
    out.pid = text_of(pid);
    if (out.id.empty() || out.pid.empty()) return "a session without its ids";
    if (rooms && !read_strings(*rooms, out.rooms)) return "rooms that are no strings";
    if (kept) out.data = data_from_json(*kept, data);
    return {};
}

std::optional<entry_id> parse_entry_id(string_view text) noexcept {
    entry_id id;
    auto const take = [&](std::uint64_t& number) {
        auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (ec != std::errc{}) return false;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        return true;
    };
    if (!take(id.time) || !text.starts_with('-')) return std::nullopt;
    text.remove_prefix(1);
    if (!take(id.sequence) || !text.empty()) return std::nullopt;
    return id;
}

std::string stream_suffix(string_view nsp, unsigned streams) {
    if (streams <= 1) return {};
    std::uint32_t hash = 0;
    for_each_utf16(nsp, [&](unsigned unit) { hash = hash * 31 + unit; });
    auto const rest = static_cast<std::int64_t>(static_cast<std::int32_t>(hash)) %
                      static_cast<std::int64_t>(streams);
    // As JavaScript writes it: a remainder of -0 is 0.
    return "-" + std::to_string(rest);
}

}  // namespace anywire::redis
