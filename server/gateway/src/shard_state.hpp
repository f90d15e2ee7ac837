#pragma once

#include "backend.hpp"
#include "settings.hpp"
#include "upstreams.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>

namespace anywire::gateway {

class bridge;

/// What is counted of a route; any thread may read.
struct route_tallies {
    std::atomic<std::uint64_t> refused{0};  ///< By a backend, or for want of one.
    std::atomic<std::uint64_t> lost{0};     ///< Sessions whose backend has gone without a goodbye.
    std::atomic<std::uint64_t> resumed{0};  ///< Of these: those that got another connection.
    std::atomic<std::uint64_t> links{0};    ///< Now: open, or on their way.
};

/// A route at work. Its sessions share it; a reload makes another one.
struct route {
    route_settings settings{};
    std::shared_ptr<upstreams> servers{};
    std::shared_ptr<backend> behind{};
    std::shared_ptr<route_tallies> tallies = std::make_shared<route_tallies>();
};

/// What is noted of a session for its line in the log.
struct session_notes {
    std::string id{};
    std::string dialect{};
    std::string transports{};  ///< In their order, joined by '>'.
    std::chrono::system_clock::time_point at{};
    std::chrono::steady_clock::time_point begun{};
    std::uint64_t messages_in = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t messages_out = 0;
    std::uint64_t bytes_out = 0;
    std::string server{};
};

/// The gateway's part on one shard.
///
/// Thread: the shard's.
class shard_state {
public:
    explicit shard_state(shard_place place) : place_(std::move(place)) {}

    /// That of the calling thread. Requires: it is a shard's.
    static shard_state& here() noexcept { return *current(); }
    /// The calling thread is this one's shard from now on.
    void enter() noexcept { current() = this; }

    shard_place& place() noexcept { return place_; }

    /// Keeps a bridge that nothing else does: one without a session.
    void keep(std::shared_ptr<bridge> b) { kept_.insert(std::move(b)); }
    void let_go(std::shared_ptr<bridge> const& b) { kept_.erase(b); }
    /// Ends what is under way. Requires: the shard does not run any more.
    void clear() noexcept { kept_.clear(); }

private:
    static shard_state*& current() noexcept {
        thread_local shard_state* state = nullptr;
        return state;
    }

    shard_place place_;
    std::unordered_set<std::shared_ptr<bridge>> kept_{};
};

}  // namespace anywire::gateway
