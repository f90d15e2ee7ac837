#pragma once

#include <anywire/layer.hpp>
#include <anywire/socketio/adapter.hpp>
#include <anywire/socketio/socket.hpp>

#include "core/timer_wheel.hpp"
#include "nsp_core.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::socketio {

class io_client;
class posting;
class socket_core;

/// What outlives a socket and points at it, for what comes back later.
///
/// Thread: `to` belongs to the shard.
struct socket_anchor {
    socket_core* to = nullptr;
    std::shared_ptr<io_core> io{};
    std::size_t shard = 0;
};

/// `socket` as it is: one client in one namespace.
class socket_core final : public socket {
public:
    enum class state : std::uint8_t {
        joining,  ///< Middlewares have not all decided.
        connected,
        leaving,  ///< The application has still to be told.
    };

private:
    struct rare;
    // What a delivery touches comes first, side by side.
    io_client& client_;
    session_below conn_;
    std::unique_ptr<rare> rare_{};
    codec const& how_;
    state state_ = state::joining;

public:
    socket_core(io_client& c, std::shared_ptr<nsp_core> nsp, json_value auth);
    ~socket_core();

    io_client& owner() noexcept { return client_; }
    io_client const& owner() const noexcept { return client_; }
    nsp_core& nsp() noexcept { return *nsp_; }
    nsp_core const& nsp() const noexcept { return *nsp_; }
    io_shard& at() noexcept { return part_.at(); }
    state current() const noexcept { return state_; }

    // -- joining
    /// Asks for recovery where the client wants it, then the middlewares, then joins.
    void begin();
    /// The namespace has taken it in; its log stands at `log_position`.
    void on_inserted(std::uint64_t log_position);

    /// What it has missed before the position from which it goes on.
    std::vector<std::shared_ptr<outgoing_packet const>> take_missed() noexcept;

    /// Calls what was posted to it; once it has joined, if it has not yet. Requires: it does not
    /// leave.
    void take_posted(std::shared_ptr<posting> p);

    bool join_one(std::string_view room);
    /// What it is now, with a copy of its data.
    remote_socket as_remote();
    /// The connection's queue ran empty after it had refused something.
    void on_drained();
    void on_upgraded();

    // -- packets of the client
    void on_event(wire::packet const& p, std::span<std::string const> attachments);
    void on_ack(wire::packet const& p, std::span<std::string const> attachments);

    /// What a client shows to go on later; null if it cannot.
    std::string const* pid() const noexcept { return stored_ ? &stored_->pid : nullptr; }

    /// The client has broken the protocol; the connection ends with it.
    void on_violation(std::string_view what);

    // -- leaving
    /// Leaves the namespace: the application is told when what runs now has returned.
    void leave_namespace(disconnect_reason why);

    // -- sending
    result<void> send_event(emit_flags const& flags,
                            std::string_view name,
                            detail::encoded e,
                            detail::ack_handler a);
    void send_packet(outgoing_packet const& packet, bool is_volatile = false);
    /// The same, of one that its sender hears of.
    result<void> send_now(outgoing_packet const& packet);
    /// As part of a broadcast whose answers are gathered.
    void send_asking(outgoing_packet const& packet,
                     std::uint64_t id,
                     emit_flags const& flags,
                     detail::ack_handler a);
    void send_ack(std::uint64_t id, detail::encoded const& e);
    bool hears_outgoing() const noexcept;
    void tell_outgoing(std::string_view payload, std::span<std::string const> attachments);
    /// False for a volatile packet of `cost` bytes that cannot leave now; it counts as dropped.
    bool admits(emit_flags const& flags, std::size_t cost);

    /// Calls what has waited too long; the next time to do so, if there is one.
    std::optional<tick> expire_acks(tick now);

    std::shared_ptr<socket_anchor> const& anchor();

    /// Fetches what `send_packet` touches first; after that, what it touches next.
    void prefetch() const noexcept {
        __builtin_prefetch(this);
        __builtin_prefetch(&state_);  // on the same line, or the next
    }
    void prefetch_connection() const noexcept { conn_.prefetch(); }

    // -- of its namespace's part
    std::uint32_t visited = 0;
    std::string id_text{};  ///< Constant while it is among its namespace's.
    hub::room_list<socket_core> rooms_joined{};

private:
    friend class socket;
    struct listener {
        listener_id id;
        std::string name;
        detail::event_handler fn;
        bool once;
        bool dead = false;
    };
    struct pending_ack {
        std::uint64_t id;
        detail::ack_handler fn;
        std::optional<tick> until;
    };
    /// An event that waits for a middleware.
    struct kept_event {
        std::string name;
        std::string payload;
        std::vector<std::string> attachments;
        std::shared_ptr<detail::ack_channel> channel;
        std::size_t next = 0;
    };
    /// What few sockets have.
    struct rare {
        using any_listener = std::pair<listener_id, std::function<void(event const&)>>;
        std::vector<std::shared_ptr<any_listener>> any{};
        std::vector<std::shared_ptr<any_listener>> any_outgoing{};
        std::vector<std::shared_ptr<std::function<void(event const&, next)>>> middlewares{};
        std::vector<std::function<void(connect_error const&)>> error{};
        std::vector<std::function<void()>> drain{};
        std::vector<std::function<void()>> upgrade{};
        std::vector<std::function<void(disconnect_reason)>> disconnecting{};
        std::vector<std::function<void(disconnect_reason)>> disconnect{};
        std::unique_ptr<kept_event> waiting{};
        std::vector<std::shared_ptr<posting>> posted{};                // until it has joined
        std::vector<std::shared_ptr<outgoing_packet const>> missed{};  // the same, of a recovery
    };
    class event_ack;

    rare& extras();
    bool is_joining() const noexcept;
    result<void> send_kept(emit_flags const& flags, detail::encoded e);
    void restored(restore_error error, restored_session s);
    void forget_recovery();
    void leave_rooms() noexcept;
    void note_unsent(std::string_view name, std::string_view why);
    void run_middlewares(std::size_t first);
    /// What a middleware has accepted it with; nothing leaves it as it is.
    void set_data(std::any data) {
        if (data.has_value()) data_ = std::move(data);
    }
    void decided(std::size_t index, std::optional<connect_error> why);
    void join_namespace();
    void refuse(connect_error const& why);
    void announce();
    void filter_event(event const& e, std::size_t first, std::unique_ptr<kept_event> kept);
    void tell_error(connect_error const& why);
    void tell_all(std::vector<std::function<void()>> const& listeners);
    void filter_decided(std::optional<connect_error> why);
    void dispatch(event const& e);
    void call_listeners(event const& e);
    void call_listener(detail::event_handler const& fn, event const& e);
    void bad_arguments(event const& e, argument_error const& wrong);
    void wait_for_ack(std::uint64_t id, detail::ack_handler a, emit_flags const& flags);
    void give_up_acks();
    std::optional<tick> soonest_ack() const noexcept;
    void resume_reading();
    void store_session();
    void tell_left();

    std::shared_ptr<nsp_core> nsp_;
    nsp_shard& part_;
    nsp_core::config_ptr config_;
    std::shared_ptr<socket_anchor> anchor_{};
    std::vector<std::unique_ptr<listener>> listeners_{};
    std::vector<pending_ack> acks_{};
    std::any data_{};
    std::unique_ptr<json_value> auth_{};
    std::unique_ptr<stored_session> stored_{};  // what recovery needs: its pid, since when
    std::optional<std::uint64_t> position_{};   // of a recovery that has not joined yet
    std::size_t hurried_acks_ = 0;              // of the oldest: given up at the next tick
    std::uint32_t next_listener_ = 0;
    std::uint16_t calling_ = 0;  // listeners that run now
    disconnect_reason left_for_ = disconnect_reason::transport_close;
    socketio::recovery recovery_ = socketio::recovery::not_asked;
    bool has_dead_listeners_ = false;
    bool has_given_up_acks_ = false;
};

}  // namespace anywire::socketio
