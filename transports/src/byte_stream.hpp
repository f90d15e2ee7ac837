#pragma once

#include <anywire/detail/lent_stream.hpp>

#include "tls.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

struct iovec;

namespace anywire {

/// Whether the peer of a socket has sent its end, or reset it, and all before that has been read.
/// Looks at the kernel's buffer without taking from it, so any thread may ask.
bool peer_has_ended(int descriptor) noexcept;

/// Bytes in and out, without blocking: the seam that carriers sit on. A socket, plain or TLS, which
/// it owns and which is bound to no event loop; or a stream that a program has lent.
class byte_stream {
public:
    /// `is_secure`: a proxy has ended its TLS.
    byte_stream(int descriptor, std::unique_ptr<tls_stream> tls, bool is_secure = false) noexcept
        : descriptor_(descriptor), tls_(std::move(tls)), is_secure_(is_secure) {}
    /// `is_secure`: it is TLS.
    byte_stream(std::unique_ptr<detail::lent_stream> lent, bool is_secure) noexcept
        : lent_(std::move(lent)), is_secure_(is_secure) {}
    byte_stream(byte_stream&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, -1)),
          tls_(std::move(other.tls_)),
          lent_(std::move(other.lent_)),
          is_secure_(other.is_secure_) {}
    byte_stream& operator=(byte_stream&&) = delete;
    ~byte_stream() { close(); }

    io_result read(char* to, std::size_t room) noexcept;
    io_result write(std::string_view bytes) noexcept;
    /// Plain sockets only: one system call for many pieces.
    io_result write(std::span<iovec const> pieces) noexcept;

    bool is_tls() const noexcept { return tls_ != nullptr || is_secure_; }
    /// What the client has presented in its handshake.
    std::optional<peer_certificate> peer() const {
        return tls_ ? tls_->peer() : std::optional<peer_certificate>{};
    }
    bool is_plain_socket() const noexcept { return !tls_ && !lent_; }
    bool is_established() const noexcept { return !tls_ || tls_->is_established(); }
    bool has_begun() const noexcept { return !tls_ || tls_->has_begun(); }
    bool has_buffered() const noexcept { return tls_ && tls_->has_buffered(); }
    /// Sends the end of the stream; reading goes on.
    void shutdown_send() noexcept;
    void close() noexcept;

    /// -1 when closed, or lent.
    int descriptor() const noexcept { return descriptor_; }
    /// Null unless lent.
    detail::lent_stream* lent() const noexcept { return lent_.get(); }
    /// The descriptor, which is the caller's now. Requires: it is a plain socket.
    int release() noexcept { return std::exchange(descriptor_, -1); }
    std::unique_ptr<detail::lent_stream> release_lent() noexcept { return std::move(lent_); }
    /// Whether the peer has sent its end, or reset the stream.
    bool has_peer_ended() const noexcept {
        return lent_ ? lent_->has_peer_ended() : anywire::peer_has_ended(descriptor_);
    }

private:
    int descriptor_ = -1;
    std::unique_ptr<tls_stream> tls_{};
    std::unique_ptr<detail::lent_stream> lent_{};
    bool is_secure_ = false;
};

}  // namespace anywire
