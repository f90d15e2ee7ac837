#pragma once

#include <anywire/layer.hpp>

#include "io_core.hpp"
#include "socket_core.hpp"
#include "socketio/assembler.hpp"
#include "socketio/packet.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::socketio {

/// One connection: what Socket.IO keeps of an Engine.IO session, and its sockets in the
/// namespaces.
///
/// Thread: its shard's.
class client final : public layer_session, public timer_node {
public:
    client(io_core& io, io_shard& at, session_below conn);
    ~client() override;

    io_core& io() noexcept { return io_; }
    io_shard& at() noexcept { return at_; }
    session_below conn() const noexcept { return conn_; }
    wire::protocol protocol() const noexcept { return protocol_; }
    std::int64_t issued() const noexcept { return issued_; }

    // -- the session's events
    void on_open() override;
    void on_message(message_view m) override;
    void on_drain() override;
    void on_upgrade() override;
    void on_close(close_event const& how) override;
    void on_timer(tick now) override;

    // -- what sockets use
    void send_text(wire::packet_type type, std::string_view nsp, std::string_view payload);
    void refuse(std::string_view nsp, connect_error const& why);
    codec const& how() const noexcept { return how_; }
    /// The first namespace was joined: the connect timeout has no more to say.
    void on_joined() noexcept { has_joined_ = true; }
    /// Destroys a socket when what runs now has returned.
    void forget(socket_core& s);
    /// Ends the connection; a fault of the application's is one reason.
    void break_off(close_reason why, std::string_view text);
    /// Ends the connection in order, with every namespace told.
    void disconnect_all();
    /// The server stops.
    void shut_down();
    /// The client has come back on another connection: this one is dead, though nobody said so.
    void replace();
    bool is_closing() const noexcept { return is_closing_; }
    void arm(tick when);

    /// Calls a function of the application's; false when it threw, which is logged.
    template <class Fn>
    bool call(Fn fn) noexcept {
        try {
            fn();
            return true;
        } catch (std::exception const& e) {
            log_thrown(e.what());
        } catch (...) {
            log_thrown("something that is not a std::exception");
        }
        return false;
    }
    /// Writes a line that says which connection it is about.
    template <class... Parts>
    void log(log_level level, std::string_view nsp, Parts const&... parts) {
        auto& to = at_.loop().log();
        if (to.wants(level)) to.write(level, "socket.io: ", parts..., who(nsp));
    }
    /// The same, of what clients can cause as often as they like.
    template <class... Parts>
    void note(io_core::notice what, std::string_view nsp, Parts const&... parts) {
        if (!at_.loop().log().wants(log_level::info)) return;
        if (auto const left_out = io_.throttle(what).admit(at_.loop().now()))
            log(log_level::info, nsp, parts..., more_like_it(*left_out));
    }

private:
    /// Bytes that are no packets: every socket hears of it.
    void violate(std::string_view what);
    /// A packet that has no place here.
    void refuse_packet(std::string_view what);
    void log_thrown(char const* what) noexcept;
    /// " (mount '/chat', session ID, from ADDRESS)"
    std::string who(std::string_view nsp) const;
    /// Whether the client may ask for another namespace now; ends the connection if not.
    bool may_ask();
    void note_closed_for(std::string_view what);
    /// A message where the server has a parser of its own.
    void on_parsed(packet_parser const& parser, message_view m);
    void dispatch(wire::packet const& p, std::span<std::string const> attachments);
    void on_connect(wire::packet const& p, std::span<std::string const> attachments);
    void open_socket(std::string_view nsp, json_value auth);
    socket_core* find(std::string_view nsp) const noexcept;

    io_core& io_;
    io_shard& at_;
    session_below conn_;
    wire::assembler assembler_;
    std::vector<std::unique_ptr<socket_core>> sockets_{};
    std::int64_t issued_;
    tick connect_until_ = 0;
    tick asked_at_;                            // for a namespace, the last time
    std::uint16_t may_ask_;                    // for so many now
    std::optional<disconnect_reason> told_{};  // why sockets leave, where the session cannot know
    codec const& how_;
    wire::protocol protocol_;
    bool has_joined_ = false;
    bool is_closing_ = false;
};

}  // namespace anywire::socketio
