#pragma once

#include "tallies.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace anywire::testing {

namespace net = boost::asio;
using error_code = boost::system::error_code;
using tcp = net::ip::tcp;
using io_handler = std::function<void(error_code, std::size_t)>;

/// A connection, with TLS or without.
class byte_stream {
public:
    explicit byte_stream(net::io_context& io) : socket_(io) {}
    explicit byte_stream(tcp::socket socket) : socket_(std::move(socket)) {}

    tcp::socket& socket() noexcept { return socket_; }
    [[nodiscard]] bool is_open() const noexcept { return socket_.is_open(); }

    void async_handshake(net::ssl::context& tls,
                         net::ssl::stream_base::handshake_type side,
                         std::function<void(error_code)> then);
    void async_read(io_handler then);
    void async_write(std::string_view bytes, io_handler then);
    /// What the last read has brought.
    [[nodiscard]] std::string_view bytes(std::size_t n) const noexcept {
        return {buffer_.data(), n};
    }
    /// Closes; with `reset` the peer hears of it as an error.
    void close(bool reset = false);

private:
    tcp::socket socket_;
    std::shared_ptr<net::ssl::stream<tcp::socket&>> tls_{};  ///< Shared with its operations.
    std::array<char, 16'384> buffer_{};
};

/// One direction: what is pushed leaves in its order, every piece when it is due.
class pipe {
public:
    using clock = std::chrono::steady_clock;

    /// Borrow: the stream and whatever `keep_alive` gives outlive every operation.
    pipe(net::io_context& io, byte_stream& to) : to_(to), timer_(io) {}

    /// What is told: bytes of a tally that the socket has taken, and the socket's error.
    struct events {
        std::function<std::shared_ptr<void>()> keep_alive{};
        std::function<void(tally*, std::size_t)> on_written{};
        std::function<void()> on_error{};
        std::function<void()> on_empty{};
    };
    void on(events e) { events_ = std::move(e); }

    void push(std::string_view bytes, clock::time_point due, std::shared_ptr<tally> counted);
    /// Starts writing what is due.
    void pump();
    /// While held nothing leaves.
    void hold(bool on);
    /// Drops what waits; what the socket is being given still leaves.
    void clear();

    [[nodiscard]] std::size_t queued() const noexcept { return queued_; }
    [[nodiscard]] bool is_empty() const noexcept { return pieces_.empty(); }

private:
    struct piece {
        clock::time_point due{};
        std::string bytes{};
        std::shared_ptr<tally> counted{};
    };

    void write_first();

    byte_stream& to_;
    net::steady_timer timer_;
    events events_{};
    std::deque<piece> pieces_{};
    std::size_t queued_ = 0;
    clock::time_point latest_{};
    bool writing_ = false;
    bool waiting_ = false;
    bool held_ = false;
};

}  // namespace anywire::testing
