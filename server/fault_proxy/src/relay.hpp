#pragma once

#include "http_framing.hpp"
#include "pipe.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace anywire::testing {

class relay;

/// What a relay needs of its proxy.
class relay_host {
public:
    virtual ~relay_host() = default;
    virtual fault_proxy_options const& wishes() const noexcept = 0;
    virtual fault_settings const& faults() const noexcept = 0;
    virtual tallies& counts() noexcept = 0;
    virtual net::ssl::context* client_tls() noexcept = 0;
    virtual net::ssl::context* server_tls() noexcept = 0;
    /// When what is read now may leave.
    virtual pipe::clock::time_point due() = 0;
    /// The relay has closed.
    virtual void forget(relay& r) = 0;
};

/// One client connection and, while it needs one, a connection to the server behind.
///
/// Relays one exchange after the other, byte for byte, but for the target of a request that its
/// route rewrites; after a 101 it relays both ways until either ends.
/// Thread: the proxy's.
class relay : public std::enable_shared_from_this<relay> {
public:
    relay(relay_host& host, net::io_context& io, tcp::socket client);

    void start();
    /// The settings have changed.
    void on_settings();
    /// Resets both connections if they carry something the settings act on.
    void cut();
    /// Ends at once, whatever goes on.
    void close(bool reset = false);

    [[nodiscard]] std::size_t held_bytes() const noexcept;

private:
    enum class phase : std::uint8_t { idle, parked, connecting, exchanging, tunnel, dead, closed };

    // -- from the client
    void read_client();
    void on_client_read(error_code ec, std::size_t n);
    void on_client_gone();
    void take_client_bytes();
    void take_head();
    void begin_exchange(message_head const& head);
    void route_exchange();
    void forward_body();

    // -- to the server
    void connect(std::uint16_t port);
    void on_connected(error_code ec);
    void send_head();
    void read_server();
    void on_server_read(error_code ec, std::size_t n);
    void on_server_gone();
    void take_server_bytes(std::string_view bytes);
    bool take_response_head(std::string_view& bytes);
    void begin_response(message_head const& head);

    // -- back to the client
    void deliver(std::string_view bytes);
    void release_held();
    void finish_exchange();
    void answer(unsigned status, std::string_view text);
    void close_when_written();

    [[nodiscard]] bool is_affected() const noexcept { return is_faulty_; }
    [[nodiscard]] bool is_busy() const noexcept;
    [[nodiscard]] bool is_paused() const noexcept;
    [[nodiscard]] pipe::clock::time_point due();
    void count(std::uint64_t traffic::*what, std::uint64_t n = 1);
    void become_dead();
    void close_if_dead();

    relay_host& host_;
    byte_stream client_;
    byte_stream server_;
    pipe up_;
    pipe down_;
    phase phase_ = phase::idle;
    bool reading_client_ = false;
    bool reading_server_ = false;
    bool closing_ = false;      ///< Closes once the client has all.
    bool client_gone_ = false;  ///< Closes once the server has all.

    std::string client_in_{};  ///< Read and not yet taken.
    std::shared_ptr<tally> tally_{};
    bool is_faulty_ = false;
    std::uint16_t server_port_ = 0;  ///< Where `server_` is connected; 0 when it is not.
    std::uint16_t wanted_port_ = 0;
    unsigned connects_ = 0;  ///< Tells reads of an earlier connection to the server.
    std::string head_{};     ///< Of the request, as the server shall see it.
    std::string origin_{};   ///< Of the page that made the request.
    bool is_websocket_ = false;
    bool is_head_ = false;  ///< A HEAD request.
    bool keep_alive_ = true;
    body_scanner request_body_{};

    std::string response_head_{};
    bool has_response_ = false;
    body_scanner response_body_{};
    bool holds_ = false;  ///< Holds this response.
    std::string held_{};
};

}  // namespace anywire::testing
