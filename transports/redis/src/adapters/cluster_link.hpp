#pragma once

#include <anywire/redis/socketio_adapter.hpp>

#include "adapters/cluster_message.hpp"
#include "core/log_throttle.hpp"
#include "pending_requests.hpp"
#include "port.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::redis {

/// What connects one namespace with those of the same name on other servers: all that an adapter
/// does, but for how it is said, which is its format's.
///
/// Thread: any. Messages come where the port runs, and answers of the namespace on its shards; so
///         it may outlive its adapter, and asks for the namespace each time.
class cluster_link : public std::enable_shared_from_this<cluster_link> {
public:
    using local_sockets = socketio::local_sockets;
    using encoded = socketio::encoded;
    using emit_flags = socketio::emit_flags;
    using names_fn = local_sockets::names_fn;
    using count_fn = local_sockets::count_fn;
    using sockets_fn = std::function<void(error_code, std::vector<socketio::remote_socket>)>;

    using restored_fn = std::function<void(socketio::restore_error, socketio::restored_session)>;

    cluster_link(std::shared_ptr<port> at,
                 local_sockets& here,
                 adapter_options const& with,
                 std::string uid);
    virtual ~cluster_link() = default;
    cluster_link(cluster_link const&) = delete;
    cluster_link& operator=(cluster_link const&) = delete;

    // -- what the adapter calls
    virtual void open() = 0;
    virtual void close();
    virtual void broadcast(encoded event, audience to, emit_flags flags);
    void broadcast_with_ack(encoded event,
                            audience to,
                            emit_flags flags,
                            socketio::ack_handler then);
    void fetch_sockets(audience of, emit_flags const& flags, sockets_fn then);
    void sockets_join(audience of, emit_flags flags, std::vector<std::string> rooms);
    void sockets_leave(audience of, emit_flags flags, std::vector<std::string> rooms);
    void disconnect_sockets(audience of, emit_flags flags, bool close);
    void server_side_emit(encoded event, socketio::ack_handler then);
    void server_count(std::function<void(std::size_t)> then);
    virtual void all_rooms(names_fn then);
    virtual void members_of(audience of, names_fn then);
    void rooms_of(std::string_view member, names_fn then);
    virtual bool watches_rooms() const noexcept { return false; }
    virtual void on_room(room_change, std::string const&) {}
    virtual bool numbers_events() const noexcept { return false; }
    virtual void persist_session(socketio::stored_session s);
    virtual void restore_session(std::string_view pid,
                                 std::optional<std::string> offset,
                                 restored_fn then);

    std::string const& uid() const noexcept { return uid_; }
    std::string const& nsp_name() const noexcept { return nsp_; }

protected:
    // -- what a format does
    /// Tells all servers.
    virtual void tell(cluster_message const& m) = 0;
    /// Answers the server that has sent `to`.
    virtual void answer(cluster_message const& to, cluster_message const& m) = 0;
    /// Gives the number of servers, this one counted.
    virtual void count_servers(port::count_fn then) = 0;
    /// The channel of all servers, where each has its own one below it (`own_channel`), so that
    /// those are known who were asked. Empty: their number is all that is known.
    virtual std::string channel_of_all() const { return {}; }
    /// Does something to the sockets here, in its place among what `m` tells the others.
    virtual void tell_and_do(cluster_message const& m, std::function<void(local_sockets&)> fn);

    port& at() const noexcept { return *port_; }
    adapter_options const& opts() const noexcept { return options_; }
    wire_limits const& limits() const noexcept { return limits_; }
    cluster_message make(message_kind k) const;
    std::string new_id() const { return draw_id(*port_, uid_.size(), id_alphabet()); }
    virtual std::string_view id_alphabet() const noexcept { return hex_alphabet; }

    /// Calls `fn(local_sockets&)`, unless the namespace is going.
    template <class Fn>
    bool with_here(Fn fn) const {
        auto const kept = handle_.lock();
        if (!kept) return false;
        fn(here_);
        return true;
    }
    /// Gives what a handler of messages calls: it does nothing once the link has gone.
    template <class Message, class Fn>
    std::function<void(Message const&)> if_alive(Fn fn) {
        return [weak = weak_from_this(), fn](Message const& m) {
            if (auto const alive = weak.lock(); alive && !alive->is_closed_) fn(m);
        };
    }

    /// Has sockets here join rooms; until they have, `is_joining`.
    void join_here(local_sockets& here, audience const& of, std::vector<std::string> const& rooms);
    /// Whether sockets here are still to join rooms that others have sent them into: what follows
    /// is for them, though nobody is in the room yet.
    bool is_joining() const noexcept { return joining_ != 0; }

    /// A server has gone that was known by `channel_of_all`.
    void lose_server(std::string_view uid) { requests_.lose_server(uid); }

    /// A message of another server, or of this one, which is left alone.
    void take(cluster_message m);
    /// A message that makes no sense: counted, and logged once in a while.
    void refuse(std::string_view what, std::string_view channel);
    void count_sent() const noexcept;

    /// Asks all servers; `ask` tells them, `local` what is known here, and `done` is called once.
    struct question {
        message_kind kind{};
        audience to{};
        emit_flags flags{};
        encoded packet{};
        std::optional<std::chrono::milliseconds> timeout{};
        /// How many of the servers that are counted do not answer: this one, where it is not asked.
        std::size_t silent = 0;
        /// Whether the answers are not all without those of a server that has gone meanwhile.
        bool needs_all = false;
    };
    using pending = std::shared_ptr<pending_request>;
    void ask(question q, std::function<void(pending const&)> local, pending_request::done_fn done);

    local_sockets& here_;

private:
    void expect_answers(pending const& one, std::size_t silent, bool needs_all);
    void take_request(cluster_message& m);
    void take_answer(cluster_message& m);
    void take_asking(cluster_message& m);
    void take_fetch(cluster_message& m);
    void take_names(cluster_message& m);
    void take_server_event(cluster_message& m);
    void take_one_socket(cluster_message& m);
    void note_timeout() const noexcept;

    std::shared_ptr<port> port_;
    std::weak_ptr<void const> handle_;
    adapter_options options_;
    wire_limits limits_;
    std::string uid_;
    std::string nsp_;
    pending_requests requests_;
    std::atomic<bool> is_closed_{false};
    std::atomic<std::size_t> joining_{0};
    log_throttle throttle_{};
};

/// The adapter of a link.
[[nodiscard]] std::unique_ptr<socketio::adapter> make_cluster_adapter(
    socketio::local_sockets& here, std::shared_ptr<cluster_link> link);

}  // namespace anywire::redis
