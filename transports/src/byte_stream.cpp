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

}  // namespace

bool peer_has_ended(int descriptor) noexcept {
    // Not by a peek: bytes that nobody has read yet, a TLS goodbye among them, would hide the end.
    pollfd look{descriptor, POLLRDHUP, 0};
    return ::poll(&look, 1, 0) > 0 &&
           (look.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0;
}

io_result byte_stream::read(char* to, std::size_t room) noexcept {
    if (tls_) return tls_->read(to, room);
    return from_call(::recv(socket_.native_handle(), to, room, MSG_DONTWAIT));
}

io_result byte_stream::write(std::string_view bytes) noexcept {
    if (tls_) return tls_->write(bytes);
    return from_call(
        ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
}

io_result byte_stream::write(std::span<iovec const> pieces) noexcept {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces.data());
    message.msg_iovlen = pieces.size();
    return from_call(::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL));
}

void byte_stream::shutdown_send() noexcept {
    if (!socket_.is_open()) return;  // TLS knows the descriptor's number only
    if (tls_) tls_->shutdown();
    boost::system::error_code ignored;
    socket_.shutdown(tcp_socket::shutdown_send, ignored);
}

void byte_stream::close() noexcept {
    boost::system::error_code ignored;
    socket_.close(ignored);
}

byte_stream byte_stream::moved_to(net::io_context& context) && {
    boost::system::error_code failed;
    auto const protocol = socket_.local_endpoint(failed).protocol();
    auto const descriptor = socket_.release(failed);
    tcp_socket moved(context);
    if (!failed && moved.assign(protocol, descriptor, failed)) ::close(descriptor);
    return {std::move(moved), std::move(tls_)};
}

}  // namespace anywire
