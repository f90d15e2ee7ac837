#pragma once

#include <anywire/transport.hpp>

#include "connection.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace anywire {

/// What the connections of one listener have in common.
struct tcp_settings {
    tick write_stall = 0;
    tick tls_handshake = 0;  ///< From the connection to the first bytes, where it is TLS.
    tick linger = 0;         ///< How long the peer may take to end its side after ours.
    /// The last bytes for a client that is not let in, with what it is to be told.
    std::function<std::string(std::string_view text)> refusal{};
};

/// The duplex carrier without frames of its own: bytes as they come, over TCP, a Unix domain socket
/// or TLS. What one read brings is one payload, and its bounds mean nothing.
///
/// Rules: the end of the peer's stream is its end, when what came before has been read. After ours
/// the rest of its bytes is read and thrown away, so that our last ones are not lost in a reset.
class tcp_connection final : public connection, public transport {
public:
    /// Has the session opened, by `service::open` or as that does; `heard` is for its answer.
    using open_fn =
        std::function<void(tcp_connection& over, std::function<void(transport_events*)> heard)>;

    tcp_connection(io_host& host,
                   byte_stream stream,
                   std::shared_ptr<tcp_settings const> settings,
                   std::unique_ptr<connection_ticket> ticket);

    /// Opens the session: at once, or where it is TLS, with the first bytes. An event of its own.
    void start(open_fn open);

    bool is_secure() const noexcept { return stream().is_tls(); }
    /// What the client has presented in its handshake.
    std::optional<peer_certificate> peer() const { return stream().peer(); }

    // -- transport
    carrier shape() const noexcept override { return carrier::duplex; }
    std::string_view name() const noexcept override { return "tcp"; }
    bool gathers() const noexcept override { return stream().is_plain_socket(); }
    write_result write(std::span<frame* const> batch) override;
    void close(close_code code, std::string_view text) noexcept override;
    void abort() noexcept override;
    std::size_t pending_bytes() const noexcept override { return unsent_bytes(); }
    void pause_reading(bool pause) override;

    void on_shutdown() override;

private:
    enum class phase : std::uint8_t {
        handshake,  ///< Nothing has come yet over TLS.
        opening,    ///< It is asked who hears of it: it lives until that is answered.
        open,
        closing,  ///< What is unsent goes out, then our end; the peer's is awaited.
    };

    void on_bytes(char* data, std::size_t size) override;
    void on_end(bool orderly) override;
    void on_sent() override;
    void on_stalled() override;
    void on_deadline() override { drop(); }

    void ask();
    void on_heard(transport_events* session);
    void take_first();
    void finish();
    void tell_closed(close_event const& how);

    std::shared_ptr<tcp_settings const> settings_;
    open_fn open_{};
    transport_events* session_ = nullptr;
    std::string first_{};  // what has come before there was a session
    phase phase_ = phase::handshake;
    bool paused_ = false;
    bool peer_ended_ = false;
    std::uint32_t drained_ = 0;
};

}  // namespace anywire
