#include "listening_socket.hpp"

#include "address_text.hpp"
#include "socket_address.hpp"
#include "unix_listener.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cerrno>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>

namespace anywire {
namespace {

namespace net = boost::asio;
using tcp_endpoint = net::ip::tcp::endpoint;

bool set(int socket, int level, int option) noexcept {
    int const on = 1;
    return ::setsockopt(socket, level, option, &on, sizeof on) == 0;
}

/// What is set here, accepted sockets inherit: no call for each of them.
bool set_for_accepted(int socket) noexcept {
    return set(socket, IPPROTO_TCP, TCP_NODELAY) && set(socket, SOL_SOCKET, SO_KEEPALIVE);
}

// -- addresses ------------------------------------------------------------------------------------

[[noreturn]] void fail(int error, std::string const& address, std::uint16_t port) {
    std::string advice = "cannot listen on " + address + ":" + std::to_string(port);
    if (error == EADDRINUSE)
        advice += ": the port is taken; choose another, or 0 for any free one";
    else if (error == EACCES)
        advice += ": not permitted; ports below 1024 need privileges";
    throw std::system_error(error, std::system_category(), advice);
}

/// With `shared`, the port may be bound once more (SO_REUSEPORT).
descriptor_owner listen_on(std::string const& address, std::uint16_t port, bool shared) {
    boost::system::error_code ec;
    auto const ip = net::ip::make_address(address, ec);
    if (ec)
        throw std::invalid_argument("server_options: '" + address +
                                    "' is not an IP address; names are not resolved");
    tcp_endpoint const where(ip, port);
    descriptor_owner socket(::socket(
        ip.is_v4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
    if (socket.get() < 0 || !set(socket.get(), SOL_SOCKET, SO_REUSEADDR) ||
        (shared && !set(socket.get(), SOL_SOCKET, SO_REUSEPORT)) ||
        !set_for_accepted(socket.get()) ||
        ::bind(socket.get(), where.data(), static_cast<socklen_t>(where.size())) != 0 ||
        ::listen(socket.get(), listen_backlog) != 0)
        fail(errno, address, port);
    return socket;
}

listening_sockets listen_on_address(listener_options const& l, std::size_t shards) {
    listening_sockets out{.address = l.address, .port = l.port};
    auto const shared = shards > 1;
    // SO_REUSEPORT would join another server's port without a word: look first, without it.
    if (shared) out.port = local_address(listen_on(l.address, l.port, false).get()).port;
    for (std::size_t i = 0; i < shards; ++i) {
        out.each.push_back(listen_on(l.address, out.port, shared));
        out.port = local_address(out.each.back().get()).port;
    }
    return out;
}

// -- sockets that are there already ---------------------------------------------------------------

/// Further descriptors of the first one's socket.
void share(listening_sockets& out, std::size_t shards) {
    while (out.each.size() < shards) {
        descriptor_owner more(::fcntl(out.each.front().get(), F_DUPFD_CLOEXEC, 0));
        if (more.get() < 0)
            throw std::system_error(
                errno, std::system_category(), "cannot listen with several threads");
        out.each.push_back(std::move(more));
    }
}

int option_of(int socket, int option) noexcept {
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(socket, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

listening_sockets take_over(int descriptor, std::size_t shards) {
    listening_sockets out;
    out.each.emplace_back(descriptor);
    auto const family = option_of(descriptor, SO_DOMAIN);
    auto const is_tcp = family == AF_INET || family == AF_INET6;
    if (option_of(descriptor, SO_TYPE) != SOCK_STREAM ||
        option_of(descriptor, SO_ACCEPTCONN) != 1 || (!is_tcp && family != AF_UNIX)) {
        (void)out.each.front().release();  // who knows whose it is
        throw std::invalid_argument("listener_options: descriptor " + std::to_string(descriptor) +
                                    " is no stream socket that listens");
    }
    auto const flags = ::fcntl(descriptor, F_GETFL);
    if (::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) != 0 ||
        ::fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0 || (is_tcp && !set_for_accepted(descriptor)))
        throw std::system_error(errno,
                                std::system_category(),
                                "cannot listen with descriptor " + std::to_string(descriptor));
    auto const at = local_address(descriptor);
    out.address = at.text;
    out.port = at.port;
    out.is_unix = !is_tcp;
    share(out, shards);
    return out;
}

}  // namespace

listening_sockets listen_for(listener_options const& l, std::size_t shards) {
    if (!l.path.empty() && l.descriptor >= 0)
        throw std::invalid_argument("listener_options: a path and a descriptor; give one of them");
    if (l.descriptor >= 0) return take_over(l.descriptor, shards);
    if (l.path.empty()) return listen_on_address(l, shards);
    auto out = listen_on_path(l.path, l.mode);
    share(out, shards);
    return out;
}

}  // namespace anywire
