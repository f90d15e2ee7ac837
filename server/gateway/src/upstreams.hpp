#pragma once

#include "settings.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace anywire::gateway {

/// What is known of one server of a route, for the status page and metrics.
struct upstream_numbers {
    std::string name{};
    bool is_healthy = true;
    std::uint64_t sessions = 0;  ///< Now.
    std::uint64_t opened = 0;
    std::uint64_t failed =
        0;  ///< Attempts to open that failed, without the refusals of an application.
    std::uint64_t lost = 0;  ///< Sessions whose connection broke.
    std::string last_failure{};
};

/// The servers of one route: which of them gets the next session. The one with the fewest sessions
/// for its weight; unhealthy ones get none, those that have just come back a growing share. When
/// none is healthy, the one whose time to be tried again is next, once that has come.
///
/// Reads no clock. Thread: any.
class upstreams {
public:
    using time = std::chrono::steady_clock::time_point;

    upstreams(std::vector<backend_address> servers, health_settings health);

    /// The server for the next session, without those that `tried` names; counted as one of its
    /// sessions from now on. Nothing: there is none.
    [[nodiscard]] std::optional<std::size_t> choose(time now, std::span<std::size_t const> tried);
    /// What became of it: exactly one of these three follows a choice, and `on_closed` an opening.
    void on_opened(std::size_t server);
    void on_failed(std::size_t server, time now, std::string_view why);
    void on_given_up(
        std::size_t server);  ///< The client went first, or the application refused it.
    void on_closed(std::size_t server, bool is_lost);
    /// What an active check has found.
    void on_checked(std::size_t server, bool is_good, time now, std::string_view why);

    [[nodiscard]] std::string const& url(std::size_t server) const noexcept;
    [[nodiscard]] std::size_t size() const noexcept;
    [[nodiscard]] std::vector<upstream_numbers> numbers(time now) const;
    /// Takes over what is known of the servers that it has in common with `old`, after a reload.
    void take_over(upstreams const& old);
};

}  // namespace anywire::gateway
