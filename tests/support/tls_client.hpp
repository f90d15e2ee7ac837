#pragma once

#include "support/raw_client.hpp"

#include <memory>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdexcept>
#include <string>
#include <string_view>

namespace anywire::test {

/// A `raw_client` that speaks TLS; believes any certificate.
class tls_client : public raw_client {
public:
    /// `newest` and `oldest` are TLS versions as OpenSSL numbers them; 0 leaves them open.
    explicit tls_client(std::uint16_t port,
                        client_options const& options = {},
                        int oldest = 0,
                        int newest = 0)
        : raw_client(port, options), context_(SSL_CTX_new(TLS_client_method())) {
        SSL_CTX_set_security_level(context_.get(), 0);
        SSL_CTX_set_min_proto_version(context_.get(), oldest);
        SSL_CTX_set_max_proto_version(context_.get(), newest);
        ssl_.reset(SSL_new(context_.get()));
        // Memory on both sides: OpenSSL's own socket BIO would raise SIGPIPE.
        SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_set_connect_state(ssl_.get());
    }

    /// False when the server refuses.
    bool shake_hands() {
        while (!SSL_is_init_finished(ssl_.get())) {
            auto const n = SSL_do_handshake(ssl_.get());
            if (!flush()) return false;
            if (n == 1) break;
            if (SSL_get_error(ssl_.get(), n) != SSL_ERROR_WANT_READ || !fill()) return false;
        }
        return true;
    }
    std::string version() const { return SSL_get_version(ssl_.get()); }

    bool try_send(std::string_view bytes) override {
        if (!shake_hands()) return false;
        while (!bytes.empty()) {
            auto const n = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
            if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
            if (!flush() || n <= 0) return false;
        }
        return true;
    }
    bool read_more() override {
        char buffer[65536];
        for (;;) {
            auto const n = SSL_read(ssl_.get(), buffer, sizeof buffer);
            if (n > 0) {
                append_received({buffer, static_cast<std::size_t>(n)});
                return true;
            }
            if (SSL_get_error(ssl_.get(), n) != SSL_ERROR_WANT_READ || !flush() || !fill())
                return false;
        }
    }

    /// Bytes of a record that holds `text`, not sent.
    std::string encrypted(std::string_view text) {
        if (!shake_hands()) throw std::runtime_error("no handshake");
        (void)SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()));
        return take_outgoing();
    }
    /// Bytes as they are, beneath TLS.
    bool send_beneath(std::string_view bytes) { return try_send_plain(bytes); }
    /// Says that this end sends no more (close_notify); reading goes on.
    void say_end() {
        SSL_shutdown(ssl_.get());
        (void)flush();
    }
    /// True when the server ended TLS in order.
    bool heard_end() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
    SSL* native() const { return ssl_.get(); }
    bool flush() {
        auto const bytes = take_outgoing();
        return bytes.empty() || try_send_plain(bytes);
    }
    /// Reads what comes next beneath TLS; false at the end.
    bool fill() {
        char buffer[65536];
        auto const n = read_plain(buffer, sizeof buffer);
        if (n == 0) return false;
        BIO_write(SSL_get_rbio(ssl_.get()), buffer, static_cast<int>(n));
        return true;
    }
    /// What this side has to say beneath TLS, not sent.
    std::string take_outgoing() {
        auto* const out = SSL_get_wbio(ssl_.get());
        std::string bytes(BIO_ctrl_pending(out), '\0');
        if (!bytes.empty()) BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
        return bytes;
    }

private:
    struct deleter {
        void operator()(SSL_CTX* c) const noexcept { SSL_CTX_free(c); }
        void operator()(SSL* s) const noexcept { SSL_free(s); }
    };
    std::unique_ptr<SSL_CTX, deleter> context_;
    std::unique_ptr<SSL, deleter> ssl_{};
};

}  // namespace anywire::test
