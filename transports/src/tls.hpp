#pragma once

#include <anywire/tls_options.hpp>

#include <cstddef>
#include <memory>
#include <optional>
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

/// A server's certificates and TLS settings, as its files were when it was made: no renegotiation,
/// no compression. What uses it keeps what it needs of it, so it may go at any time.
///
/// Thread: made on any; constant from then on.
class tls_context {
public:
    /// Reads all files that `options` names.
    ///
    /// Errors: in `error`, one sentence that names the file or the option; the context is of no
    ///         use then.
    tls_context(tls_options const& options, std::string& error);

    /// Goes on taking the session tickets that `old` has given out, unless clients' certificates
    /// are believed by others now: a ticket stands for a certificate that was good then.
    /// Requires: nothing uses `*this` yet.
    void accept_tickets_of(tls_context const& old) noexcept;

    ssl_ctx_st* native() const noexcept { return context_.get(); }

    struct deleter {
        void operator()(ssl_ctx_st* context) const noexcept;
    };
    using context_ptr = std::unique_ptr<ssl_ctx_st, deleter>;

private:
    bool add_names(tls_options const& options, std::string& error);

    context_ptr context_{};
    std::string client_ca_{};  ///< The text of that file.
};

/// The certificate that a client has presented.
struct peer_certificate {
    std::string subject{};
    std::string fingerprint{};
    std::string pem{};
};

/// One TLS connection over a BIO of ours on the descriptor: no buffers while idle, no SIGPIPE, and
/// nothing bound to an event loop, so it moves with its socket.
///
/// The handshake happens inside `read`, or before in `shake_hands`.
class tls_stream {
public:
    /// The server's end.
    tls_stream(tls_context const& context, int descriptor);
    /// The client's end: takes over what was made for one connection and has not begun.
    tls_stream(ssl_st* client, int descriptor);
    tls_stream(tls_stream const&) = delete;
    tls_stream& operator=(tls_stream const&) = delete;

    bool is_established() const noexcept;
    /// Goes on with the handshake: `ok` when it is done, `wants_other` while it has to write.
    io_result::status shake_hands() noexcept;
    /// OpenSSL's code of what made the last call fail; 0 where that was not TLS.
    unsigned long failure() const noexcept { return failure_; }
    ssl_st* native() const noexcept { return ssl_.get(); }
    /// The client has sent something.
    bool has_begun() const noexcept;
    /// Nothing where the client has presented none.
    std::optional<peer_certificate> peer() const;
    io_result read(char* to, std::size_t room) noexcept;
    /// Writes a prefix. After `again` the next call must begin with the same bytes.
    io_result write(std::string_view bytes) noexcept;
    /// True when the next read brings something that no readiness of the socket will announce.
    bool has_buffered() const noexcept { return has_more_; }
    /// Says goodbye (close_notify), best effort.
    void shutdown() noexcept;

private:
    void attach();
    io_result failed(int returned, bool reading) noexcept;

    struct deleter {
        void operator()(ssl_st* s) const noexcept;
    };
    int descriptor_;  // what the BIO reads and writes; `*this` does not move
    std::unique_ptr<ssl_st, deleter> ssl_;
    unsigned long failure_ = 0;
    bool has_more_ = false;
};

}  // namespace anywire
