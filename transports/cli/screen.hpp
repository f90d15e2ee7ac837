// What anywire-cli prints: messages on stdout, all else on stderr.
#pragma once

#include <anywire/client_failure.hpp>
#include <anywire/client_options.hpp>
#include <anywire/close_reason.hpp>

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>

namespace anywire::cli {

/// Thread: any.
class screen {
public:
    explicit screen(bool quiet) noexcept : quiet_(quiet) {}

    void message(std::string_view text, bool binary);
    /// What is happening.
    void note(std::string const& text);
    void error(std::string const& text);
    void trace(client_trace const& t);

private:
    std::mutex guard_{};
    std::chrono::steady_clock::time_point const began_ = std::chrono::steady_clock::now();
    bool const quiet_;
};

/// "refused in handshake: 403 ..."
std::string describe(client_failure const& why);
std::string describe(close_event const& how);
/// Text with what a terminal would obey as \xNN, and cut where it is longer than `most` bytes.
std::string printable(std::string_view text, std::size_t most);
std::string milliseconds(std::chrono::nanoseconds t);

}  // namespace anywire::cli
