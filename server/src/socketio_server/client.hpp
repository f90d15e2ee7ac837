#pragma once

#include "io_core.hpp"
#include "session/engineio_session.hpp"
#include "socket_core.hpp"
#include "socketio/assembler.hpp"
#include "socketio/packet.hpp"

#include <any>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::socketio {

/// One connection: the packets of an Engine.IO session, and its sockets in the namespaces.
///
/// Thread: its shard's.
class client final : public timer_node {
public:
    client(io_core& io, io_shard& at, engineio_session& conn);
    ~client();

    io_core& io() noexcept { return io_; }
    io_shard& at() noexcept { return at_; }
    engineio_session& conn() noexcept { return conn_; }
    engineio_session const& conn() const noexcept { return conn_; }
    wire::protocol protocol() const noexcept { return protocol_; }
    std::int64_t issued() const noexcept { return issued_; }

    // -- the session's events
    void on_open();
    void on_message(message_view m);
    void on_drain();
    void on_close(close_event const& how);
    void on_timer(tick now) override;

    // -- what sockets use
    void send_text(wire::packet_type type, std::string_view nsp, std::string_view payload);
    void refuse(std::string_view nsp, connect_error const& why);
    encoding how() const noexcept { return how_; }
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

    std::any connection_data{};

private:
    /// Bytes that are no packets: every socket hears of it.
    void violate(std::string_view what);
    /// A packet that has no place here.
    void refuse_packet(std::string_view what);
    void dispatch(wire::packet const& p, std::span<std::string const> attachments);
    void on_connect(wire::packet const& p);
    void open_socket(std::string_view nsp, json_value auth);
    socket_core* find(std::string_view nsp) const noexcept;

    io_core& io_;
    io_shard& at_;
    engineio_session& conn_;
    wire::assembler assembler_;
    std::vector<std::unique_ptr<socket_core>> sockets_{};
    std::int64_t issued_;
    tick connect_until_ = 0;
    std::optional<disconnect_reason> told_{};  // why sockets leave, where the session cannot know
    encoding how_;
    wire::protocol protocol_;
    bool has_joined_ = false;
    bool is_closing_ = false;
};

}  // namespace anywire::socketio
