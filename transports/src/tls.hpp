#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;

namespace anywire {

/// What one attempt to read or write brought.
struct io_result {
    enum class status : unsigned char {
        ok,           ///< `bytes` moved, more than none.
        again,        ///< Nothing now: wait until readable (read) or writable (write).
        wants_other,  ///< TLS: a read waits until writable, a write until readable.
        end,          ///< The peer sends no more.
        failed,       ///< The connection is of no use any more.
    };
    status what = status::again;
    std::size_t bytes = 0;
};

/// A server's certificate and TLS settings: TLS 1.2 or newer, no renegotiation, no compression.
///
/// Thread: made before the shards run; used by all of them.
class tls_context {
public:
    /// Reads a certificate chain and its key, both PEM files.
    ///
    /// Errors: in `error`, one sentence that names the file; the context is of no use then.
    tls_context(std::string const& certificate, std::string const& key, std::string& error);

    ssl_ctx_st* native() const noexcept { return context_.get(); }

private:
    struct deleter {
        void operator()(ssl_ctx_st* context) const noexcept;
    };
    std::unique_ptr<ssl_ctx_st, deleter> context_;
};

/// One TLS connection over a BIO of ours on the descriptor: no buffers while idle, no SIGPIPE, and
/// nothing bound to an event loop, so it moves with its socket.
///
/// The handshake happens inside `read`.
class tls_stream {
public:
    tls_stream(tls_context const& context, int descriptor);
    tls_stream(tls_stream const&) = delete;
    tls_stream& operator=(tls_stream const&) = delete;

    bool is_established() const noexcept;
    io_result read(char* to, std::size_t room) noexcept;
    /// Writes a prefix. After `again` the next call must begin with the same bytes.
    io_result write(std::string_view bytes) noexcept;
    /// True when the next read brings something that no readiness of the socket will announce.
    bool has_buffered() const noexcept { return has_more_; }
    /// Says goodbye (close_notify), best effort.
    void shutdown() noexcept;

private:
    io_result failed(int returned, bool reading) noexcept;

    struct deleter {
        void operator()(ssl_st* s) const noexcept;
    };
    int descriptor_;  // what the BIO reads and writes; `*this` does not move
    std::unique_ptr<ssl_st, deleter> ssl_;
    bool has_more_ = false;
};

}  // namespace anywire
