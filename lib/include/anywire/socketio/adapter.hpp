#pragma once

#include <anywire/hub.hpp>
#include <anywire/socketio/broadcast.hpp>
#include <anywire/socketio/options.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::socketio {

/// What is kept of a socket that was cut off, until it comes back.
struct stored_session {
    std::string pid{};  ///< Secret: whoever knows it may take the session over.
    std::string id{};
    std::vector<std::string> rooms{};
    std::any data{};
    std::uint64_t since = 0;  ///< Position in the log when the socket joined.
};

/// A session that is restored: the socket as it was, and from where in the log it goes on.
struct restored_session {
    stored_session session{};
    std::uint64_t position = 0;
    /// What it has missed before that position, oldest first, each event with its offset as its
    /// last argument.
    std::vector<encoded> missed{};
};

/// Why a session was not restored; `none`: it was.
enum class restore_error : std::uint8_t { none, unknown_session, expired, offset_lost };

/// Hears of the answers to an event as they come.
///
/// Thread: any, several at once.
class answer_sink {
public:
    virtual ~answer_sink() = default;
    /// So many sockets of this process were asked. Called once; answers may come before.
    virtual void on_asked(std::size_t sockets) = 0;
    /// One of them has answered: its first argument, as `[value]`.
    virtual void on_answer(encoded answer) = 0;
    /// One of them will not.
    virtual void on_lost(error_code why) = 0;
};

/// The sockets of one namespace in this process, all shards: what an adapter acts on.
///
/// Thread: any, for every function.
class local_sockets : public local_hub<encoded, emit_flags> {
public:
    virtual std::string const& nsp_name() const noexcept = 0;
    /// How clients that were cut off may come back.
    virtual recovery_options const& recovery() const noexcept = 0;

    virtual void broadcast_with_ack(encoded event,
                                    socket_filter filter,
                                    emit_flags flags,
                                    ack_handler then) = 0;
    /// The same for who tells others of each answer when it comes. Each socket that is asked
    /// answers or is lost, once.
    virtual void broadcast_asking(encoded event,
                                  socket_filter filter,
                                  emit_flags flags,
                                  std::shared_ptr<answer_sink> to) = 0;
    virtual void fetch_sockets(
        socket_filter filter, std::function<void(error_code, std::vector<remote_socket>)> then) = 0;
    virtual void sockets_join(socket_filter filter, std::vector<std::string> rooms) = 0;
    virtual void sockets_leave(socket_filter filter, std::vector<std::string> rooms) = 0;
    virtual void disconnect_sockets(socket_filter filter, bool close) = 0;
    /// Tells the listeners of `nsp::on_server_side` what another server has emitted.
    virtual void hear_server(event const& e) = 0;
    /// Whether a socket is in a room, or is called so, now. True for an adapter that does not watch
    /// rooms.
    virtual bool has_room(std::string_view room) const = 0;

    /// Sends an event that has this offset among all servers; for adapters that number events. With
    /// recovery clients are told it, and the log keeps it.
    virtual void broadcast_at(std::string_view offset,
                              encoded event,
                              socket_filter filter,
                              emit_flags flags) = 0;
    /// The position of the latest event in the log; 0 where there is none.
    virtual std::uint64_t log_position() const = 0;
    /// Ends the socket that has this secret id, as `recovery_options::replace_live` has it, and
    /// calls `then` when its session was given to the adapter; at once where there is none.
    virtual void end_live(std::string_view pid, std::function<void()> then) = 0;

    virtual void persist_session(stored_session s) = 0;
    virtual void restore_session(std::string_view pid,
                                 std::optional<std::string> offset,
                                 std::function<void(restore_error, restored_session)> then) = 0;

protected:
    ~local_sockets() = default;
};

/// What connects the sockets of one namespace with those of other servers: the bus of a hub, and
/// what Socket.IO needs besides. This one does not: it is the default, and what other adapters
/// derive from; they do the same here and tell the others.
///
/// Thread: any, for every function.
class adapter : public hub_bus<encoded, emit_flags> {
public:
    explicit adapter(local_sockets& here) noexcept : hub_bus(here), here_(here) {}

    virtual void broadcast_with_ack(encoded event,
                                    socket_filter filter,
                                    emit_flags flags,
                                    ack_handler then) {
        here_.broadcast_with_ack(std::move(event), std::move(filter), flags, std::move(then));
    }
    virtual void fetch_sockets(socket_filter filter,
                               emit_flags flags,
                               std::function<void(error_code, std::vector<remote_socket>)> then) {
        (void)flags;
        here_.fetch_sockets(std::move(filter), std::move(then));
    }
    virtual void sockets_join(socket_filter filter,
                              emit_flags flags,
                              std::vector<std::string> rooms) {
        (void)flags;
        here_.sockets_join(std::move(filter), std::move(rooms));
    }
    virtual void sockets_leave(socket_filter filter,
                               emit_flags flags,
                               std::vector<std::string> rooms) {
        (void)flags;
        here_.sockets_leave(std::move(filter), std::move(rooms));
    }
    virtual void disconnect_sockets(socket_filter filter, emit_flags flags, bool close) {
        (void)flags;
        here_.disconnect_sockets(std::move(filter), close);
    }
    // NOLINTBEGIN(performance-unnecessary-value-param): those who override these keep them
    /// To the other servers; `then` takes their answers.
    virtual void server_side_emit(encoded event, ack_handler then) {
        (void)event;
        if (then) then({}, {});
    }
    /// How many servers there are, this one counted.
    virtual void server_count(std::function<void(std::size_t)> then) { then(1); }
    // NOLINTEND(performance-unnecessary-value-param)

    /// Whether it gives events an order over all servers, and each of them an offset: then it gives
    /// all that it can to `local_sockets::broadcast_at`, and what is sent otherwise gets no offset.
    virtual bool numbers_events() const noexcept { return false; }

    virtual void persist_session(stored_session s) { here_.persist_session(std::move(s)); }
    virtual void restore_session(std::string_view pid,
                                 std::optional<std::string> offset,
                                 std::function<void(restore_error, restored_session)> then) {
        here_.restore_session(pid, std::move(offset), std::move(then));
    }

protected:
    local_sockets& here() const noexcept { return here_; }

private:
    local_sockets& here_;
};

}  // namespace anywire::socketio
