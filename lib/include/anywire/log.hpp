#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace anywire {

/// How much a log line matters.
enum class log_level : std::uint8_t {
    error,  ///< An operator must act.
    info,   ///< Who was refused or dropped and why, events that do not fit their handlers.
    debug,  ///< Per session and request: how it ended, what was wrong with it.
};

/// Where log lines go. Silent by default. No line holds a payload but those of `service::trace`
/// without a sink of its own; names (of origins, events, rooms) are as clients sent them.
///
/// Thread: `write` is called on every shard's thread; it must be thread-safe when there are
///         several.
struct log_sink {
    log_level level = log_level::info;  ///< Lines above this level are not even formatted.
    std::function<void(log_level, std::string_view)> write{};
};

}  // namespace anywire
