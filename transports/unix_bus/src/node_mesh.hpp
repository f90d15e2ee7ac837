#pragma once

#include <anywire/unix_bus.hpp>

#include "core/keyed_hash.hpp"
#include "core/log_throttle.hpp"
#include "io_host.hpp"
#include "node_folder.hpp"
#include "node_line.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::mesh {

/// What is counted. Thread: any.
struct bus_tallies {
    /// Makes room for bytes that wait to be sent; false where `most` leaves none. One message alone
    /// always finds room.
    bool reserve(std::size_t bytes, std::size_t most) noexcept {
        auto waiting = queued_bytes.load();
        while (waiting == 0 || waiting + bytes <= most)
            if (queued_bytes.compare_exchange_weak(waiting, waiting + bytes)) return true;
        return false;
    }

    std::atomic<std::size_t> nodes{0};
    std::atomic<std::size_t> queued_bytes{0};
    std::atomic<std::uint64_t> sent{0};
    std::atomic<std::uint64_t> received{0};
    std::atomic<std::uint64_t> dropped{0};
    std::atomic<std::uint64_t> lost{0};
    std::atomic<std::uint64_t> refused{0};
};

/// The other nodes: two connections with each, one to speak and one to hear, which come and go
/// together. A node that has told nothing of its channels yet is sent everything.
///
/// Thread: the host's.
class node_mesh final : private node_line::events, private poller::watcher, private timer_node {
public:
    class events {
    public:
        virtual void on_message(std::string_view channel, std::string_view payload) = 0;
        /// It may be known now who has which channel, as a node has told or gone.
        virtual void on_nodes_changed() = 0;
        /// A node hears a channel no more, or has gone.
        virtual void on_channel_end(std::string_view channel) = 0;

    protected:
        ~events() = default;
    };

    node_mesh(io_host& host,
              unix_bus_options const& with,
              std::shared_ptr<node_folder> at,
              std::shared_ptr<bus_tallies> counts,
              events& to);
    node_mesh(node_mesh const&) = delete;
    node_mesh& operator=(node_mesh const&) = delete;
    ~node_mesh();

    void start();
    /// Tells all nodes that this one is subscribed to a channel, or is so no more.
    void subscribe(std::string const& channel);
    void unsubscribe(std::string const& channel);
    /// Sends a message, as `make_message` makes it, to the nodes that have its channel.
    void send(std::string_view channel, frame& message);

    /// Whether a node has not taken yet all that was written to it.
    bool has_unsent() const noexcept;
    /// Whether all nodes have told of their channels.
    bool is_settled() const noexcept;
    /// How many other nodes have a channel.
    std::size_t count(std::string_view channel) const;
    /// Appends their channels that begin with `prefix`.
    void append_channels(std::string_view prefix, std::vector<std::string>& to) const;

private:
    struct node {
        explicit node(keyed_hash const& by) : channels(0, by) {}
        node_line* out = nullptr;  // made by this node, to speak
        node_line* in = nullptr;   // made by the other one, to hear it
        bool has_told = false;
        tick since = 0;
        keyed_set channels;
    };
    using nodes = std::map<std::string, node, std::less<>>;

    // -- node_line::events
    void on_frame(node_line& l, node_frame const& f) override;
    void on_line_end(node_line& l, std::string const& why, bool is_refusal) override;
    // -- poller::watcher: the listener
    void on_ready(std::uint32_t events) override;
    // -- timer_node: when to look next
    void on_timer(tick now) override;

    void watch_listener();
    void unwatch_listener() noexcept;
    void accept_some();
    void look();
    void keep_listed();
    void look_for_nodes();
    void end_silent_ones();
    bool dial(std::string const& name);
    void greet(node_line& l);
    void on_hello(node_line& l, std::string const& name);
    void on_heard(node_line& l, node& from, std::string const& name, node_frame const& f);
    nodes::iterator owner_of(node_line const& l) noexcept;
    /// Both connections go. Somebody who is to be left alone is not looked for for a while.
    void lose(nodes::iterator which, std::string const& why, bool leave_alone);
    void refuse(std::string const& what);
    void tell_all(std::string const& frames);
    void count_nodes() noexcept;
    tick now() noexcept { return host_.loop().now(); }

    io_host& host_;
    unix_bus_options options_;
    std::shared_ptr<node_folder> folder_;
    std::shared_ptr<bus_tallies> counts_;
    events& to_;
    keyed_hash hash_;
    keyed_set own_channels_;
    nodes nodes_{};
    std::list<node_line*> strangers_{};  // have not greeted yet
    std::map<std::string, tick, std::less<>> left_alone_{};
    log_throttle refusals_{};
    bool is_watching_ = false;
    bool has_complained_ = false;
};

}  // namespace anywire::mesh
