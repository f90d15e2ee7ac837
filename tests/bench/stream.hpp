#pragma once

#include "loop.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct ssl_st;
struct ssl_ctx_st;

namespace bench {

/// Where servers are, and how to reach them.
struct address {
    std::uint16_t port = 0;
    ssl_ctx_st* tls = nullptr;  ///< Not null: speak TLS.
};

/// A TLS client context that believes any certificate; null when it could not be made.
std::shared_ptr<ssl_ctx_st> make_tls_client();

class stream;

/// Who a stream tells.
class stream_events {
public:
    virtual void on_connected(stream& s) = 0;
    /// Borrow: until it returns.
    virtual void on_data(stream& s, std::string_view data) = 0;
    /// The peer has gone or an operation failed; the descriptor is closed already.
    virtual void on_lost(stream& s) = 0;

protected:
    ~stream_events() = default;
};

/// A connection to a server on this machine, over TCP or TLS, that never blocks. To be connected
/// again after it was closed.
class stream final : watcher {
public:
    stream(event_loop& loop, stream_events& owner) noexcept : loop_(loop), owner_(owner) {}
    ~stream() { close(); }

    /// Starts to connect. Source addresses change through 127.0.0.0/8, so that ports do not run
    /// out.
    void connect(address const& to);

    /// Hands `data` to the kernel and keeps what does not fit, to be written later.
    void write(std::string_view data);

    /// With `reset` nothing of the connection stays behind in the kernel.
    void close(bool reset = false) noexcept;

    /// Connections from now on have the kernel hold little of what is not read.
    void hold_little() noexcept { holds_little_ = true; }
    /// A stream that does not read lets the kernel's buffers fill; it does not see its end either.
    void set_reading(bool reads);

    /// Bytes that the kernel has taken since the start of this object, and those it has not yet.
    std::uint64_t taken() const noexcept { return taken_; }
    std::size_t waiting() const noexcept { return rest_.size(); }

    bool is_open() const noexcept { return fd_ >= 0; }
    bool is_connected() const noexcept { return connected_; }

private:
    void on_ready(std::uint32_t events) override;
    void finish_connect();
    void shake_hands();
    void read();
    void read_tls();
    void write_rest();
    void lost();
    void watch(std::uint32_t events);
    /// Bytes taken, 0 for none now, -1 when the connection is lost.
    long write_some(std::string_view data);

    event_loop& loop_;
    stream_events& owner_;
    ssl_st* ssl_ = nullptr;
    std::string rest_{};
    std::uint64_t taken_ = 0;
    std::uint32_t watched_ = 0;
    bool reads_ = true;
    bool holds_little_ = false;
    int fd_ = -1;
    bool connected_ = false;
};

}  // namespace bench
