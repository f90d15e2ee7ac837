#include "core.hpp"

#include <array>
#include <utility>

namespace anywire::redis {
namespace {

using enum number_family::kind;

struct row {
    char const* name;
    char const* help;
    number_family::kind is;
    std::uint64_t (*value)(health const& h) noexcept;
};

constexpr std::array<row, 10> rows{{
    {"anywire_redis_ready",
     "1 while commands are sent and all channels are subscribed to.",
     gauge,
     [](health const& h) noexcept -> std::uint64_t { return h.state == state::ready; }},
    {"anywire_redis_waiting_commands",
     "Commands to Redis that are not answered yet.",
     gauge,
     [](health const& h) noexcept -> std::uint64_t { return h.waiting_commands; }},
    {"anywire_redis_queued_bytes",
     "Bytes of these, each charged 64 more.",
     gauge,
     [](health const& h) noexcept -> std::uint64_t { return h.queued_bytes; }},
    {"anywire_redis_channels",
     "Channels and patterns of Redis that are subscribed to.",
     gauge,
     [](health const& h) noexcept -> std::uint64_t { return h.channels; }},
    {"anywire_redis_channel_bytes",
     "Bytes of their names, and of what is not confirmed yet, each charged 64 more.",
     gauge,
     [](health const& h) noexcept -> std::uint64_t { return h.channel_bytes; }},
    {"anywire_redis_reconnects",
     "How often a connection to Redis has become ready again.",
     counter,
     [](health const& h) noexcept { return h.reconnects; }},
    {"anywire_redis_errors",
     "Losses of Redis, attempts to connect that failed, and what it refused for good.",
     counter,
     [](health const& h) noexcept { return h.errors; }},
    {"anywire_redis_commands",
     "Commands that were sent to Redis.",
     counter,
     [](health const& h) noexcept { return h.commands; }},
    {"anywire_redis_commands_dropped",
     "Commands that found no room, or got no answer.",
     counter,
     [](health const& h) noexcept { return h.dropped; }},
    {"anywire_redis_messages",
     "Messages of Redis' channels and streams.",
     counter,
     [](health const& h) noexcept { return h.messages; }},
}};

}  // namespace

number_source core::numbers(std::string name) const {
    return [counts = counts_, name = std::move(name)](number_families& to) {
        auto const now = counts->health();
        for (auto const& r : rows)
            to.push_back({.name = r.name,
                          .help = r.help,
                          .is = r.is,
                          .samples = {{r.value(now), {{"connection", name}}}}});
    };
}

}  // namespace anywire::redis
