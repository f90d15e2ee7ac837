#pragma once

#include <anywire/close_reason.hpp>
#include <anywire/endpoint_bus.hpp>
#include <anywire/error.hpp>
#include <anywire/handler.hpp>
#include <anywire/number_family.hpp>
#include <anywire/stomp/client.hpp>
#include <anywire/stomp/handler.hpp>
#include <anywire/stomp/message.hpp>
#include <anywire/stomp/options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::stomp {

class broker_relay;

/// What went wrong with a message of a client's, whose session goes on.
struct failure {
    enum class kind : std::uint8_t {
        handler_threw,
        bad_message,  ///< It does not fit the handler: its body, or a variable of its destination.
        no_handler,   ///< Nothing handles its destination.
    };
    kind what = kind::handler_threw;
    std::string_view destination{};
    std::string_view text{};  ///< A sentence; what the exception says.
};

/// A message of a queue that nobody will get.
struct dead_letter {
    std::string_view destination{};
    std::string_view content_type{};
    std::string_view body{};
    dead_letter_cause why = dead_letter_cause::expired;
};

/// A client as `server::clients` lists it.
struct client_info {
    std::string id{};
    std::string user{};
    std::string remote_address{};
    std::vector<std::string> subscriptions{};
};

/// How a broker behind a server fares, as far as the application's own connection to it tells.
struct relay_numbers {
    bool is_there = false;       ///< Now.
    std::size_t held_bytes = 0;  ///< Now, of messages that the broker has not confirmed.
    std::uint64_t losses = 0;    ///< Times that it was lost.
    std::uint64_t left_out = 0;  ///< Messages that it has refused.
};

/// What a server has counted, since its mount where it is no number of now.
struct server_numbers {
    std::size_t clients = 0;        ///< Connected now.
    std::size_t subscriptions = 0;  ///< Now.
    std::uint64_t connects = 0;
    std::uint64_t refused_connects = 0;    ///< By `on_connect`, for their version, or too late.
    std::uint64_t errors = 0;              ///< ERROR frames sent.
    std::uint64_t frames_received = 0;     ///< Whole ones.
    std::uint64_t messages_delivered = 0;  ///< MESSAGE frames sent.
    std::uint64_t refused_sends = 0;       ///< SENDs that no rule allows, or without room.
    std::uint64_t refused_subscribes = 0;
    std::size_t queues = 0;           ///< Now, as the following two.
    std::size_t queued_messages = 0;  ///< Waiting or not acknowledged.
    std::size_t queued_bytes = 0;
    std::size_t unacknowledged = 0;  ///< Now.
    std::uint64_t redeliveries = 0;
    std::uint64_t dead_letters = 0;
    std::optional<relay_numbers> relay{};  ///< Of a broker that `relay_to` has put behind it.
};

/// A STOMP server with a broker in memory, over the sessions of the mounts it is given to with
/// `service::mount`, of whatever dialect: all of them are one audience.
///
/// Destinations under `options::prefixes` are the broker's: topics, of which all subscribers get
/// each message, and queues, of which one does. Those under `options::application` are the
/// application's: `on_message` handles what clients send there. Those under `options::user` are a
/// client's own.
///
/// Clients may send to the broker only where `allow_send` says so. They may subscribe to any
/// destination of the broker until the first `allow_subscribe`; from then on only where one says
/// so. Patterns for all of these are of Ant's words: "{name}" is one segment, which the handler is
/// given, "*" any part of one, "**" any number of them. Of several that fit, the most specific
/// counts.
///
/// Spec:   STOMP 1.2, 1.1 and 1.0.
/// Thread: set up by one thread before the first mount; what sends, ends or lists may then be
///         called from any. Handlers are called on the client's shard, never two at once for one
///         client.
/// Borrow: handlers that capture it by value keep it alive until its mounts have gone.
class server {
public:
    /// Throws: `std::invalid_argument` for options out of range, or prefixes that are not valid or
    ///         within each other.
    explicit server(options o = {});

    // -- set up; each throws `std::logic_error` once it is mounted, and `std::invalid_argument` for
    //    an empty function or a pattern that is not valid or there already.

    /// Decides who may connect. Default: everybody, as the user that `options::authorize` accepts
    /// with.
    void on_connect(handler<void(connect const&, admission)> f);
    /// A client is connected; called after CONNECTED was sent.
    void on_connected(handler<void(client&)> f);
    /// The last call for a client that was connected.
    void on_disconnect(handler<void(client&, close_event const&)> f);
    /// A client has subscribed to a destination of the broker or of its own, or no longer is; not
    /// called for the subscriptions that end with their client.
    void on_subscribed(handler<void(client&, std::string_view destination)> f);
    void on_unsubscribed(handler<void(client&, std::string_view destination)> f);
    /// Something went wrong with what a client has sent: it is logged, too. Where the client has
    /// asked for a receipt it gets an ERROR, and its session ends.
    void on_error(handler<void(client&, failure const&)> f);
    /// A message of a queue has become a dead letter. On any shard.
    void on_dead_letter(handler<void(dead_letter const&)> f);

    /// Has a broker elsewhere (anywire/stomp_relay.hpp) take the place of that in memory.
    void relay_to(std::shared_ptr<broker_relay> broker);

    /// Lets clients send to the broker's destinations of a pattern, or to other users'
    /// ("/user/**").
    void allow_send(std::string_view pattern);
    /// The same where `f` says so: a function of `client const&`, if it wants, and the variables of
    /// the pattern, which returns bool.
    template <class F>
    void allow_send(std::string_view pattern, F f) {
        add_rule(true, pattern, detail::make_rule(std::move(f)));
    }
    /// Lets clients subscribe to the broker's destinations of a pattern.
    void allow_subscribe(std::string_view pattern);
    template <class F>
    void allow_subscribe(std::string_view pattern, F f) {
        add_rule(false, pattern, detail::make_rule(std::move(f)));
    }

    /// Handles what clients send to an application's destination. `f` takes `client&`, if it wants,
    /// the variables of the pattern (`std::string` or integers), and the message, if it wants: the
    /// body as a `std::string`, a type read from JSON, or all of it as `message const&`. It may be
    /// a coroutine (`anywire/task.hpp`). What it returns goes to `options::answers` and the rest of
    /// the destination: from "/app/chat" to "/topic/chat". A receipt goes out when it has returned.
    ///
    /// What it throws is told to `on_error`, and costs a client its session only where it has asked
    /// for a receipt; a `refusal` always does.
    template <class F>
    void on_message(std::string_view pattern, F f) {
        add_route(route_kind::message, pattern, detail::make_route(std::move(f)));
    }
    /// Answers who subscribes to an application's destination, once, with what `f` returns, which
    /// takes `client&`, if it wants, and the variables. No subscription is kept.
    template <class F>
    void on_subscribe(std::string_view pattern, F f) {
        add_route(route_kind::subscribe, pattern, detail::make_route(std::move(f)));
    }
    /// The first message that a new subscriber of a topic gets: what `f` returns, as with
    /// `on_subscribe`. What is sent to the topic from then on comes after it.
    template <class F>
    void snapshot(std::string_view pattern, F f) {
        add_route(route_kind::snapshot, pattern, detail::make_route(std::move(f)));
    }

    /// Connects it with the servers of other processes, by whatever connects endpoints: topics,
    /// users' destinations, `disconnect_user`, `fetch_users` and `fetch_clients_of` are those of
    /// all nodes from then on, without sticky sessions. So are queues: a message waits on the node
    /// that it was sent on, in the bounds of that node's queue, and goes to another one when a
    /// subscriber there has room, and none here. It is on one node at a time, and ends with it.
    ///
    /// `make`: what `unix_bus::endpoint_bus`, `redis::endpoint_bus` or the application makes.
    void use_bus(bus_maker make);

    // -- sending, from any thread

    /// Sends to a destination of the broker: `value` as `to_payload` has it.
    ///
    /// Errors: `errc::bad_arguments` for a destination that is not valid or not the broker's;
    ///         `errc::send_queue_full` for a queue without room; `errc::session_closed` where it is
    ///         not mounted, or its service has ended.
    template <class T>
    result<void> send(std::string_view destination, T const& value, header_list more = {}) const {
        return publish(destination, to_payload(value), std::move(more));
    }
    /// Sends to all sessions of a user that are subscribed to a destination of their own: for
    /// "/queue/x" to "/user/queue/x". Where there is none, it is gone.
    ///
    /// Errors: as `send`, but for queues: nothing waits here.
    template <class T>
    result<void> send_to_user(std::string_view user,
                              std::string_view destination,
                              T const& value,
                              header_list more = {}) const {
        return publish_to(user, false, destination, to_payload(value), std::move(more));
    }
    /// The same to one client, by its `client::id`, whether it has a user or not.
    template <class T>
    result<void> send_to_client(std::string_view id,
                                std::string_view destination,
                                T const& value,
                                header_list more = {}) const {
        return publish_to(id, true, destination, to_payload(value), std::move(more));
    }

    /// Ends all sessions of a user; see `client::disconnect`.
    void disconnect_user(std::string_view user, std::string_view message = {}) const;
    /// Calls `fn` on a client's shard, never at once, if it is there then; by its `client::id`.
    void post(std::string_view id, std::function<void(client&)> fn) const;

    // -- who is there, from any thread: copies of what is so now
    [[nodiscard]] std::vector<client_info> clients() const;
    /// Clients of a user; those without one where it is empty.
    [[nodiscard]] std::vector<client_info> clients_of(std::string_view user) const;
    /// Cost: constant.
    [[nodiscard]] server_numbers numbers() const;
    /// Asks all nodes for the users that have clients, or for the ids of a user's clients; without
    /// a bus this is the only one. `then` is called once, on a shard, also with an error: what has
    /// come is there then.
    void fetch_users(std::function<void(error_code, std::vector<std::string>)> then) const;
    void fetch_clients_of(std::string_view user,
                          std::function<void(error_code, std::vector<std::string>)> then) const;

    std::shared_ptr<stomp_core> const& core() const noexcept { return core_; }

private:
    enum class route_kind : std::uint8_t { message, subscribe, snapshot };
    friend class stomp_core;

    void add_rule(bool is_send, std::string_view pattern, detail::rule_call rule);
    void add_route(route_kind kind, std::string_view pattern, detail::route_call route);
    result<void> publish(std::string_view destination, payload what, header_list more) const;
    result<void> publish_to(std::string_view whom,
                            bool is_client,
                            std::string_view destination,
                            payload what,
                            header_list more) const;

    std::shared_ptr<stomp_core> core_;
};

}  // namespace anywire::stomp
