#pragma once

#include <anywire/socketio/client_socket.hpp>

#include "core/timer_wheel.hpp"
#include "socketio/client/listeners.hpp"
#include "socketio/client/manager_core.hpp"
#include "socketio/packet.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::socketio {

/// Throws: `std::invalid_argument` for auth that cannot be sent: no object, or with bytes in it.
void check_auth(json_value const& auth);
/// The payload that a namespace is joined with in protocol 5; `pid` and `offset` are of the
/// connect before, or empty.
[[nodiscard]] std::string auth_payload(json_view auth,
                                       std::string_view pid,
                                       std::string_view offset);
/// The query that it is joined with in protocol 4.
[[nodiscard]] std::string auth_query(json_view auth);
/// Throws: `std::invalid_argument` for a name under which a client hears no event, or emits none:
///         the text says what to write instead.
void check_client_hears(std::string_view name);
void check_client_emits(std::string_view name);

/// `client_socket` as it is.
///
/// Thread: its manager's.
class client_socket_core final : public client_socket {
public:
    enum class state : std::uint8_t {
        idle,     ///< Disconnected, and stays so until it is told to connect.
        waiting,  ///< For the connection.
        asking,   ///< The application looks for the auth.
        joining,  ///< The server has been asked.
        connected,
    };

    client_socket_core(manager_core& of, std::string nsp, client_socket_options o);
    ~client_socket_core() = default;

    state current() const noexcept { return state_; }
    manager_core& owner() noexcept { return of_; }

    // -- of the connection
    void on_session();
    void on_packet(wire::packet const& p, std::span<std::string const> attachments);
    /// The session has ended.
    void lose(client_disconnect_reason why);
    void on_failure(client_failure const& why);
    void on_drained();
    /// Calls what is due; the next time to do so, if there is one.
    std::optional<tick> on_timer(tick now);

    /// Answers an event that came in the connect of that number.
    void send_ack(std::uint64_t join, std::uint64_t id, detail::encoded const& e);

private:
    friend class client_socket;
    class event_ack;

    struct listener {
        listener_id id;
        std::string name;
        detail::basic_event_handler<client_socket> fn;
        bool once;
        bool dead = false;
    };
    struct pending_ack {
        std::uint64_t id;
        detail::ack_handler fn;
        std::optional<tick> until;
        bool is_sent;  ///< The event waits otherwise.
    };
    /// An event that waits to be sent.
    struct kept_event {
        std::optional<std::uint64_t> id;
        detail::encoded event;
        bool compress;
        bool is_silent;  ///< The outgoing listeners emitted it: they are not told.
        std::size_t cost;
    };
    /// One that waits for its turn and its answer.
    struct queued_event {
        std::uint64_t number;
        emit_flags flags;
        detail::encoded event;
        detail::ack_handler ack;
        std::size_t cost;
        std::uint32_t tries = 0;
        bool is_pending = false;
    };
    /// One that came before the server has let the client in.
    struct early_event {
        std::string name;
        std::string payload;
        std::vector<std::string> attachments;
        std::optional<std::uint64_t> id;
    };
    struct timed {
        tick when;
        std::function<void(client_socket&)> fn;
    };

    // -- joining
    void begin();
    void end();
    void ask();
    void join(json_value const& auth);
    void no_auth(char const* why);
    void on_connect_packet(wire::packet const& p);
    void connected(std::string sid, std::string pid);
    void catch_up();
    void on_refused(wire::packet const& p, std::span<std::string const> attachments);
    void refuse(connect_error const& why);
    void on_put_out();
    void leave(bool was_connected);
    void forget_early() noexcept;
    bool is_in(std::uint64_t join) const noexcept {
        return state_ == state::connected && joins_ == join;
    }

    // -- events of the server
    void on_event(wire::packet const& p, std::span<std::string const> attachments);
    void keep_early(wire::packet const& p, std::span<std::string const> attachments);
    void deliver(std::string_view name,
                 std::string_view payload,
                 std::span<std::string const> attachments,
                 std::optional<std::uint64_t> id);
    void call_listeners(event const& e);
    void bad_arguments(event const& e, argument_error const& wrong);
    void note_offset(arguments const& args);
    void on_ack(wire::packet const& p, std::span<std::string const> attachments);
    void forget_dead();

    // -- events of the application
    result<void> emit_event(emit_flags const& flags, detail::encoded e, detail::ack_handler a);
    result<void> emit_now(emit_flags const& flags, detail::encoded e, detail::ack_handler a);
    result<void> keep(emit_flags const& flags, detail::encoded e, detail::ack_handler a);
    bool has_room(std::size_t cost) const noexcept;
    void flush();
    void forget_kept(std::uint64_t id);
    result<void> enqueue(emit_flags const& flags, detail::encoded e, detail::ack_handler a);
    void drain_queue();
    bool on_answered(std::uint64_t number, error_code error, std::span<arguments const> answers);
    void tell_outgoing(detail::encoded const& e);
    std::optional<std::chrono::milliseconds> timeout_of(emit_flags const& flags) const noexcept;
    void wait_for_ack(std::uint64_t id,
                      detail::ack_handler a,
                      std::optional<std::chrono::milliseconds> longest,
                      bool is_sent);
    void answer(detail::ack_handler const& fn, error_code error, std::span<arguments const> args);
    void expire_acks(tick now);
    void give_up_acks();

    manager_core& of_;
    std::string const nsp_;
    client_socket_options options_;
    std::atomic<state> state_{state::idle};
    std::atomic<bool> recovered_{false};
    std::string id_{};
    std::string pid_{};     // of the recovery; empty where the server has none
    std::string offset_{};  // the last one seen
    std::uint64_t joins_ = 0;
    std::uint64_t asked_ = 0;   // for auth: an older answer is none
    bool owes_answer_ = false;  // the server does, to a CONNECT
    bool is_flushing_ = false;
    bool is_telling_ = false;

    std::vector<std::unique_ptr<listener>> listeners_{};
    std::uint16_t calling_ = 0;
    bool has_dead_listeners_ = false;
    listeners<event const&> any_{};
    listeners<event const&> any_outgoing_{};
    listeners<> connect_{};
    listeners<connect_error const&> connect_error_{};
    listeners<client_disconnect_reason> disconnect_{};
    listeners<> drain_{};

    std::uint64_t next_id_ = 0;
    std::uint64_t next_number_ = 0;
    std::vector<pending_ack> acks_{};
    std::size_t hurried_acks_ = 0;  // of the oldest: given up at the next tick
    // Empty nearly always, when a list holds nothing.
    std::list<kept_event> kept_{};
    std::list<queued_event> queue_{};
    std::size_t kept_bytes_ = 0;  // of both
    std::list<early_event> early_{};
    std::size_t early_bytes_ = 0;
    std::vector<timed> timers_{};
};

}  // namespace anywire::socketio
