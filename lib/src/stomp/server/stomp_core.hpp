#pragma once

#include <anywire/layer.hpp>
#include <anywire/stomp/server.hpp>

#include "bus_packet.hpp"
#include "core/log_throttle.hpp"
#include "node_hub.hpp"
#include "pattern_table.hpp"
#include "published.hpp"
#include "relay.hpp"
#include "session/shard_group.hpp"
#include "stomp/destination_pattern.hpp"
#include "stomp/frame_reader.hpp"
#include "stomp/queue_store.hpp"
#include "stomp_shard.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::stomp {

/// Whose a destination is.
enum class place : std::uint8_t { nobodys, topic, queue, application, own };

/// What the application has set up; constant once there are clients.
struct stomp_hooks {
    anywire::handler<void(connect const&, admission)> on_connect{};
    anywire::handler<void(client&)> on_connected{};
    anywire::handler<void(client&, close_event const&)> on_disconnect{};
    anywire::handler<void(client&, std::string_view)> on_subscribed{};
    anywire::handler<void(client&, std::string_view)> on_unsubscribed{};
    anywire::handler<void(client&, failure const&)> on_error{};
    anywire::handler<void(dead_letter const&)> on_dead_letter{};
    pattern_table<detail::rule_call> may_send{};
    pattern_table<detail::rule_call> may_subscribe{};
    pattern_table<detail::route_call> messages{};
    pattern_table<detail::route_call> subscribes{};
    pattern_table<detail::route_call> snapshots{};
};

/// What is counted as it happens.
struct stomp_counts {
    std::atomic<std::size_t> clients{0};
    std::atomic<std::size_t> subscriptions{0};
    std::atomic<std::uint64_t> connects{0};
    std::atomic<std::uint64_t> refused_connects{0};
    std::atomic<std::uint64_t> errors{0};
    std::atomic<std::uint64_t> frames_received{0};
    std::atomic<std::uint64_t> messages_delivered{0};
    std::atomic<std::uint64_t> refused_sends{0};
    std::atomic<std::uint64_t> refused_subscribes{0};
    std::atomic<std::uint64_t> dead_letters{0};
};

/// A STOMP server: its broker, on all shards.
///
/// Thread: any, but for what `handlers_for_mount` gives to the sessions.
class stomp_core : public std::enable_shared_from_this<stomp_core> {
public:
    explicit stomp_core(options o);
    ~stomp_core();
    stomp_core(stomp_core const&) = delete;
    stomp_core& operator=(stomp_core const&) = delete;

    options const& opts() const noexcept { return options_; }
    stomp_hooks& hooks() noexcept { return hooks_; }
    stomp_counts& counts() noexcept { return counts_; }
    frame_limits limits(bool is_connected) const noexcept;
    /// Throws `std::logic_error` once it is mounted.
    void check_setup() const;
    void use_bus(bus_maker make);
    /// The broker that takes the place of that in memory; null where none does.
    broker_relay* relay() const noexcept { return relay_.get(); }
    void set_relay(std::shared_ptr<broker_relay> to) noexcept { relay_ = std::move(to); }
    /// Throws `std::invalid_argument` for a pattern that is not valid.
    destination_pattern pattern_for(std::string_view text) const;
    std::optional<destination_pattern> parse(std::string_view text) const {
        return destination_pattern::parse(text, bounds_, options_.separator);
    }

    // -- the mounts
    /// Throws `std::logic_error` where it belongs to other shards.
    void attach(std::shared_ptr<shard_group> shards);
    bool is_attached() const noexcept { return is_attached_; }
    handlers handlers_for_mount();
    /// No shard runs any more, and none will.
    void on_shards_gone() noexcept;
    stomp_shard& shard(std::size_t index) noexcept { return *shards_[index]; }
    bool post(std::size_t shard, std::function<void()> fn);
    bool is_here(std::size_t shard) const noexcept { return group_->is_here(shard); }

    // -- destinations
    place place_of(std::string_view destination) const noexcept;
    /// Whether a client may name it.
    bool is_valid(std::string_view destination) const noexcept {
        return is_valid_destination(destination, bounds_);
    }
    /// Whether it is a queue of this server's that nobody could subscribe to: its name reads as a
    /// pattern.
    bool is_lost(std::string_view destination) const noexcept {
        return !relay_ && place_of(destination) == place::queue &&
               destination_pattern::has_wildcards(destination);
    }
    /// What follows the user prefix.
    std::string_view below_user(std::string_view destination) const noexcept {
        return destination.substr(options_.user.size());
    }

    // -- sending
    /// With the application's headers, but for those that are the protocol's.
    static published_ptr make_publication(std::string_view destination,
                                          payload what,
                                          header_list more);
    /// To a destination of the broker.
    result<void> publish(published_ptr p);
    /// The rest is for the clients of all nodes.
    void publish_to_user(std::string_view user, published_ptr p);
    void publish_to_client(std::string_view id, published_ptr p);
    void disconnect_user(std::string_view user, std::string_view message);
    /// To the clients of this node.
    void deliver_here(bus_packet const& p);
    /// Calls `fn` on the client's shard, never at once, if it is there then.
    void post_to_client(std::string_view id, std::function<void(client&)> fn);
    /// Whether queues have room for all of these. May hand out to subscribers what waits.
    bool has_room(std::span<published_ptr const> all);

    // -- queues
    consumer_id new_consumer(std::size_t shard) noexcept;
    /// False where there are too many queues. It gets nothing before this event has ended: one who
    /// subscribes and leaves over and over in a message moves nothing to and fro.
    bool consume(consumer_id who, std::string_view queue);
    void stop_consuming(consumer_id who);
    /// False where it is no message that this one has to settle.
    bool settle(consumer_id who, delivery_id which, bool is_ack, bool cumulative);
    /// It has room again.
    void resume(consumer_id who);

    // -- who is there
    void enlist(client_info info);
    void delist(std::string_view id) noexcept;
    void note_subscription(std::string_view id, std::string_view destination, bool is_there);
    std::vector<client_info> list(std::optional<std::string_view> user) const;
    /// Those of all nodes. Requires: it is mounted.
    node_hub& nodes() noexcept { return *nodes_; }
    /// As `local_hub::teller`.
    std::function<void(std::function<void()>)> teller();
    server_numbers numbers() const;

    /// Calls what belongs to the application; logs what it throws.
    template <class Fn>
    void call(stomp_shard& at, Fn fn) noexcept {
        try {
            fn();
        } catch (...) {
            at.loop().log().failed("a stomp handler");
        }
    }
    log_throttle& throttle() noexcept { return throttle_; }

private:
    /// Messages and bytes, by queue.
    using queue_needs = std::map<std::string_view, std::pair<std::size_t, std::size_t>>;

    bool has_room(queue_needs const& needs);
    void check_options() const;
    void give_to_client(bus_packet const& p);
    /// Time that only goes on, in milliseconds, to the second: what shards have been told.
    std::int64_t now() const noexcept { return now_.load(std::memory_order_relaxed); }
    void on_each_shard(std::function<void(stomp_shard&)> fn);
    void dispatch(std::unique_lock<std::mutex>& held);
    // Queues of several nodes.
    void tell_surplus(std::vector<std::string> const& queues);
    void ask_for_messages(queue_appetite const& what);
    void on_have(bus_packet const& p);
    void on_pull(bus_packet const& p);
    void on_give(bus_packet const& p);
    void drain(std::size_t shard);
    /// What this thread has to hand out is handed out at once: a burst is no lack of room where
    /// subscribers read.
    void drain_here();
    void tell_lost(std::vector<queue_loss> lost);
    void expire(std::chrono::milliseconds passed);

    options options_;
    pattern_limits bounds_;
    std::shared_ptr<broker_relay> relay_{};
    stomp_hooks hooks_{};
    stomp_counts counts_{};
    log_throttle throttle_{};
    std::shared_ptr<shard_group> group_{};
    std::vector<std::unique_ptr<stomp_shard>> shards_{};
    std::atomic<bool> is_attached_{false};
    class sweep;
    std::unique_ptr<sweep> sweep_;
    bus_maker make_bus_{};
    std::unique_ptr<node_hub> nodes_{};  // from the first mount on
    std::string node_id_{};              // by chance

    std::atomic<std::int64_t> now_{0};
    std::atomic<std::uint64_t> consumers_{0};
    mutable std::mutex queues_mutex_{};  // for what follows
    std::unique_ptr<queue_store> queues_{};
    std::vector<std::vector<delivery>> inboxes_{};  // of each shard, until it comes by

    mutable std::mutex registry_mutex_{};  // for what follows
    std::map<std::string, client_info, std::less<>> registry_{};
};

}  // namespace anywire::stomp
