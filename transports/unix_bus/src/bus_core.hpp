#pragma once

#include <anywire/client_context.hpp>

#include "client/deadline.hpp"
#include "context_floor.hpp"
#include "node_mesh.hpp"
#include "port.hpp"

#include <atomic>
#include <functional>
#include <future>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::mesh {

class bus_core;
using message_handler = redis::connection::message_handler;

/// Somebody who hears a channel.
struct bus_subscriber {
    message_handler on_message{};
    std::atomic<bool> is_gone{false};
};

/// Somebody who is told which channels of others have ended.
struct end_watcher {
    std::string prefix{};
    std::function<void(std::string_view)> on_end{};
    std::atomic<bool> is_gone{false};
};

/// Something to be called later.
class bus_timer final : public timer_node {
public:
    bus_timer(std::weak_ptr<bus_core> owner, std::function<void()> fn)
        : fn_(std::move(fn)), owner_(std::move(owner)) {}
    void on_timer(tick now) override;

    std::atomic<bool> is_gone{false};
    /// Among those that wait; nothing before and after that.
    std::optional<std::list<std::shared_ptr<bus_timer>>::iterator> place{};

private:
    std::function<void()> fn_;
    std::weak_ptr<bus_core> owner_;
};

/// A bus as its context has it: who hears which channel here, on top of the other nodes. It
/// outlives the last handle until the context has let go of it.
///
/// Thread: the context's, but for what says otherwise.
class bus_core final : public std::enable_shared_from_this<bus_core>, private node_mesh::events {
public:
    bus_core(client_context& on, unix_bus_options with, std::shared_ptr<node_folder> at);

    // -- Thread: any ------------------------------------------------------------------------------
    void begin();
    /// The last handle has gone: no handler is called any more. What was published before is still
    /// written. The result is there when that is over.
    std::future<void> leave();
    /// Runs `fn(bus_core&)` in an event of its own, if this is still there then.
    template <class Function>
    void post(Function fn) {
        floor_->host().post([weak = weak_from_this(), fn = std::move(fn)]() mutable {
            if (auto const self = weak.lock()) fn(*self);
        });
    }
    /// Sends to all who hear a channel, here and elsewhere; drops what finds no room.
    void publish(std::string_view channel, std::string_view payload, tick now);
    bus_tallies const& counts() const noexcept { return *counts_; }

    // -- the context's ----------------------------------------------------------------------------
    void subscribe(std::string const& channel, std::shared_ptr<bus_subscriber> who);
    void unsubscribe(std::string const& channel, bus_subscriber const& who);
    /// How many hear a channel, here and elsewhere: as soon as all nodes have told.
    void count(std::string channel, redis::port::count_fn done);
    /// The channels that begin with `prefix`, here and elsewhere: as soon as all nodes have told.
    void list(std::string prefix, std::function<void(std::vector<std::string>)> done);
    void watch(std::shared_ptr<end_watcher> who);
    void stop_watching(end_watcher const& who);
    void wait(std::chrono::milliseconds delay, std::shared_ptr<bus_timer> what);
    void stop_waiting(bus_timer& what);
    void log(log_level level, std::string_view line);
    /// The edge of a handler.
    template <class Function>
    void guarded(Function const& fn) noexcept {
        if (!is_gone_) (void)floor_->host().guard("a handler of a unix_bus", fn);
    }

private:
    using subscribers = std::vector<std::shared_ptr<bus_subscriber>>;

    // -- node_mesh::events
    void on_message(std::string_view channel, std::string_view payload) override;
    void on_nodes_changed() override;
    void on_channel_end(std::string_view channel) override;
    void ask(std::function<void()> question);
    void finish();
    void drop_if_written();
    void drop() noexcept;

    std::shared_ptr<context_floor> floor_;
    unix_bus_options options_;
    std::shared_ptr<node_folder> folder_;
    std::shared_ptr<bus_tallies> counts_ = std::make_shared<bus_tallies>();
    std::atomic<bool> is_gone_{false};
    std::promise<void> dropped_{};
    std::optional<client_deadline> next_{};  // there: what is unsent is waited for, and no more
    tick longest_ = 0;
    std::unique_ptr<node_mesh> mesh_{};
    keyed_map<subscribers> channels_;
    std::vector<std::function<void()>> questions_{};  // for when all nodes have told
    std::vector<std::shared_ptr<end_watcher>> watchers_{};
    std::list<std::shared_ptr<bus_timer>> waiting_{};
    log_throttle too_much_{};
};

}  // namespace anywire::mesh
