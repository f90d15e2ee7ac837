#pragma once

#include <anywire/hub.hpp>

#include "wire_value.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// What the endpoints of several servers tell each other. The format is this library's own: a
// MessagePack array of [version, kind, uid, ...], by kind
//
//   broadcast      rooms, except, key, whether binary, the message's bytes
//   a question     request's id, rooms, except, member
//   an answer      request's id, names, count
//
// Whoever meets a version or a kind that he does not know leaves the message alone.
namespace anywire::redis {

inline constexpr std::uint64_t bus_version = 1;

enum class bus_kind : std::uint8_t { broadcast, rooms, members, count, rooms_of, answer };

struct bus_message {
    bus_kind kind{};
    std::string uid{};
    std::string request_id{};
    audience to{};
    std::string key{};     ///< `send_flags::key`
    std::string member{};  ///< Of `rooms_of`.
    bool is_binary = false;
    std::string bytes{};  ///< UTF-8, unless it is binary.
    std::vector<std::string> names{};
    std::uint64_t count = 0;
};

[[nodiscard]] std::string encode_bus(bus_message const& m);
/// Says what is wrong, or nothing.
[[nodiscard]] std::string_view decode_bus(std::string_view bytes,
                                          wire_limits const& most,
                                          bus_message& m);

}  // namespace anywire::redis
