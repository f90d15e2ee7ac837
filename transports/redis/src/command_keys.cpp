#include "command_keys.hpp"

#include "core/ascii.hpp"

#include <algorithm>
#include <array>

namespace anywire::redis {
namespace {

template <std::size_t N>
bool is_among(std::array<std::string_view, N> const& names, std::string_view name) noexcept {
    return std::any_of(
        names.begin(), names.end(), [&](std::string_view n) { return iequals(n, name); });
}

constexpr std::array<std::string_view, 31> exclusive{
    "subscribe", "unsubscribe", "psubscribe", "punsubscribe", "ssubscribe", "sunsubscribe",
    "multi",     "exec",        "discard",    "watch",        "unwatch",    "monitor",
    "select",    "auth",        "hello",      "reset",        "quit",       "sync",
    "psync",     "asking",      "readonly",   "readwrite",    "wait",       "blpop",
    "brpop",     "brpoplpush",  "blmove",     "blmpop",       "bzpopmin",   "bzpopmax",
    "bzmpop"};

constexpr std::array<std::string_view, 28> keyless{
    "ping",    "echo",    "info",      "time",     "pubsub",   "publish",  "config",
    "client",  "cluster", "command",   "script",   "dbsize",   "flushall", "flushdb",
    "keys",    "scan",    "randomkey", "lastsave", "save",     "bgsave",   "bgrewriteaof",
    "slowlog", "latency", "acl",       "role",     "failover", "module",   "function"};

/// The key is argument 2, after a subcommand or an operation.
constexpr std::array<std::string_view, 7> after_word{
    "object", "memory", "xgroup", "xinfo", "bitop", "debug", "pfdebug"};

/// Argument 2 counts the keys, which follow; after those of `count_first`, argument 1 does.
constexpr std::array<std::string_view, 6> count_second{
    "eval", "evalsha", "eval_ro", "evalsha_ro", "fcall", "fcall_ro"};
constexpr std::array<std::string_view, 7> count_first{
    "lmpop", "zmpop", "sintercard", "zintercard", "zunion", "zinter", "zdiff"};

std::optional<std::string_view> at(std::span<std::string const> args, std::size_t n) noexcept {
    if (n >= args.size()) return std::nullopt;
    return args[n];
}

/// What follows a word.
std::optional<std::string_view> after(std::span<std::string const> args,
                                      std::string_view word) noexcept {
    for (std::size_t i = 1; i + 1 < args.size(); ++i)
        if (iequals(args[i], word)) return args[i + 1];
    return std::nullopt;
}

}  // namespace

bool is_exclusive(std::span<std::string const> args) noexcept {
    auto const name = std::string_view(args.front());
    if (is_among(exclusive, name)) return true;
    if (iequals(name, "client"))
        return args.size() > 1 && (iequals(args[1], "reply") || iequals(args[1], "tracking"));
    // Only in front of the streams is the word an option.
    if (iequals(name, "xread") || iequals(name, "xreadgroup"))
        for (std::size_t i = 1; i < args.size() && !iequals(args[i], "streams"); ++i)
            if (iequals(args[i], "block")) return true;
    return false;
}

std::optional<std::string_view> first_key(std::span<std::string const> args) noexcept {
    auto const name = std::string_view(args.front());
    if (is_among(keyless, name)) return std::nullopt;
    if (is_among(after_word, name)) return at(args, 2);
    auto const counts = is_among(count_second, name) ? 2u : is_among(count_first, name) ? 1u : 0u;
    if (counts != 0) return at(args, counts) == "0" ? std::nullopt : at(args, counts + 1u);
    if (iequals(name, "xread") || iequals(name, "xreadgroup")) return after(args, "streams");
    return at(args, 1);
}

}  // namespace anywire::redis
