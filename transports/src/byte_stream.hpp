#pragma once

#include "tls.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

struct iovec;

namespace anywire {

/// Whether the peer of a socket has sent its end, or reset it, and all before that has been read.
/// Looks at the kernel's buffer without taking from it, so any thread may ask.
bool peer_has_ended(int descriptor) noexcept;

/// Bytes in and out, plain or TLS, without blocking: the seam that carriers sit on. Owns the
/// socket and is bound to no event loop.
class byte_stream {
public:
    byte_stream(int descriptor, std::unique_ptr<tls_stream> tls) noexcept
        : descriptor_(descriptor), tls_(std::move(tls)) {}
    byte_stream(byte_stream&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, -1)), tls_(std::move(other.tls_)) {}
    byte_stream& operator=(byte_stream&&) = delete;
    ~byte_stream() { close(); }

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

    /// -1 when closed.
    int descriptor() const noexcept { return descriptor_; }

private:
    int descriptor_;
    std::unique_ptr<tls_stream> tls_;
};

}  // namespace anywire
