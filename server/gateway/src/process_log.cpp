#include "process_log.hpp"

#include <anywire/json.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <unistd.h>

namespace anywire::gateway {
namespace {

char const* name_of(log_level level) noexcept {
    switch (level) {
        case log_level::error: return "error";
        case log_level::info: return "info";
        case log_level::debug: break;
    }
    return "debug";
}

/// As syslog counts: what the journal reads at the beginning of a line.
char const* journal_level(log_level level) noexcept {
    switch (level) {
        case log_level::error: return "<3>";
        case log_level::info: return "<6>";
        case log_level::debug: break;
    }
    return "<7>";
}

void write_all(std::string_view line) noexcept {
    while (!line.empty()) {
        auto const n = ::write(STDERR_FILENO, line.data(), line.size());
        if (n <= 0) return;
        line.remove_prefix(static_cast<std::size_t>(n));
    }
}

}  // namespace

std::string to_iso8601(std::chrono::system_clock::time_point at) {
    using namespace std::chrono;
    auto const seconds = system_clock::to_time_t(at);
    auto const rest = duration_cast<milliseconds>(at.time_since_epoch()).count() % 1'000;
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 80> text{};
    auto const n = std::snprintf(text.data(),
                                 text.size(),
                                 "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                                 parts.tm_year + 1900,
                                 parts.tm_mon + 1,
                                 parts.tm_mday,
                                 parts.tm_hour,
                                 parts.tm_min,
                                 parts.tm_sec,
                                 static_cast<int>(rest));
    return {text.data(), static_cast<std::size_t>(n)};
}

std::string log_line(std::chrono::system_clock::time_point at,
                     log_level level,
                     std::string_view text,
                     log_format format) {
    if (format == log_format::text) {
        auto line = to_iso8601(at).append(" ").append(name_of(level)).append(" ");
        for (auto const c : text) line.push_back(c == '\n' || c == '\r' ? ' ' : c);
        return line.append("\n");
    }
    std::string line(R"({"time":")");
    line.append(to_iso8601(at)).append(R"(","level":")").append(name_of(level));
    line.append(R"(","message":)").append(to_json_text(std::string(text))).append("}\n");
    return line;
}

log_sink make_process_log(log_settings const& settings) {
    auto const to_journal = std::getenv("JOURNAL_STREAM") != nullptr;
    auto const format = settings.format;
    return {.level = settings.level,
            .write = [to_journal, format, most = settings.level](log_level level,
                                                                 std::string_view text) {
                if (level > most) return;
                if (to_journal && format == log_format::text)
                    return write_all(std::string(journal_level(level)).append(text).append("\n"));
                write_all(log_line(std::chrono::system_clock::now(), level, text, format));
            }};
}

}  // namespace anywire::gateway
