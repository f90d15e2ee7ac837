#pragma once

#include <anywire/socketio/adapter.hpp>
#include <anywire/socketio/nsp.hpp>

#include "core/keyed_hash.hpp"
#include "hub/room_census.hpp"
#include "nsp_shard.hpp"
#include "outgoing_packet.hpp"
#include "recovery_log.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::socketio {

class io_core;
class socket_core;

/// What the application has registered on a namespace. A snapshot: sockets keep that of their
/// connect.
struct nsp_config {
    struct listener {
        std::string name;
        detail::event_handler fn;
    };
    std::vector<std::function<void(socket&)>> connection{};
    std::vector<std::function<void(socket&, next)>> middlewares{};
    std::vector<listener> listeners{};
    std::vector<std::function<void(room_change, std::string const&, std::string const&)>> rooms{};
    std::vector<std::function<void(nsp const&)>> new_namespace{};
    std::vector<std::function<void(event const&)>> server_side{};
};

/// One namespace, over all shards: the one order of what is sent in it.
///
/// An operation (a broadcast, say) takes its place in the order under the mutex: it goes into the
/// inbox of every other shard, and is done at once on the calling one, after what waited there.
/// So each shard does all operations in one order, and a thread finds its own done. No function of
/// the application's runs within one: it could begin another, which would be out of order.
///
/// Thread: any.
class nsp_core final : public local_sockets, public std::enable_shared_from_this<nsp_core> {
public:
    nsp_core(io_core& io, std::string name, bool is_parent);
    ~nsp_core();
    nsp_core(nsp_core const&) = delete;
    nsp_core& operator=(nsp_core const&) = delete;

    /// Makes the adapter; once, before anything is sent.
    void connect();

    io_core& io() const noexcept { return io_; }
    std::string const& name() const noexcept { return name_; }
    bool is_parent() const noexcept { return is_parent_; }
    bool recovers() const noexcept;

    /// Makes the parts of all shards, once there are any.
    void attach(std::size_t shards);
    nsp_shard& part(std::size_t shard) noexcept { return *parts_[shard]; }

    using config_ptr = std::shared_ptr<nsp_config const>;
    config_ptr config() const;
    void change_config(std::function<void(nsp_config&)> const& change);

    /// Nobody will come any more: lets go what is the application's.
    void forget_all();
    /// Lets go what was kept for those who were cut off too long ago.
    void forget_expired();
    /// Whether somebody who was cut off may still come back to it.
    bool holds_sessions() const;
    /// Takes what is registered on what makes it. Requires: nobody else has it yet.
    void begin_as(nsp_core const& from);

    socketio::adapter& adapter() const noexcept { return *adapter_; }
    std::uint64_t next_ack_id() noexcept { return next_ack_++; }
    std::atomic<std::size_t>& sockets() noexcept { return sockets_; }

    /// Puts a socket among those of its shard, and sends it what it has missed since `position`.
    /// False when the log does not reach back any more; nothing was done then.
    bool insert(socket_core& s, nsp_shard& where, std::optional<std::uint64_t> position);
    /// Sends an event to a socket of the calling shard in its place in the order, and logs it for
    /// when the socket is cut off. One that is refused for want of room is not logged.
    result<void> send_logged(socket_core& s, detail::encoded event, emit_flags const& flags);
    /// The socket's secret id stands for it no longer.
    void forget_pid(std::string const& pid, socket_core const& s) noexcept;
    /// Tells whoever listens that a room has got a member (`joined`), or lost one (`left`).
    void note_room(io_shard& at,
                   room_change change,
                   std::string const& room,
                   std::string const& id) noexcept;

    /// Notes that an event was dropped, and why.
    void log_unsent(std::string_view name, std::string_view why) const noexcept;
    /// What stands for a key of `socket::latest` in this namespace, among those of a connection.
    std::uint64_t frame_key(std::string_view key) const;

    void server_side_emit(detail::encoded e, detail::ack_handler a);

    // -- local_sockets
    std::string const& nsp_name() const noexcept override { return name_; }
    recovery_options const& recovery() const noexcept override;
    void broadcast(detail::encoded event, socket_filter filter, emit_flags flags) override;
    void broadcast_with_ack(detail::encoded event,
                            socket_filter filter,
                            emit_flags flags,
                            detail::ack_handler then) override;
    void fetch_sockets(socket_filter filter,
                       std::function<void(error_code, std::vector<remote_socket>)> then) override;
    void broadcast_asking(encoded event,
                          socket_filter filter,
                          emit_flags flags,
                          std::shared_ptr<answer_sink> to) override;
    void sockets_join(socket_filter filter, std::vector<std::string> rooms) override;
    void sockets_leave(socket_filter filter, std::vector<std::string> rooms) override;
    void disconnect_sockets(socket_filter filter, bool close) override;
    void all_rooms(names_fn then) override;
    void members_of(audience of, names_fn then) override;
    void count_of(audience of, count_fn then) override;
    void rooms_of(std::string_view member, names_fn then) override;
    std::weak_ptr<void const> handle() noexcept override { return weak_from_this(); }
    std::function<void(std::function<void()>)> teller() override;
    void hear_server(event const& e) override;
    bool has_room(std::string_view room) const override;
    void broadcast_at(std::string_view offset,
                      encoded event,
                      socket_filter filter,
                      emit_flags flags) override;
    std::uint64_t log_position() const override;
    void end_live(std::string_view pid, std::function<void()> then) override;
    void persist_session(stored_session s) override;
    void restore_session(std::string_view pid,
                         std::optional<std::string> offset,
                         std::function<void(restore_error, restored_session)> then) override;

    nsp_core const* parent = nullptr;  ///< What made it; null for one of its own.
    // Guarded by the io_core.
    std::size_t users = 0;
    bool is_ready = false;  ///< The application has seen it.
    /// Its place among those that nobody uses.
    std::optional<std::list<nsp_core*>::iterator> idle{};
    std::int64_t idle_since = 0;

private:
    using filter_ptr = std::shared_ptr<socket_filter const>;

    /// An event that goes into the log, which makes its packet.
    struct logged_event {
        encoded event{};
        std::string offset{};  ///< Empty: the log's own.
    };
    /// Gives an operation its place in the order, and does it here.
    void apply(operation op, logged_event* logged = nullptr);
    void log(operation& op, logged_event& e);
    /// Sends an event that is not kept.
    void send_unlogged(operation op, encoded event, emit_flags const& flags);
    using packet_list = std::vector<std::shared_ptr<outgoing_packet const>>;
    /// What a socket has missed since `position`; false if it cannot be had.
    bool find_missed(socket_core const& s, std::uint64_t position, packet_list& missed) const;
    void run_here(std::size_t shard, std::vector<operation> const& all);
    void drain(std::size_t shard);
    restore_error take(std::string const& pid,
                       std::optional<std::string> const& offset,
                       restored_session& out);
    /// The shard of the live socket that has a secret id and may be replaced.
    std::optional<std::size_t> find_live(std::string const& pid) const;
    void end_live_here(std::size_t shard, std::string const& pid, std::function<void()> then);
    /// Does `fn` for the sockets of a filter, on every shard.
    void for_each(socket_filter filter, std::function<void(socket_core&)> fn);
    using name_sink = std::function<void(std::string)>;
    /// Gathers names from every shard, each once.
    void gather_names(std::function<void(nsp_shard&, name_sink const&)> find, names_fn then);
    void close_adapter() noexcept;

    struct holder {
        std::size_t shard;
        socket_core* socket;  ///< Belongs to the shard.
    };

    std::shared_ptr<io_core> io_kept_;
    io_core& io_;
    std::string name_;
    bool is_parent_;
    std::unique_ptr<socketio::adapter> adapter_{};
    std::atomic<bool> is_adapter_closed_{false};
    /// Kept from `connect`: what others send may still come while the adapter goes.
    bool numbers_events_ = false;
    std::atomic<std::uint64_t> next_ack_{0};
    std::atomic<std::size_t> sockets_{0};
    std::vector<std::unique_ptr<nsp_shard>> parts_{};
    std::atomic<bool> is_attached_{false};  // parts_ is complete

    mutable std::mutex order_{};         // of operations; guards inboxes, the log and the holders
    std::unique_ptr<recovery_log> log_;  // where there is recovery
    keyed_map<holder> holders_;          // by secret id, of who can recover
    mutable std::mutex config_mutex_{};
    config_ptr config_{std::make_shared<nsp_config const>()};
    std::atomic<bool> rooms_watched_{false};
    hub::room_census census_;
};

}  // namespace anywire::socketio
