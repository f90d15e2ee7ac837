#pragma once

#include <anywire/log.hpp>

#include "settings.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace anywire::gateway {

/// A moment as ISO 8601 in UTC with milliseconds: "2026-08-01T12:00:00.123Z".
[[nodiscard]] std::string to_iso8601(std::chrono::system_clock::time_point at);

/// One line of the process's own log, with its end.
[[nodiscard]] std::string log_line(std::chrono::system_clock::time_point at,
                                   log_level level,
                                   std::string_view text,
                                   log_format format);

/// Writes log lines to standard error, each in one piece. Where systemd reads it, the time is left
/// to the journal, and the level is told to it.
[[nodiscard]] log_sink make_process_log(log_settings const& settings);

}  // namespace anywire::gateway
