#pragma once

#include <anywire/socketio/client_options.hpp>
#include <anywire/socketio/client_socket.hpp>

#include "core/log_text.hpp"
#include "core/log_throttle.hpp"
#include "core/timer_wheel.hpp"
#include "session/session_loop.hpp"
#include "socketio/assembler.hpp"
#include "socketio/client/listeners.hpp"
#include "socketio/client/wire.hpp"
#include "socketio/packet.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::socketio {

class client_socket_core;

/// The URL of the server's Engine.IO: one without a path gets Socket.IO's. What is no URL stays.
[[nodiscard]] std::string engine_url(std::string_view url);
/// The options, to be shared.
///
/// Throws: `std::invalid_argument` for those out of range.
[[nodiscard]] std::shared_ptr<client_options const> check_options(client_options o);

/// `manager` as it is: packets to sockets, sockets to packets.
///
/// Thread: the home's, where nothing else is said.
class manager_core final : public std::enable_shared_from_this<manager_core>,
                           public client_events,
                           public timer_node {
public:
    /// `o` is what `check_options` gave. Thread: any.
    manager_core(session_loop& loop,
                 std::shared_ptr<client_home> home,
                 std::shared_ptr<client_options const> o);
    ~manager_core();

    /// Has it stand on a connection, which outlives `detach`.
    void attach(client_wire& below) noexcept { below_ = &below; }
    /// The connection goes. What is awaited is dropped.
    void detach() noexcept;
    /// The application has let go: no handler runs any more. Thread: any.
    void abandon() noexcept { is_abandoned_ = true; }
    bool is_abandoned() const noexcept { return is_abandoned_; }  ///< Thread: any.

    // -- of the application
    client_socket_core& socket(std::string_view nsp, client_socket_options o);  ///< Thread: any.
    void connect_all();
    void close_all();
    bool has_session() const noexcept { return has_session_; }  ///< Thread: any.
    std::string_view transport() const noexcept;
    listeners<> opened{};
    listeners<> gone_over{};
    listeners<> given_up{};
    listeners<client_failure const&> failed{};
    listeners<client_retry const&> reconnecting{};
    void remove_listener(listener_id which);

    // -- of the connection
    void on_open() override;
    void on_message(message_view m) override;
    void on_drain() override;
    void on_transport() override;
    void on_close(close_event const& how) override;
    void on_failure(client_failure const& why) override;
    void on_reconnecting(client_retry const& coming) override;
    void on_end() override;
    void on_timer(tick now) override;

    // -- what sockets use
    client_options const& opts() const noexcept { return *options_; }
    session_loop& loop() noexcept { return loop_; }
    wire::protocol protocol() const noexcept { return protocol_; }
    std::string_view sid() const noexcept { return below_ ? below_->sid() : std::string_view{}; }
    bool is_writable() const noexcept { return has_session_ && below_ && below_->is_writable(); }
    /// In protocol 4: the server has said that the main namespace is joined, which it is unasked.
    bool has_main() const noexcept { return has_main_; }
    void forget_main() noexcept { has_main_ = false; }
    void open_connection();
    /// Closes the connection if no socket is active any more.
    void release();
    /// Sends a packet. `type` is that of one without attachments.
    ///
    /// Errors: as `client_wire::send`.
    result<void> send(wire::packet_type type,
                      std::string_view nsp,
                      std::optional<std::uint64_t> id = {},
                      detail::encoded const& payload = {},
                      bool compress = true);
    void arm(tick when) { loop_.wheel().arm(*this, when); }

    // -- threads
    bool is_here() const noexcept { return home_->is_here(); }
    /// Runs `fn` soon, unless the client has gone by then. Thread: any.
    void post(std::function<void()> fn);
    /// Runs `fn` at once where this is the home's thread, else soon. Thread: any.
    template <class Fn>
    void run(Fn fn) {
        if (is_abandoned_) return;
        if (is_here()) return fn();
        post(std::move(fn));
    }
    listener_id next_listener() noexcept { return ++last_listener_; }  ///< Thread: any.

    /// Calls a function of the application's; false when it threw, which ends the session, or must
    /// not run any more.
    template <class Fn>
    bool call(Fn fn) {
        if (is_abandoned_) return false;
        try {
            fn();
            return true;
        } catch (...) {
            loop_.log().failed("a socket.io handler");
        }
        break_off(close_reason::handler_failed, "handler failed");
        return false;
    }
    /// `call` as a function object, for `listeners::tell`.
    auto caller() {
        return [this](auto fn) { return call(std::move(fn)); };
    }
    /// Writes a line of what servers can cause as often as they like.
    template <class... Parts>
    void note(std::string_view nsp, Parts const&... parts) {
        auto& to = loop_.log();
        if (!to.wants(log_level::info)) return;
        if (auto const left_out = throttle_.admit(loop_.now()))
            to.write(log_level::info,
                     "socket.io client: ",
                     parts...,
                     " (",
                     options_->url,
                     " '",
                     shown(nsp),
                     "')",
                     more_like_it(*left_out));
    }
    /// Ends the session for a fault of the server's or the application's.
    void break_off(close_reason why, std::string_view text);

private:
    void violate(std::string_view what);
    void on_parsed(packet_parser const& parser, message_view m);
    void dispatch(wire::packet const& p, std::span<std::string const> attachments);
    client_socket_core* find(std::string_view nsp) const;
    std::vector<client_socket_core*> sockets() const;
    bool has_active() const;
    void lose(client_disconnect_reason why);
    result<void> send_parsed(packet_view const& p, bool compress);

    session_loop& loop_;
    std::shared_ptr<client_home> home_;
    std::shared_ptr<client_options const> options_;
    wire::protocol protocol_;
    wire::decode_limits limits_;
    client_wire* below_ = nullptr;
    wire::assembler assembler_;
    log_throttle throttle_{};
    mutable std::mutex mutex_{};  // of the list; a socket stays as long as this
    std::vector<std::unique_ptr<client_socket_core>> sockets_{};
    std::atomic<listener_id> last_listener_{0};
    std::atomic<bool> is_abandoned_{false};
    std::atomic<bool> has_session_{false};
    bool has_main_ = false;
    bool is_running_ = false;  // from `connect` of the connection until `on_end`
    bool is_closing_ = false;  // since `close` of it, until then
    bool reopens_ = false;     // it was told to connect meanwhile
};

}  // namespace anywire::socketio
