#pragma once

#include "settings.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::gateway {

/// What is known of one server of a route, for the status page and metrics.
struct upstream_numbers {
    std::string name{};
    bool is_healthy = true;
    std::uint64_t sessions = 0;  ///< Now, those that are still being opened among them.
    std::uint64_t opened = 0;
    /// Attempts to open that failed, without the refusals of an application.
    std::uint64_t failed = 0;
    std::uint64_t lost = 0;  ///< Sessions whose connection broke.
    std::string last_failure{};
    double share = 1;  ///< What slow start leaves it of its weight now: more than 0, at most 1.
};

/// The servers of one route: which of them gets the next session.
///
/// The one with the fewest sessions for its weight, of equal ones the one that was chosen longest
/// ago. A server is healthy until `health_settings::max_failures` attempts in a row have failed, or
/// as many active checks as `fall` says. An unhealthy one gets no session, but for attempts: after
/// `retry_after` the next session is one, and while no server at all is healthy each session is
/// one, so that a route is back as soon as a server is. There is at most one attempt at a time on
/// a server, until one succeeds: that makes it healthy. What active checks have found is for
/// active checks to take back: until then there is no attempt. Good ones also end the wait for
/// `retry_after`. A server that has become healthy again has a share of its weight that grows from
/// `least_share` to all of it over `health_settings::slow_start`.
///
/// Reads no clock. Thread: any.
/// Cost:   each call is linear in the servers at most, and takes one lock.
class upstreams {
public:
    using time = std::chrono::steady_clock::time_point;

    /// The share of its weight with which a server begins that has become healthy again.
    static constexpr double least_share = 0.1;
    /// Bytes of a failure's text that are kept.
    static constexpr std::size_t max_failure_text = 256;

    upstreams(std::vector<backend_address> servers, health_settings health);
    upstreams(upstreams const&) = delete;
    upstreams& operator=(upstreams const&) = delete;

    /// The server for the next session, without those that `tried` names; counted as one of its
    /// sessions from now on. Nothing: there is none.
    [[nodiscard]] std::optional<std::size_t> choose(time now, std::span<std::size_t const> tried);

    // What became of it: exactly one of these four follows a choice, and `on_closed` an opening.
    // True: the server has become healthy by it, or unhealthy.

    bool on_opened(std::size_t server, time now);
    /// It did not answer, or not as a server that works.
    bool on_failed(std::size_t server, time now, std::string_view why);
    /// It works, but has not let this client in: a 401, 403 or the like.
    bool on_refused(std::size_t server, time now);
    /// The client went first: that says nothing of the server.
    void on_given_up(std::size_t server);

    void on_closed(std::size_t server, bool is_lost);
    /// What an active check has found. True: the server has become healthy by it, or unhealthy.
    bool on_checked(std::size_t server, bool is_good, time now, std::string_view why);

    [[nodiscard]] std::string const& url(std::size_t server) const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return servers_.size(); }
    [[nodiscard]] std::vector<upstream_numbers> numbers(time now) const;

    /// Takes over what is known of the servers that it has in common with `old`, by their URLs,
    /// after a reload. Both may be used from then on: what becomes of the sessions of `old` is
    /// known here, too. Requires: nobody uses this one yet.
    void take_over(upstreams const& old);

private:
    /// What is known of a server; it may outlive the settings that it came with.
    struct state {
        std::uint64_t opening = 0;
        std::uint64_t open = 0;
        std::uint64_t opened = 0;
        std::uint64_t failed = 0;
        std::uint64_t lost = 0;
        std::uint64_t chosen = 0;  // which choice the last one was
        unsigned failures = 0;     // in a row
        unsigned bad_checks = 0;   // in a row
        unsigned good_checks = 0;  // in a row
        bool is_failing = false;   // attempts say so
        bool is_down = false;      // checks say so
        bool has_returned = false;
        time retry_at{};       // where it is failing
        time healthy_since{};  // where it has returned
        std::string last_failure{};

        bool is_healthy() const noexcept { return !is_failing && !is_down; }
    };
    struct member {
        std::string url{};
        std::uint64_t weight = 1;
        std::shared_ptr<state> known = std::make_shared<state>();
    };
    /// Of all that share states.
    struct family {
        std::mutex mutex{};
        std::uint64_t choices = 0;
    };

    /// In thousandths of one weight; never 0.
    std::uint64_t weight_now(member const& s, time now) const noexcept;
    std::optional<std::size_t> find_attempt(time now, std::span<std::size_t const> tried) const;
    std::optional<std::size_t> find_healthy(time now, std::span<std::size_t const> tried) const;
    void end_opening(state& s) const noexcept;
    bool note_success(state& s, time now) const noexcept;

    health_settings const health_;
    std::vector<member> servers_{};
    std::shared_ptr<family> family_ = std::make_shared<family>();
};

}  // namespace anywire::gateway
