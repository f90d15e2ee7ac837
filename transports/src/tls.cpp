#include "tls.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <new>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <utility>

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

}  // namespace

// -- stream ---------------------------------------------------------------------------------------

namespace {

/// Takes what OpenSSL writes.
class memory_text {
public:
    memory_text() : bio_(BIO_new(BIO_s_mem())) {
        if (!bio_) throw std::bad_alloc();
    }
    ~memory_text() { BIO_free(bio_); }
    memory_text(memory_text const&) = delete;
    memory_text& operator=(memory_text const&) = delete;

    BIO* bio() const noexcept { return bio_; }
    std::string take() const {
        char* text = nullptr;
        auto const size = BIO_get_mem_data(bio_, &text);
        return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string{};
    }

private:
    BIO* bio_;
};

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
    attach();
    SSL_set_accept_state(ssl_.get());
}

tls_stream::tls_stream(ssl_st* client, int descriptor) : descriptor_(descriptor), ssl_(client) {
    attach();
    SSL_set_connect_state(ssl_.get());
}

void tls_stream::attach() {
    auto* const bio = BIO_new(method());
    if (!ssl_ || !bio) throw std::bad_alloc();
    BIO_set_data(bio, &descriptor_);
    SSL_set_bio(ssl_.get(), bio, bio);
}

io_result::status tls_stream::shake_hands() noexcept {
    forget_old_errors();
    auto const n = SSL_do_handshake(ssl_.get());
    if (n != 1) return failed(n, true).what;
    // The server may have spoken already; no readiness tells of what has been taken in with it.
    has_more_ = SSL_has_pending(ssl_.get()) == 1;
    return io_result::status::ok;
}

bool tls_stream::is_established() const noexcept {
    return SSL_is_init_finished(ssl_.get()) == 1;
}

bool tls_stream::has_begun() const noexcept {
    return BIO_number_read(SSL_get_rbio(ssl_.get())) != 0;
}

std::optional<peer_certificate> tls_stream::peer() const {
    struct free_certificate {
        void operator()(X509* c) const noexcept { X509_free(c); }
    };
    std::unique_ptr<X509, free_certificate> const c(SSL_get1_peer_certificate(ssl_.get()));
    // One that is not good has not come through the handshake.
    if (!c || SSL_get_verify_result(ssl_.get()) != X509_V_OK) return std::nullopt;
    memory_text subject;
    memory_text pem;
    X509_NAME_print_ex(subject.bio(), X509_get_subject_name(c.get()), 0, XN_FLAG_RFC2253);
    PEM_write_bio_X509(pem.bio(), c.get());
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (X509_digest(c.get(), EVP_sha256(), digest, &size) != 1) size = 0;
    std::string fingerprint;
    for (unsigned i = 0; i < size; ++i) {
        constexpr std::string_view digits = "0123456789abcdef";
        fingerprint.append(1, digits[digest[i] >> 4]).append(1, digits[digest[i] & 15]);
    }
    return peer_certificate{subject.take(), std::move(fingerprint), pem.take()};
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
        default:
            failure_ = ERR_peek_error();
            ERR_clear_error();
            return {io_result::status::failed, 0};
    }
}

void tls_stream::shutdown() noexcept {
    if (!is_established()) return;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

}  // namespace anywire
