#include "stream.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace bench {
namespace {

// Each has some 28 000 ports, of which connections that have just ended still hold some.
constexpr std::uint32_t first_source = 0x7F000002;
constexpr std::uint32_t sources = 32;

sockaddr_in ipv4(std::uint32_t host, std::uint16_t port) {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(port);
    a.sin_addr.s_addr = htonl(host);
    return a;
}

int open_socket(std::uint16_t port, bool holds_little) {
    static std::uint32_t turn = 0;
    auto const fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) throw std::system_error(errno, std::generic_category(), "socket");
    int const on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // Not later: a window that has been announced must not shrink.
    int const little = 4'096;
    if (holds_little) ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
    ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    auto const from = ipv4(first_source + turn++ % sources, 0);
    auto const to = ipv4(INADDR_LOOPBACK, port);
    ::bind(fd, reinterpret_cast<sockaddr const*>(&from), sizeof from);
    if (::connect(fd, reinterpret_cast<sockaddr const*>(&to), sizeof to) != 0 &&
        errno != EINPROGRESS) {
        auto const why = errno;
        ::close(fd);
        throw std::system_error(why, std::generic_category(), "connect");
    }
    return fd;
}

}  // namespace

std::shared_ptr<ssl_ctx_st> make_tls_client() {
    std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_mode(context.get(),
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                         SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    return context;
}

void stream::connect(address const& to) {
    close();
    fd_ = open_socket(to.port, holds_little_);
    if (to.tls) {
        ssl_ = SSL_new(to.tls);
        SSL_set_fd(ssl_, fd_);
        SSL_set_connect_state(ssl_);
    }
    watched_ = EPOLLIN | EPOLLOUT;
    loop_.add(fd_, watched_, *this);
}

void stream::close(bool reset) noexcept {
    if (fd_ < 0) return;
    if (reset) {
        linger const now{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    if (ssl_) SSL_free(ssl_);
    ssl_ = nullptr;
    ::close(fd_);
    fd_ = -1;
    connected_ = false;
    rest_.clear();
}

void stream::set_reading(bool reads) {
    reads_ = reads;
    if (connected_) watch(watched_ | EPOLLIN);
}

void stream::watch(std::uint32_t events) {
    if (!reads_) events &= ~static_cast<std::uint32_t>(EPOLLIN);
    if (events == watched_) return;
    watched_ = events;
    loop_.change(fd_, events, *this);
}

void stream::on_ready(std::uint32_t events) {
    if (fd_ < 0) return;
    if (!connected_) return finish_connect();
    if (events & EPOLLOUT && !rest_.empty()) write_rest();
    auto const ends = EPOLLHUP | EPOLLERR;
    if (fd_ >= 0 && connected_ && events & (EPOLLIN | ends) && (reads_ || events & ends))
        ssl_ ? read_tls() : read();
}

void stream::finish_connect() {
    int error = 0;
    socklen_t size = sizeof error;
    sockaddr_in peer{};
    socklen_t peer_size = sizeof peer;
    ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) return lost();
    if (::getpeername(fd_, reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0) return;
    if (ssl_) return shake_hands();
    connected_ = true;
    watch(EPOLLIN);
    owner_.on_connected(*this);
}

void stream::shake_hands() {
    ERR_clear_error();
    auto const n = SSL_do_handshake(ssl_);
    if (n == 1) {
        connected_ = true;
        watch(EPOLLIN);
        return owner_.on_connected(*this);
    }
    switch (SSL_get_error(ssl_, n)) {
        case SSL_ERROR_WANT_READ: return watch(EPOLLIN);
        case SSL_ERROR_WANT_WRITE: return watch(EPOLLIN | EPOLLOUT);
        default: return lost();
    }
}

void stream::read() {
    auto const n = ::recv(fd_, loop_.buffer(), event_loop::buffer_size, 0);
    if (n > 0) return owner_.on_data(*this, {loop_.buffer(), static_cast<std::size_t>(n)});
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    lost();
}

void stream::read_tls() {
    while (fd_ >= 0 && connected_) {
        ERR_clear_error();
        auto const n = SSL_read(ssl_, loop_.buffer(), static_cast<int>(event_loop::buffer_size));
        if (n <= 0) {
            if (SSL_get_error(ssl_, n) != SSL_ERROR_WANT_READ) lost();
            return;
        }
        auto const more = SSL_pending(ssl_) > 0;
        owner_.on_data(*this, {loop_.buffer(), static_cast<std::size_t>(n)});
        if (!more) return;
    }
}

long stream::write_some(std::string_view data) {
    if (!ssl_) {
        auto const n = ::send(fd_, data.data(), data.size(), MSG_NOSIGNAL);
        if (n >= 0) return n;
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    }
    ERR_clear_error();
    auto const n = SSL_write(ssl_, data.data(), static_cast<int>(data.size()));
    if (n > 0) return n;
    auto const why = SSL_get_error(ssl_, n);
    return why == SSL_ERROR_WANT_WRITE || why == SSL_ERROR_WANT_READ ? 0 : -1;
}

void stream::write(std::string_view data) {
    if (fd_ < 0) return;
    if (rest_.empty()) {
        while (!data.empty()) {
            auto const n = write_some(data);
            if (n < 0) return;  // the read side tells of the end
            if (n == 0) break;
            taken_ += static_cast<std::uint64_t>(n);
            data.remove_prefix(static_cast<std::size_t>(n));
        }
        if (data.empty()) return;
        watch(EPOLLIN | EPOLLOUT);
    }
    rest_.append(data);
}

void stream::write_rest() {
    std::string_view left = rest_;
    while (!left.empty()) {
        auto const n = write_some(left);
        if (n < 0) left = {};
        if (n <= 0) break;
        taken_ += static_cast<std::uint64_t>(n);
        left.remove_prefix(static_cast<std::size_t>(n));
    }
    rest_.erase(0, rest_.size() - left.size());
    if (rest_.empty()) watch(EPOLLIN);
}

void stream::lost() {
    close();
    owner_.on_lost(*this);
}

}  // namespace bench
