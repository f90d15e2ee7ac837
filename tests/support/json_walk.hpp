#pragma once

#include <anywire/socketio/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>

// Socket.IO's JSON walked from end to end by its views.
namespace anywire::test {

inline std::string_view text_of(std::span<std::byte const> bytes) {
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

/// Writes a value anew, each part by what the view says it is.
inline void rewrite(socketio::json_writer& out, socketio::json_view v) {
    using enum socketio::json_kind;
    switch (v.kind()) {
        case null: return out.null();
        case boolean: return out.boolean(v.as_bool().value());
        case number:
            if (auto const i = v.as_int64()) return out.number(*i);
            if (auto const u = v.as_uint64()) return out.number(*u);
            if (auto const d = v.as_double()) return out.number(*d);
            return out.raw(v);
        case string: return out.string(v.as_string().value());
        case binary: return out.bytes(v.as_bytes().value());
        case array:
            out.begin_array();
            for (auto const e : v.elements()) rewrite(out, e);
            return out.end_array();
        case object:
            out.begin_object();
            for (auto const [key, value] : v.members()) {
                out.key(key.as_string().value_or(""));
                rewrite(out, value);
            }
            return out.end_object();
    }
}

/// What a value means, its bytes included: equal for values that differ in writing only.
inline std::string meaning(socketio::json_view v) {
    std::string text;
    socketio::json_writer out(text);
    rewrite(out, v);
    for (auto const& a : out.attachments()) {
        text.append("|").append(std::to_string(a.size())).append(":").append(a);
    }
    return text;
}

/// How many values are bytes.
inline std::size_t count_binary(socketio::json_view v) {
    if (v.kind() == socketio::json_kind::binary) return 1;
    std::size_t count = 0;
    for (auto const e : v.elements()) count += count_binary(e);
    for (auto const m : v.members()) count += count_binary(m.value);
    return count;
}

}  // namespace anywire::test
