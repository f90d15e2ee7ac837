#pragma once

#include <anywire/client_context.hpp>
#include <anywire/redis/connection.hpp>

#include "channels.hpp"
#include "client/deadline.hpp"
#include "context_floor.hpp"
#include "servers.hpp"
#include "stream_line.hpp"
#include "tallies.hpp"

#include <atomic>
#include <functional>
#include <future>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace anywire::redis {

class core;

/// Somebody who hears of changes.
struct watcher {
    std::function<void(state_change const&)> on_change{};
    std::atomic<bool> is_gone{false};
};

/// Somebody who reads a stream.
struct stream_reader {
    connection::entry_handler on_entry{};
    std::function<void(error_code)> on_reading{};  ///< Empty once it was called.
    std::atomic<bool> is_gone{false};
};

/// Something to be called later.
class timed_call final : public timer_node {
public:
    timed_call(std::weak_ptr<core> owner, std::function<void()> fn)
        : fn_(std::move(fn)), owner_(std::move(owner)) {}
    void on_timer(tick now) override;

    std::atomic<bool> is_gone{false};
    /// Among those that wait; nothing before and after that.
    std::optional<std::list<std::shared_ptr<timed_call>>::iterator> place{};

private:
    std::function<void()> fn_;
    std::weak_ptr<core> owner_;
};

/// Where a command goes, and how many answers it gets.
struct destination {
    std::uint32_t answers = 1;
    std::optional<std::uint16_t> slot{};
    std::optional<dial_target> at{};  ///< A certain master of a cluster.
};

/// A connection as its context has it. It outlives the last handle until the context has let go of
/// it.
///
/// Thread: the context's, but for what says otherwise.
class core final : public std::enable_shared_from_this<core>,
                   private servers::events,
                   private channels::events,
                   private stream_line::events {
public:
    core(client_context& on, std::shared_ptr<settings const> how);

    // -- Thread: any ------------------------------------------------------------------------------
    void begin();
    /// The last handle has gone: no handler is called any more. What was asked for before is still
    /// done. The result is there when that is over.
    std::future<void> leave();
    /// Runs `fn(core&)` in an event of its own, if this is still there then.
    template <class Function>
    void post(Function fn) {
        floor_->host().post([weak = weak_from_this(), fn = std::move(fn)]() mutable {
            if (auto const self = weak.lock()) fn(*self);
        });
    }
    /// Takes a command in, or tells soon why not.
    void submit(std::string bytes, destination to, connection::reply_handler done);
    void refuse(connection::reply_handler done, errc why);
    /// Asks for a channel, or tells soon why not.
    void submit(channel_kind kind, std::string name, std::shared_ptr<subscriber> who);
    number_source numbers(std::string name) const;
    settings const& how() const noexcept { return *how_; }
    tallies& counts() noexcept { return *counts_; }
    bool is_here() const noexcept;

    // -- the context's ----------------------------------------------------------------------------
    /// Null once it is closed.
    servers* where() noexcept { return servers_.get(); }
    void unsubscribe(channel_kind kind, std::string_view name, subscriber const& who);
    void read(stream_options what, std::shared_ptr<stream_reader> who);
    void stop_reading(stream_reader const& who);
    void watch(std::shared_ptr<watcher> who);
    void stop_watching(watcher const& who);
    void wait(std::chrono::milliseconds delay, std::shared_ptr<timed_call> what);
    void stop_waiting(timed_call& what);
    void log(log_level level, std::string_view line);
    void close();
    /// The edge of a handler.
    template <class Function>
    void guarded(Function const& fn) noexcept {
        if (!is_gone_) (void)floor_->host().guard("a handler of a Redis connection", fn);
    }

private:
    struct reading {
        std::shared_ptr<stream_reader> who{};
        std::unique_ptr<stream_line> line{};
    };

    // -- servers::events
    void on_server(failure const* why) override { evaluate(why); }
    void on_slots() override;
    void on_done(request& r, error_code ec, reply&& answer) override;
    // -- channels::events
    void on_channels_changed(failure const* why) override { evaluate(why); }
    void on_place_wrong(std::string_view error, dial_target const& by) override;
    void call(subscriber& to, channel_message const& m) override;
    void tell(subscriber& to, error_code ec) override;
    // -- stream_line::events
    void on_entry(stream_line& s, stream_entry const& e) override;
    void on_reading(stream_line& s, error_code ec) override;

    void start();
    void run(request r, std::optional<dial_target> const& at);
    void subscribe(channel_kind kind,
                   std::string const& name,
                   std::shared_ptr<subscriber> who,
                   room space);
    void finish();
    void drop() noexcept;
    void evaluate(failure const* why);
    void change(redis::state to, std::string text, log_level level);

    client_context& context_;
    std::shared_ptr<context_floor> floor_;
    std::shared_ptr<settings const> how_;
    std::shared_ptr<tallies> counts_;
    std::atomic<bool> is_gone_{false};
    std::promise<void> dropped_{};
    std::optional<client_deadline> deadline_{};  // there: nothing new comes, what waits is awaited
    std::unique_ptr<servers> servers_{};
    std::unique_ptr<channels> channels_{};
    std::list<reading> readings_{};
    std::vector<std::shared_ptr<watcher>> watchers_{};
    std::list<std::shared_ptr<timed_call>> waiting_{};
    state_change last_{};
    std::vector<std::string> logged_{};  // of attempts that failed, since it was ready
};

}  // namespace anywire::redis
