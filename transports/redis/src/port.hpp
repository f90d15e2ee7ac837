#pragma once

#include <anywire/log.hpp>
#include <anywire/redis/connection.hpp>

#include "core/siphash.hpp"
#include "core/timer_wheel.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::redis {

/// What adapters and buses need of whatever carries their messages, and of the world: a
/// `connection`, a `unix_bus`, or a test's own.
///
/// Thread: any. What is given to it is called where it runs, one at a time, never from within a
///         call to it.
class port {
public:
    using count_fn = std::function<void(error_code, std::uint64_t)>;

    virtual ~port() = default;

    /// What it is, at the beginning of lines in the log.
    virtual std::string_view name() const noexcept { return "redis"; }

    /// As the functions of `connection`. Says nothing of what becomes of it.
    virtual void publish(channel_kind kind, std::string channel, std::string payload) = 0;
    [[nodiscard]] virtual subscription subscribe(channel_kind kind,
                                                 std::string channel,
                                                 connection::message_handler on_message) = 0;
    virtual void count_subscribers(channel_kind kind, std::string channel, count_fn done) = 0;
    virtual bool is_ready() const = 0;

    /// Whether it can be known who hears a channel, and who goes. Without, the next two do nothing.
    virtual bool sees_servers() const noexcept { return false; }
    /// Gives the channels that begin with `prefix` and that anybody hears.
    virtual void list_channels(std::string prefix,
                               std::function<void(std::vector<std::string>)> done) {
        (void)prefix, (void)done;
    }
    /// Calls `on_end` with each such channel whose process hears it no more, or has gone.
    [[nodiscard]] virtual subscription watch_ends(std::string prefix,
                                                  std::function<void(std::string_view)> on_end) {
        (void)prefix, (void)on_end;
        return {};
    }

    /// Calls `fn` then, unless the result has gone before.
    [[nodiscard]] virtual subscription after(std::chrono::milliseconds delay,
                                             std::function<void()> fn) = 0;
    /// For the log, and for what is logged once in a while.
    virtual tick now() const = 0;
    virtual void log(log_level level, std::string_view line) = 0;
    virtual void draw_random(std::span<unsigned char> to) = 0;

protected:
    port() = default;
    port(port const&) = default;
    port& operator=(port const&) = default;
};

/// The same where something is kept, too: Redis alone.
class stream_port : public port {
public:
    using answer_fn = connection::reply_handler;

    /// As the functions of `connection`.
    virtual void command(std::vector<std::string> args, answer_fn done) = 0;
    virtual void transaction(std::vector<std::vector<std::string>> commands, answer_fn done) = 0;
    [[nodiscard]] virtual subscription read_stream(stream_options what,
                                                   connection::entry_handler on_entry) = 0;
    [[nodiscard]] virtual subscription watch(
        std::function<void(state_change const&)> on_change) = 0;
};

/// An id that nobody can guess: so many characters of an alphabet of 16 or 64.
[[nodiscard]] std::string draw_id(port& from, std::size_t size, std::string_view alphabet);
inline constexpr std::string_view hex_alphabet = "0123456789abcdef";
inline constexpr std::string_view url_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// For a table by names that others choose.
[[nodiscard]] siphash_key draw_key(port& from);

}  // namespace anywire::redis
