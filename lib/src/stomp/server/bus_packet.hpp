#pragma once

#include "published.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace anywire::stomp {

/// What one node tells the others.
struct bus_packet {
    enum class kind : std::uint8_t {
        topic,       ///< A message for the subscribers of its destination.
        user,        ///< One for the sessions of a user,
        client,      ///< or for one client, by its id.
        disconnect,  ///< A user's sessions shall end; `text` is what they are told.
        // Of queues; `whom` is the node that it is from, but for the last.
        have,  ///< Messages wait there, in queues whose names `text` has, a line each.
        pull,  ///< It has room: `text` has a node, or nothing for all; a number; a queue; by line.
        give,  ///< A message for that node: `text` has who sends it, deliveries, age, and whether
               ///< more wait.
    };
    kind what = kind::topic;
    std::string whom{};
    std::string text{};
    published_ptr message{};  ///< Null where there is none.
};

/// The bytes of a packet: its kind, then its texts, each led by its length.
[[nodiscard]] std::string encode_packet(bus_packet const& p);
/// Nothing for bytes that are no packet. What is read is a copy, never longer than the bytes.
[[nodiscard]] std::optional<bus_packet> decode_packet(std::string_view bytes);

}  // namespace anywire::stomp
