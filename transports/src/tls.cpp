#include "tls.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <new>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

namespace anywire {
namespace {

// -- the BIO: recv and send on a descriptor -------------------------------------------------------

int descriptor_of(BIO* bio) noexcept {
    return *static_cast<int const*>(BIO_get_data(bio));
}

bool is_transient(int error) noexcept {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

int bio_read(BIO* bio, char* to, int room) {
    BIO_clear_retry_flags(bio);
    auto const n = ::recv(descriptor_of(bio), to, static_cast<std::size_t>(room), MSG_DONTWAIT);
    if (n < 0 && is_transient(errno)) BIO_set_retry_read(bio);
    if (n == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return static_cast<int>(n);
}

int bio_write(BIO* bio, char const* from, int size) {
    BIO_clear_retry_flags(bio);
    auto const n = ::send(
        descriptor_of(bio), from, static_cast<std::size_t>(size), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && is_transient(errno)) BIO_set_retry_write(bio);
    return static_cast<int>(n);
}

long bio_ctrl(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int bio_create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
}

BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
        auto* const m =
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "anywire descriptor");
        BIO_meth_set_read(m, bio_read);
        BIO_meth_set_write(m, bio_write);
        BIO_meth_set_ctrl(m, bio_ctrl);
        BIO_meth_set_create(m, bio_create);
        return m;
    }();
    return made;
}

std::string last_error() {
    char text[256] = "unknown error";
    if (auto const code = ERR_get_error()) ERR_error_string_n(code, text, sizeof text);
    ERR_clear_error();
    return text;
}

}  // namespace

// -- context --------------------------------------------------------------------------------------

void tls_context::deleter::operator()(ssl_ctx_st* context) const noexcept {
    SSL_CTX_free(context);
}

tls_context::tls_context(std::string const& certificate, std::string const& key, std::string& error)
    : context_(SSL_CTX_new(TLS_server_method())) {
    auto* const c = context_.get();
    if (!c) throw std::bad_alloc();
    SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
    SSL_CTX_set_options(c,
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                            SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(c,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                         SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(c, 1);
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(c, certificate.c_str()) != 1)
        error = "cannot read the TLS certificate chain '" + certificate + "': " + last_error();
    else if (SSL_CTX_use_PrivateKey_file(c, key.c_str(), SSL_FILETYPE_PEM) != 1)
        error = "cannot read the TLS key '" + key + "': " + last_error();
    else if (SSL_CTX_check_private_key(c) != 1)
        error =
            "the TLS key '" + key + "' does not belong to the certificate '" + certificate + "'";
}

// -- stream ---------------------------------------------------------------------------------------

namespace {

/// `SSL_get_error` looks at the thread's queue of errors, in which the application may have left
/// one. Looking costs less than clearing an empty queue.
void forget_old_errors() noexcept {
    if (ERR_peek_error() != 0) ERR_clear_error();
}

}  // namespace

void tls_stream::deleter::operator()(ssl_st* s) const noexcept {
    SSL_free(s);
}

tls_stream::tls_stream(tls_context const& context, int descriptor)
    : descriptor_(descriptor), ssl_(SSL_new(context.native())) {
    auto* const bio = BIO_new(method());
    if (!ssl_ || !bio) throw std::bad_alloc();
    BIO_set_data(bio, &descriptor_);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_accept_state(ssl_.get());
}

bool tls_stream::is_established() const noexcept {
    return SSL_is_init_finished(ssl_.get()) == 1;
}

io_result tls_stream::read(char* to, std::size_t room) noexcept {
    // One record a call would cost a read event each: fill what there is room for.
    std::size_t got = 0;
    do {
        forget_old_errors();
        auto const n = SSL_read(
            ssl_.get(), to + got, static_cast<int>(std::min<std::size_t>(room - got, INT_MAX)));
        if (n <= 0) {
            auto const r = failed(n, true);
            // Half a record is buffered, too, but only the socket can bring the rest. An end that
            // was met here is met again by the next read, which nothing else would call.
            has_more_ = got > 0 &&
                        (r.what == io_result::status::end || r.what == io_result::status::failed);
            if (got > 0) break;
            return r;
        }
        got += static_cast<std::size_t>(n);
        has_more_ = SSL_has_pending(ssl_.get()) == 1;
    } while (has_more_ && got < room);
    return {io_result::status::ok, got};
}

io_result tls_stream::write(std::string_view bytes) noexcept {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
        forget_old_errors();
        auto const size = std::min<std::size_t>(bytes.size() - sent, INT_MAX);
        auto const n = SSL_write(ssl_.get(), bytes.data() + sent, static_cast<int>(size));
        if (n <= 0) {
            if (sent > 0) break;
            return failed(n, false);
        }
        sent += static_cast<std::size_t>(n);
    }
    return {io_result::status::ok, sent};
}

io_result tls_stream::failed(int returned, bool reading) noexcept {
    switch (SSL_get_error(ssl_.get(), returned)) {
        case SSL_ERROR_WANT_READ:
            return {reading ? io_result::status::again : io_result::status::wants_other, 0};
        case SSL_ERROR_WANT_WRITE:
            return {reading ? io_result::status::wants_other : io_result::status::again, 0};
        case SSL_ERROR_ZERO_RETURN: return {io_result::status::end, 0};
        default: ERR_clear_error(); return {io_result::status::failed, 0};
    }
}

void tls_stream::shutdown() noexcept {
    if (!is_established()) return;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

}  // namespace anywire
