#pragma once

#include "tls.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

struct iovec;

namespace anywire {

namespace net = boost::asio;

/// A socket whose executor is an `io_context`'s own: `any_io_executor` costs 48 bytes more.
using tcp_socket = net::basic_stream_socket<net::ip::tcp, net::io_context::executor_type>;

/// Whether the peer of a socket has sent its end, or reset it, and all before that has been read.
/// Looks at the kernel's buffer without taking from it, so any thread may ask.
bool peer_has_ended(int descriptor) noexcept;

/// Bytes in and out, plain or TLS, without blocking: the seam that carriers sit on.
class byte_stream {
public:
    byte_stream(tcp_socket socket, std::unique_ptr<tls_stream> tls) noexcept
        : socket_(std::move(socket)), tls_(std::move(tls)) {}

    io_result read(char* to, std::size_t room) noexcept;
    io_result write(std::string_view bytes) noexcept;
    /// Plain streams only: one system call for many pieces.
    io_result write(std::span<iovec const> pieces) noexcept;

    bool is_tls() const noexcept { return tls_ != nullptr; }
    bool is_established() const noexcept { return !tls_ || tls_->is_established(); }
    bool has_buffered() const noexcept { return tls_ && tls_->has_buffered(); }
    /// Sends the end of the stream; reading goes on.
    void shutdown_send() noexcept;
    void close() noexcept;

    tcp_socket& socket() noexcept { return socket_; }
    /// -1 when closed.
    int descriptor() const noexcept { return const_cast<tcp_socket&>(socket_).native_handle(); }
    /// Binds the stream to another context. Requires: no pending operation.
    [[nodiscard]] byte_stream moved_to(net::io_context& context) &&;

private:
    tcp_socket socket_;
    std::unique_ptr<tls_stream> tls_;
};

}  // namespace anywire
