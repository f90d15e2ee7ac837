#include "byte_stream.hpp"

#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utility>

namespace anywire {
namespace {

io_result from_call(ssize_t n) noexcept {
    if (n > 0) return {io_result::status::ok, static_cast<std::size_t>(n)};
    if (n == 0) return {io_result::status::end, 0};
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        return {io_result::status::again, 0};
    return {io_result::status::failed, 0};
}

io_result from_lent(detail::lent_stream::outcome o) noexcept {
    using from = detail::lent_stream::status;
    switch (o.what) {
        case from::ok: return {io_result::status::ok, o.bytes};
        case from::again: return {io_result::status::again, 0};
        case from::end: return {io_result::status::end, 0};
        case from::failed: return {io_result::status::failed, 0};
    }
    return {};
}

}  // namespace

bool peer_has_ended(int descriptor) noexcept {
    // Not by a peek: bytes that nobody has read yet, a TLS goodbye among them, would hide the end.
    pollfd look{descriptor, POLLRDHUP, 0};
    return ::poll(&look, 1, 0) > 0 &&
           (look.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0;
}

io_result byte_stream::read(char* to, std::size_t room) noexcept {
    if (lent_) return from_lent(lent_->read(to, room));
    if (tls_) return tls_->read(to, room);
    return from_call(::recv(descriptor_, to, room, MSG_DONTWAIT));
}

io_result byte_stream::write(std::string_view bytes) noexcept {
    if (lent_) return from_lent(lent_->write(bytes));
    if (tls_) return tls_->write(bytes);
    return from_call(::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
}

io_result byte_stream::write(std::span<iovec const> pieces) noexcept {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces.data());
    message.msg_iovlen = pieces.size();
    return from_call(::sendmsg(descriptor_, &message, MSG_DONTWAIT | MSG_NOSIGNAL));
}

void byte_stream::shutdown_send() noexcept {
    if (lent_) return lent_->shutdown_send();
    if (descriptor_ < 0) return;
    if (tls_) tls_->shutdown();
    (void)::shutdown(descriptor_, SHUT_WR);
}

void byte_stream::close() noexcept {
    if (lent_) std::exchange(lent_, nullptr)->close();
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

}  // namespace anywire
