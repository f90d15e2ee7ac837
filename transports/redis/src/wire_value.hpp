#pragma once

#include <anywire/socketio/ack.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// What every message between servers is made of: one value, as JSON or as MessagePack.
namespace anywire::redis {

/// Bounds of one message from Redis. Whoever may publish there is trusted with the application's
/// events, but not with its memory.
struct wire_limits {
    /// Most bytes of a message as it comes, and of what it becomes. Default 16 MiB.
    std::size_t max_bytes = 16u << 20;
    /// Levels of arrays and objects, those of the message around an event included. Default 136:
    /// 128 for the event.
    unsigned max_depth = 136;
    /// Most binary values in one message. Default 4 096.
    unsigned max_attachments = 4'096;
};

/// Reads a message into JSON and the bytes beside it; it is JSON if it begins with `{`, else
/// MessagePack. Says what is wrong with it, or nothing. What is read is UTF-8, and its placeholders
/// are right.
///
/// Limits: all of `wire_limits`, before anything of that size is stored.
/// Borrow: what it returns lives as long as the program.
/// Cost:   linear, no recursion.
[[nodiscard]] std::string_view decode_value(std::string_view bytes,
                                            wire_limits const& most,
                                            socketio::encoded& out);

/// The same of MessagePack alone.
[[nodiscard]] std::string_view decode_msgpack(std::string_view bytes,
                                              wire_limits const& most,
                                              socketio::encoded& out);

/// A value as MessagePack, its bytes in their places.
[[nodiscard]] std::string to_msgpack(socketio::encoded const& value);
/// As JSON if there are no bytes beside it, else as MessagePack.
[[nodiscard]] std::string to_either(socketio::encoded value);
/// As JSON in any case: bytes are objects as `JSON.stringify` makes them of a Buffer.
[[nodiscard]] std::string to_plain_json(socketio::encoded value);

/// The code point at a place of a text, which is put after it. Requires: UTF-8.
inline unsigned next_point(std::string_view text, std::size_t& at) {
    auto const byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
    };
    auto const lead = byte(at);
    auto const size = lead < 0xc0 ? 1u : lead < 0xe0 ? 2u : lead < 0xf0 ? 3u : 4u;
    auto point = size == 1 ? lead : lead & (0x7fu >> size);
    for (std::size_t k = 1; k < size; ++k) point = (point << 6) | (byte(at + k) & 0x3fu);
    at += size;
    return point;
}

/// Calls `visit(unit)` for each UTF-16 unit of a text, as JavaScript counts them. Requires: UTF-8.
template <class Visit>
void for_each_utf16(std::string_view text, Visit visit) {
    for (std::size_t at = 0; at < text.size();) {
        auto const point = next_point(text, at);
        if (point < 0x10000) {
            visit(point);
            continue;
        }
        visit(0xd800 + ((point - 0x10000) >> 10));
        visit(0xdc00 + (point & 0x3ff));
    }
}

/// The members of these names, in one pass over the object; of those with the same key the last.
template <std::size_t N>
std::array<std::optional<json_view>, N> pick(json_view object,
                                             std::array<std::string_view, N> const& names) {
    std::array<std::optional<json_view>, N> found{};
    for (auto const member : object.members())
        for (std::size_t i = 0; i < N; ++i)
            if (member.key.equals(names[i])) found[i] = member.value;
    return found;
}

/// A string; empty where there is none.
[[nodiscard]] inline std::string text_of(std::optional<json_view> const& value) {
    return value ? value->as_string().value_or("") : std::string{};
}

}  // namespace anywire::redis
