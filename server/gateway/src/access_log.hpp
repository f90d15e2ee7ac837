#pragma once

#include <anywire/close_reason.hpp>
#include <anywire/error.hpp>

#include "settings.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::gateway {

/// A transport that a session used, and when it took it.
struct transport_use {
    std::string name{};
    std::chrono::milliseconds after{0};  ///< Since the session began.
};

/// What the log says of one session. What is empty is not known, or there is none.
struct session_record {
    std::chrono::system_clock::time_point ended{};
    std::string session{};
    std::string address{};
    std::string origin{};
    std::string user_agent{};
    std::string route{};
    std::string dialect{};
    std::vector<transport_use> transports{};  ///< In their order.
    std::string fallback{};                   ///< Why it did not begin over a WebSocket.
    std::string subprotocol{};
    std::string server{};
    std::uint64_t messages_in = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t messages_out = 0;
    std::uint64_t bytes_out = 0;
    std::chrono::milliseconds duration{0};
    close_reason reason = close_reason::client_closed;
    close_code code = close_code::normal;
    std::string text{};  ///< The goodbye's.
};

/// Of any value only so many bytes are in a line.
inline constexpr std::size_t max_logged_value = 1'024;

/// The line of one session, with its end.
///
/// As text, columns with a space between them; what clients or servers choose is in quotes, and "-"
/// where it is empty:
///
///     address session [time] "route" dialect transport@seconds,... server messages_in bytes_in
///     messages_out bytes_out seconds reason code "text" "subprotocol" "origin" "user agent"
///     "fallback"
///
/// Control characters, quotes, backslashes and what is not UTF-8 are written as "\xHH" there. As
/// JSON one object with a member for each column; what is not UTF-8 becomes U+FFFD. Times are ISO
/// 8601 in UTC; durations are seconds.
[[nodiscard]] std::string access_line(session_record const& r, log_format format);

/// Where the lines go: a file, or standard output. Each is appended in one write, and never waited
/// for: a line for which a pipe has no room is dropped, and counted. Of a line that was written in
/// part the rest comes before the next.
///
/// Thread: any.
class access_log {
public:
    /// Throws: `std::system_error` for a file that cannot be opened.
    explicit access_log(log_settings const& settings);
    access_log(access_log const&) = delete;
    access_log& operator=(access_log const&) = delete;
    ~access_log();

    void write(session_record const& r) noexcept;
    /// Opens the file anew, after logrotate has moved it. Where that fails all goes on into the old
    /// one. Nothing for standard output.
    [[nodiscard]] error_code reopen() noexcept;

    std::uint64_t written() const noexcept { return written_; }
    std::uint64_t dropped() const noexcept { return dropped_; }

private:
    bool write_rest() noexcept;
    bool append(std::string_view line);

    log_format const format_;
    std::string const path_;
    std::mutex mutex_{};
    int descriptor_ = -1;
    bool is_owned_ = true;
    bool is_socket_ = false;
    std::string rest_{};
    std::atomic<std::uint64_t> written_{0};
    std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace anywire::gateway
