#pragma once

#include "access_log.hpp"
#include "backend.hpp"
#include "fallback_notes.hpp"
#include "settings.hpp"
#include "upstreams.hpp"

#include <boost/intrusive/list.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace anywire::gateway {

class bridge;

/// Something that uses what a shard's links share, and has to let go of it before that ends.
class link_owner : public boost::intrusive::list_base_hook<
                       boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    virtual void drop_link() noexcept = 0;

protected:
    ~link_owner() = default;
};

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
    std::string_view dialect{};
    std::vector<transport_use> transports{};  ///< In their order.
    std::string fallback{};
    fallback_notes::key client = 0;
    std::chrono::steady_clock::time_point begun{};
    std::uint64_t messages_in = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t messages_out = 0;
    std::uint64_t bytes_out = 0;
    std::string server{};
};

/// A reload may change it while shards write.
using current_access_log = std::atomic<std::shared_ptr<access_log>>;

/// What all shards write into.
struct shared_notes {
    current_access_log& access;
    fallback_notes& fallbacks;
};

/// The gateway's part on one shard.
///
/// Thread: the shard's.
class shard_state {
public:
    shard_state(shard_place place, shared_notes notes) : place_(std::move(place)), notes_(notes) {}

    /// That of the calling thread. Requires: it is a shard's.
    static shard_state& here() noexcept { return *current(); }
    /// The calling thread is this one's shard from now on.
    void enter() noexcept { current() = this; }

    shard_place& place() noexcept { return place_; }
    std::shared_ptr<access_log> access() noexcept { return notes_.access.load(); }
    fallback_notes& fallbacks() noexcept { return notes_.fallbacks; }

    /// Keeps a bridge that nothing else does: one without a session.
    void keep(std::shared_ptr<bridge> b) { kept_.insert(std::move(b)); }
    void let_go(std::shared_ptr<bridge> const& b) { kept_.erase(b); }
    /// Ends what is under way. Requires: the shard does not run any more.
    void clear() noexcept {
        kept_.clear();
        // Those whose sessions are not gone yet: they end with the server.
        for (auto& o : owners_) o.drop_link();
    }
    void add(link_owner& o) noexcept { owners_.push_back(o); }

private:
    static shard_state*& current() noexcept {
        thread_local shard_state* state = nullptr;
        return state;
    }

    shard_place place_;
    shared_notes notes_;
    boost::intrusive::list<link_owner, boost::intrusive::constant_time_size<false>> owners_{};
    std::unordered_set<std::shared_ptr<bridge>> kept_{};
};

}  // namespace anywire::gateway
