#pragma once

#include <anywire/refusal_cause.hpp>

#include "core/keyed_hash.hpp"
#include "core/tally.hpp"
#include "errand.hpp"
#include "http_site.hpp"
#include "service_core.hpp"
#include "session/endpoint_core.hpp"
#include "session/shard_host.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire {

class endpoint_hub;
class io_host;
class mount_point;

/// What is counted about a shard beside its loop and its sessions.
///
/// Thread: the shard's changes them, any may read.
struct shard_tallies {
    tally accepted{};    ///< Connections that its listeners have let in.
    tally requests{};    ///< Whole ones, of its connections and of other hosts.
    tally handshakes{};  ///< Requests for a session, whatever became of them.
    std::array<tally, static_cast<std::size_t>(first_of_mount)> refused{};

    /// Requires: it is none of a mount's.
    void count_refused(refusal_cause why) noexcept { refused[static_cast<std::size_t>(why)].add(); }
};

/// Something that brings a shard connections.
class shard_source {
public:
    virtual ~shard_source() = default;
    virtual void start() = 0;
    virtual void close() noexcept = 0;
    /// Whether it goes on while the shard drains.
    virtual bool outlives_drain() const noexcept { return false; }
};

/// One part of a service, with its own sessions. Nothing of it is touched from elsewhere but
/// through `post`.
///
/// Thread: its host's, but for `post`, `is_here` and what is constant.
class shard final : public http_handler {
public:
    /// On a host without sockets.
    shard(unsigned index, service_core& core, std::unique_ptr<shard_host> host);
    /// On an executor: it has a site for HTTP connections.
    shard(unsigned index, service_core& core, std::unique_ptr<io_host> host);
    ~shard();
    shard(shard const&) = delete;
    shard& operator=(shard const&) = delete;

    service_core& core() noexcept { return core_; }
    unsigned index() const noexcept { return index_; }
    shard_tallies& numbers() noexcept { return numbers_; }
    shard_host& host() noexcept { return *host_; }
    session_loop& loop() noexcept { return host_->loop(); }
    logger& log() noexcept { return host_->log(); }
    /// Thread: any.
    bool is_here() const noexcept { return host_->is_running() && host_->is_here(); }
    /// Runs `fn` as an event of its own, soon. Thread: any.
    template <class Function>
    void post(Function fn) {
        host_->post(std::move(fn));
    }

    /// Null on a host without sockets.
    http_site* site() noexcept { return site_.get(); }
    /// Of a shard that has a site.
    io_host& io() noexcept;
    void add_source(std::unique_ptr<shard_source> s) { sources_.push_back(std::move(s)); }

    // -- what is served and bounded here
    router const& routes() const noexcept { return *routes_; }
    service_bounds const& bounds() const noexcept { return *bounds_; }
    server_limits const& limits() const noexcept { return bounds_->limits; }
    /// Thread: the shard's, or the one that sets up.
    void apply(service_change const& c);
    /// Ends what retired mounts leave once their last session has gone.
    void watch_retired();

    /// Sids whose opening request waits for `authorize`, as "<mount>/<id>"; at most one a
    /// connection.
    keyed_set& opening() noexcept { return opening_; }
    errand_list& errands() noexcept { return errands_; }

    /// Set once the shard has run and will do nothing any more. Thread: any, longer than the shard.
    std::shared_ptr<std::atomic<bool> const> ended() const noexcept { return ended_; }

    /// Begins to work; its sources bring connections from now on.
    void start();
    void stop();
    /// Goodbyes are spread over `spread`, which the deadline bounds.
    void drain(tick deadline_in, tick spread);
    /// Called at the end of a stop or a drain, on the shard's thread: by whoever runs its loop.
    void on_finished(std::function<void()> fn) { on_finished_ = std::move(fn); }

    /// Ends what may reach into other shards: all shards have to do so before one is destroyed.
    /// Requires: no shard runs.
    void tear_down() noexcept;

    // -- http_handler
    http_settings const& settings() const noexcept override { return http_; }
    void on_request(http_connection& from, http::request_view const& request) override;
    body_terms on_head(http_connection& from, http::request_view const& head) override;
    std::string_view on_refusal(http_connection& from,
                                http::request_view const& head,
                                unsigned status,
                                std::string_view text) override;
    void on_parked(bool is_parked) noexcept override;
    void on_failed_handshake() noexcept override {
        numbers_.count_refused(refusal_cause::tls_handshake);
    }
    bool is_draining() const noexcept override { return draining_; }
    std::string_view date_field() override;

private:
    class drainer;
    class sweeper;
    /// A mount that has a part here.
    struct held_mount {
        std::shared_ptr<endpoint_core> sessions;
        std::shared_ptr<mount_point> mount;
        std::shared_ptr<endpoint_hub> hub;
        bool is_retired = false;
    };

    void open_mount(new_mount const& m);
    void close_mount(held_mount m);
    void use_bounds();
    /// Whether there is another one to wait for.
    bool close_retired();
    void close_sources() noexcept;
    void finish();
    bool has_attached_sessions() const noexcept;

    unsigned index_;
    service_core& core_;
    std::unique_ptr<shard_host> host_;
    std::unique_ptr<http_site> site_{};
    std::vector<std::unique_ptr<shard_source>> sources_{};
    std::vector<held_mount> mounts_{};
    std::shared_ptr<router const> routes_;
    std::shared_ptr<service_bounds const> bounds_;
    http_settings http_{};
    keyed_set opening_;
    errand_list errands_{};
    std::shared_ptr<std::atomic<bool>> ended_ = std::make_shared<std::atomic<bool>>(false);
    std::unique_ptr<drainer> drainer_{};
    std::unique_ptr<sweeper> sweeper_{};
    std::function<void()> on_finished_{};
    std::string date_{};
    tick date_until_ = 0;
    bool draining_ = false;
    shard_tallies numbers_{};
};

}  // namespace anywire
